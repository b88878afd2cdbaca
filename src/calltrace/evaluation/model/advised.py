"""One evaluation with a model beside the offline judge: asked once for verdicts, once for the summary."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from calltrace.evaluation.conditions import for_language
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.protocol import Judge
from calltrace.evaluation.judges.with_model import ModelJudge
from calltrace.evaluation.model.advice import Counsel, Session, consult
from calltrace.evaluation.model.asks import Ask, ask_for
from calltrace.evaluation.model.server import ModelServer
from calltrace.evaluation.model.telling import Told, tell
from calltrace.evaluation.model.view import View
from calltrace.evaluation.results import CriterionResult
from calltrace.evaluation.written import measures_time
from calltrace.kit.progress import Progress
from calltrace.recordings.remarks import Remark
from calltrace.scorecards.document import Scorecard

Warn = Callable[[Remark], None]
"""Called with what a model was to do and did not."""


def unheard(_remark: Remark) -> None:
    """A listener for callers that do not care."""


class Advised:
    """The model's part in one evaluation. What it may cost counts for both conversations together."""

    def __init__(self, server: ModelServer, hearing: Hearing, progress: Progress, warn: Warn) -> None:
        self._hearing = hearing
        self._session = Session.begin(server, View(hearing, server.choice.redact), progress)
        self._warn = warn

    def judge(self, scorecard: Scorecard, offline: Judge) -> ModelJudge:
        """A judge that knows both opinions on every criterion."""
        asked = [one for one in scorecard.criteria if not (self._hearing.written and measures_time(one))]
        known = (for_language(one, self._hearing.language) for one in asked)
        meant = [one for one in known if one]
        beliefs = {one.key: offline.judge(one, self._hearing) for one in meant}
        found = (ask_for(one, beliefs[one.key], self._hearing) for one in meant)
        asks = {ask.key: ask for ask in found if ask}
        counsel = asyncio.run(consult(self._session, list(asks.values())))
        self._tell(counsel, asks)
        name = f"{offline.name} + {self._session.server.name}"
        view, sure = self._session.view, scorecard.review_threshold
        return ModelJudge(name, beliefs, asks, counsel, view, sure)

    def told(self, results: Sequence[CriterionResult]) -> Told:
        """Sentences for summary and advice, as far as they hold up."""
        told = asyncio.run(tell(self._session, results))
        self._session.moved(1.0)
        return told

    def _tell(self, counsel: Counsel, asks: Mapping[str, Ask]) -> None:
        if counsel.missing:
            why = "; ".join(dict.fromkeys(counsel.missing.values()))
            message = f"{len(counsel.missing)} of {len(asks)} criteria were decided without the model: {why}."
            self._warn(Remark("model_fallback", message))
        if asks and not counsel.complete:
            self._warn(Remark("model_saw_part", "The call is too long for the model: it was shown a part."))
        if counsel.addressed:
            message = "Somebody in this call speaks to an evaluator: the model decided nothing."
            self._warn(Remark("spoken_to_evaluator", message))
