"""The offline judge and a language model together. Neither overturns the other: a person does.

| offline judge | model | result |
|---|---|---|
| decided by a rule or a measure | is not asked | the offline judge's |
| any verdict | the same, proven | that verdict, surer; quotes of the model |
| unsure (under the threshold) | another, proven, that tips it | the model's, as sure as both together |
| sure, or not tipped by it | another | ``needs_review`` |
| any verdict | none, unsure, unproven | the offline judge's, and the reason says so |
| any, where a call speaks to an evaluator | the same / another | the offline judge's / ``needs_review`` |
| cannot answer (a question) | an answer, proven | the model's |

Proven: by a quote that stands in the call, where the answer needs one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.protocol import Belief, Heeded
from calltrace.evaluation.model.advice import Counsel
from calltrace.evaluation.model.answers import Given
from calltrace.evaluation.model.asks import Ask, Choice
from calltrace.evaluation.model.view import View
from calltrace.evaluation.results import Evidence, Verdict
from calltrace.scorecards.document import Criterion

TRUST = 0.8
"""How often a model is taken to be right: an assumption, no measurement. It makes odds four times as good."""


@dataclass(frozen=True, slots=True)
class ModelJudge:
    """A judge for one call: what was believed offline, and what came of asking a model.

    Attributes:
        name: of both.
        beliefs: the offline judge's, by criterion.
        asks: what the model was asked, by criterion.
        sure_from: the confidence from which the offline judge is sure, if the criterion has no own.
    """

    name: str
    beliefs: Mapping[str, Belief]
    asks: Mapping[str, Ask]
    counsel: Counsel
    view: View
    sure_from: float

    def judge(self, criterion: Criterion, hearing: Hearing) -> Belief:
        """What both believe."""
        del hearing  # it is the one of ``view``
        belief, ask = self.beliefs[criterion.key], self.asks.get(criterion.key)
        if ask is None:
            return belief
        given = self.counsel.given.get(criterion.key)
        why = self._unheard(given, criterion.key)
        if given is None or given.choice is None or why:
            return replace(belief, heeded=Heeded(f"Decided without the model: {why}."))
        quotes = self._quotes(given)
        if ask.open:
            return self._answered(belief, given.choice, quotes)
        return self._weighed(criterion, belief, given.choice, quotes)

    def _unheard(self, given: Given | None, key: str) -> str:
        """Why an answer does not count, if it does not."""
        if given is None:
            why = self.counsel.missing.get(key, "it was not asked")
            return why[:1].lower() + why[1:]
        if given.choice is None:
            return "it was unsure"
        if not self.counsel.complete and not given.choice.proven:
            return "it was not shown the whole call, and can prove no absence"
        return ""

    def _quotes(self, given: Given) -> tuple[Evidence, ...]:
        return tuple(self.view.evidence(one.index, one.start, one.end) for one in given.places)

    def _answered(self, belief: Belief, choice: Choice, quotes: tuple[Evidence, ...]) -> Belief:
        """A question that only a model or a person can answer; not where somebody spoke to the evaluator."""
        if self.counsel.addressed:
            return replace(belief, heeded=Heeded(_ADDRESSED))
        note = f"The model answers: {choice.text}."
        heeded = Heeded(
            note, counts=True, quotes=quotes, verdict=choice.verdict, share=choice.share, alone=True
        )
        rest = (1 - TRUST) / 2
        chances = {name: TRUST if name == _plain(choice.verdict) else rest for name in _NAMES}
        return replace(belief, **chances, heeded=heeded)

    def _weighed(
        self, criterion: Criterion, belief: Belief, choice: Choice, quotes: tuple[Evidence, ...]
    ) -> Belief:
        agree = choice.verdict == belief.best
        if agree and self.counsel.addressed:
            return replace(belief, heeded=Heeded(_ADDRESSED))
        if agree:
            breach = criterion.critical and choice.verdict == "not_met"
            both = belief if breach else _together(belief, choice.verdict)
            return replace(both, heeded=Heeded("The model agrees.", counts=True, quotes=quotes))
        words = choice.verdict.replace("_", " ")
        sure_from = self.sure_from if criterion.threshold is None else criterion.threshold
        both = _together(belief, choice.verdict)
        tipped = both.best == _plain(choice.verdict) and belief.confidence < sure_from
        if tipped and not self.counsel.addressed:
            note = f"The model finds it {words}; the offline judge was unsure."
            return replace(both, heeded=Heeded(note, counts=True, quotes=quotes))
        note = f"The model finds it {words}, the offline judge does not: a person must decide."
        return replace(belief, heeded=Heeded(note, contested=True))


_NAMES = ("met", "not_met", "not_applicable")
_ADDRESSED = "Somebody in this call speaks to an evaluator, so the model has no say."


def _plain(verdict: Verdict) -> str:
    """A part of the points is more like all of them than like none."""
    return "met" if verdict == "partly_met" else verdict


def _together(belief: Belief, verdict: Verdict) -> Belief:
    """Bayes' rule with odds of ``TRUST`` to the rest for what the model says."""
    chances = {name: getattr(belief, name) * (TRUST if name == verdict else 1 - TRUST) for name in _NAMES}
    whole = sum(chances.values())
    return replace(belief, **{name: chance / whole for name, chance in chances.items()}) if whole else belief
