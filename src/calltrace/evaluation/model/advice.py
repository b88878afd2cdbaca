"""Asking a model about one call: what it was asked before is not asked again, the rest several at a time."""

import asyncio
import json
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import structlog

from calltrace.evaluation.model.answers import Given, Place, Reading, read_answers
from calltrace.evaluation.model.asks import Ask
from calltrace.evaluation.model.errors import OutOfTimeError, UnusableAnswerError
from calltrace.evaluation.model.prompts import VERSION, judging, judging_schema
from calltrace.evaluation.model.server import ModelServer
from calltrace.evaluation.model.talk import REPLY_TOKENS, Purse, Talk, talking
from calltrace.evaluation.model.view import View, tokens
from calltrace.kit.errors import CallTraceError
from calltrace.kit.progress import Progress

_TOGETHER = 4
"""Questions in one request: they share the transcript, and small models lose track of more."""
_REPLY_EACH = 200
_QUESTIONS_ROOM = 1_500
"""Tokens for what is said beside the transcript."""
_SIGN_OF_LIFE_SECONDS = 10.0
VERDICTS_SHARE = 0.8
"""The rest is for the summary."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(slots=True)
class Session:
    """One call with one server: what it may cost in tokens and in time."""

    server: ModelServer
    view: View
    purse: Purse
    until: float
    progress: Progress
    share: float = 0.0
    remembered: int = 0

    @classmethod
    def begin(cls, server: ModelServer, view: View, progress: Progress) -> "Session":
        """Time runs from now; ``progress`` is told the done share, and that there is life meanwhile."""
        choice = server.choice
        until = time.monotonic() + choice.call_seconds
        return cls(server, view, Purse(choice.budget_tokens), until, progress)

    def moved(self, share: float) -> None:
        """The done share of both conversations."""
        self.share = max(self.share, share)
        self.progress(self.share)

    @property
    def room(self) -> int:
        """Tokens for the lines of the transcript in one request."""
        reply = _TOGETHER * _REPLY_EACH + REPLY_TOKENS
        return max(self.server.choice.context_tokens - reply - _QUESTIONS_ROOM, 0)

    async def within(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do it in the time that is left; whether that was enough."""
        alive = asyncio.create_task(self._alive())
        try:
            async with asyncio.timeout(max(self.until - time.monotonic(), 0.0)):
                await work
        except TimeoutError:
            return False
        finally:
            alive.cancel()
            await asyncio.gather(alive, return_exceptions=True)
        return True

    async def _alive(self) -> None:
        while True:
            await asyncio.sleep(_SIGN_OF_LIFE_SECONDS)
            self.progress(self.share)


@dataclass(frozen=True, slots=True)
class Counsel:
    """What came of asking.

    Attributes:
        given: answers that stand, by criterion.
        missing: why there is none, in words of ours, by criterion.
        complete: whether the model was shown everything that was said.
        addressed: whether somebody in the call spoke to an evaluator.
    """

    given: Mapping[str, Given]
    missing: Mapping[str, str]
    complete: bool
    addressed: bool


@dataclass(slots=True)
class _Round:
    """The questions about one call that are still open."""

    session: Session
    lines: tuple[int, ...]
    transcript: str
    given: dict[str, Given] = field(default_factory=dict[str, Given])
    missing: dict[str, str] = field(default_factory=dict[str, str])

    async def everything(self, asks: Sequence[Ask]) -> None:
        """Ask all of it; the server is given up for this call at its first lasting failure."""
        server, purse = self.session.server, self.session.purse
        async with talking(server, purse) as talk:
            groups = [asks[at : at + _TOGETHER] for at in range(0, len(asks), _TOGETHER)]
            tasks = [asyncio.create_task(self._group(talk, group)) for group in groups]
            try:
                for number, task in enumerate(asyncio.as_completed(tasks), 1):
                    await task
                    self.session.moved(VERDICTS_SHARE * number / len(groups))
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _group(self, talk: Talk, asks: Sequence[Ask]) -> None:
        try:
            await self._twice(talk, asks)
        except CallTraceError as error:
            log.warning("llm_failed", code=error.code)  # its detail may have words of the server's
            self.miss(asks, error.title)

    async def _twice(self, talk: Talk, open_: Sequence[Ask]) -> None:
        """Ask, and once more for what came to nothing."""
        asks = list(open_)
        said, why = "", ""
        wrong: dict[str, str] = {}
        for attempt in range(2):
            try:
                found = await self._ask(talk, asks, said, why, again=attempt > 0)
            except UnusableAnswerError as error:
                said, why, wrong = error.said, error.why, {ask.key: error.why for ask in asks}
                continue
            wrong = dict(found.wrong)
            self._take(asks, found)
            asks = [ask for ask in asks if ask.key in wrong]
            if not asks:
                return
            said, why = "", "; ".join(f"{key}: {what}" for key, what in wrong.items())
        log.warning("llm_answers_dropped", criteria=sorted(wrong))
        self.miss(asks, "The model's answer did not stand up to the transcript")

    async def _ask(self, talk: Talk, asks: Sequence[Ask], said: str, why: str, *, again: bool) -> Reading:
        messages, schema = judging(asks, self.transcript), judging_schema(asks, self.lines)
        reply = _REPLY_EACH * len(asks)
        if again:
            found = await talk.again(messages, said, why, schema, reply)
        else:
            found = await talk.ask(messages, schema, reply)
        return read_answers(found, asks, self.session.view, self.lines)

    def _take(self, asks: Sequence[Ask], found: Reading) -> None:
        self.given |= found.given
        for ask in asks:
            if ask.key in found.given:
                self.session.server.memory.keep(self._content(ask), _written(found.given[ask.key]))

    def recalled(self, ask: Ask) -> bool:
        """Whether it was answered before, about the same words, by the same model."""
        known = self.session.server.memory.recall(self._content(ask))
        if known is not None:
            self.given[ask.key] = _remembered(known, ask)
            self.session.remembered += 1
        return known is not None

    def _content(self, ask: Ask) -> str:
        """Everything that an answer rests on."""
        choice = self.session.server.choice
        allowed = sorted(ask.lines)
        parts = [choice.url, choice.model, VERSION, ask.key, ask.text, ask.names, ask.candidates, allowed]
        return json.dumps([*parts, [asdict(one) for one in ask.choices], self.transcript])

    def miss(self, asks: Sequence[Ask], why: str) -> None:
        """There is no answer, for a reason in words of ours."""
        self.missing |= {ask.key: why for ask in asks if ask.key not in self.given}


async def consult(session: Session, asks: Sequence[Ask]) -> Counsel:
    """Ask a model; whatever goes wrong, there is an answer to be had without it.

    Args:
        session: the call, and what it may cost.
        asks: the questions; none is fine.
    """
    view = session.view
    # Each question's best line before any question's second-best one.
    most = max((len(ask.candidates) for ask in asks), default=0)
    candidates = [ask.candidates[rank] for rank in range(most) for ask in asks if rank < len(ask.candidates)]
    lines = view.chosen(candidates, session.room)
    round_ = _Round(session, lines, view.rendered(lines))
    open_ = [ask for ask in asks if not round_.recalled(ask)]
    if open_ and not await session.within(round_.everything(open_)):
        error = OutOfTimeError(f"{session.server.choice.call_seconds:g} seconds are over.")
        log.warning("llm_failed", code=error.code, detail=error.detail)
        round_.miss(open_, error.title)
    log.info(
        "llm_consulted", asked=len(open_), remembered=session.remembered, answered=len(round_.given),
        tokens=session.purse.spent, estimated_transcript=tokens(round_.transcript),
    )  # fmt: skip
    return Counsel(round_.given, round_.missing, view.shows_all(lines), bool(view.addressed))


def _written(given: Given) -> str:
    """An answer without a word of the call: the choice, and where its quotes stand."""
    places = [[one.index, one.start, one.end] for one in given.places]
    return json.dumps([given.choice.text if given.choice else None, places])


def _remembered(text: str, ask: Ask) -> Given:
    chosen, places = json.loads(text)
    return Given(ask.choice(chosen) if chosen else None, tuple(Place(*one) for one in places))
