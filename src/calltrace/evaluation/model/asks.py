"""A criterion as a closed question to a model, with what code knows about where its answer may stand."""

from dataclasses import dataclass

import numpy as np

from calltrace.evaluation.criteria.base import Opinion
from calltrace.evaluation.cues import hits, near, within
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.protocol import Belief
from calltrace.evaluation.model.wording import meaning_of, occasion
from calltrace.evaluation.results import Verdict
from calltrace.scorecards.acts import Side
from calltrace.scorecards.checks import UNSURE, Answer, AnyCheck, Question, Said, cues_of
from calltrace.scorecards.document import Criterion


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer to pick: ``verdict`` is what it stands for, ``proven`` that it needs a quote."""

    text: str
    verdict: Verdict
    share: float
    proven: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a model.

    Attributes:
        key: of the criterion.
        text: the question.
        choices: the answers there are; "unsure" goes without saying.
        lines: segments that may prove an answer: said by the right side, in the right part of the call.
        candidates: segments that code proposes, the best first.
        open: whether nobody but a model or a person can answer it.
    """

    key: str
    text: str
    choices: tuple[Choice, ...]
    lines: frozenset[int]
    candidates: tuple[int, ...]
    open: bool = False

    def choice(self, text: str) -> Choice | None:
        """The answer of that name."""
        return next((one for one in self.choices if one.text == text), None)

    @property
    def names(self) -> list[str]:
        """What a model may answer."""
        return [*(one.text for one in self.choices), UNSURE]


def ask_for(criterion: Criterion, belief: Belief, hearing: Hearing) -> Ask | None:
    """What to ask a model about ``criterion``; ``None`` where code decides, by rule, measure or alone."""
    check = criterion.check
    if isinstance(check, Question):
        if belief.best == "not_applicable":
            return None
        choices = tuple(_closed(one, absence=check.absence) for one in check.answers)
        everything = frozenset(range(hearing.size))
        text = f"{check.question} {occasion(criterion)}".strip()
        return Ask(criterion.key, text, choices, everything, (), open=True)
    meaning = meaning_of(check)
    if not meaning or belief.opinion.method != "embedding" or ruled(belief, check):
        return None
    text = f"{criterion.name}. {meaning} {occasion(criterion)}".strip()
    return Ask(
        criterion.key, text, _choices(belief.opinion), _lines(check, hearing), _candidates(belief.opinion)
    )


def ruled(belief: Belief, check: AnyCheck) -> bool:
    """Whether every segment that proves the offline verdict was found by a written pattern."""
    opinion = belief.opinion
    anchored = belief.best == "not_met" and isinstance(
        check, Said
    )  # the breach is only what it had to be near
    spots = opinion.proof if belief.best == "met" else opinion.breach if belief.best == "not_met" else ()
    return (
        not anchored
        and bool(spots)
        and all(spot.hits and spot.hits.method(spot.index) == "rule" for spot in spots)
    )


def _closed(answer: Answer, *, absence: bool) -> Choice:
    earns = answer.meaning in ("met", "partly_met")
    proven = answer.meaning != "not_applicable" and earns != absence
    share = answer.share if answer.share is not None else float(answer.meaning == "met")
    return Choice(answer.text, answer.meaning, share, proven)


def _choices(opinion: Opinion) -> tuple[Choice, ...]:
    """Rule 1: what was said needs its quote; for ``not_said`` that is the breach."""
    return (
        Choice("met", "met", 1.0, proven=not opinion.absence),
        Choice("not_met", "not_met", 0.0, proven=opinion.absence),
        Choice("not_applicable", "not_applicable", 0.0, proven=False),
    )


def _lines(check: AnyCheck, hearing: Hearing) -> frozenset[int]:
    cues = check.cues if isinstance(check, Said) else cues_of(check)
    sides: set[Side] = {side for cue in cues for side in cue.sides}
    allowed = np.max([hearing.may_be(side) for side in sides], axis=0)
    if isinstance(check, Said):
        allowed = allowed * within(check.within, hearing)
        if check.near:
            allowed = allowed * near(hits(check.near.cue, hearing), check.near, hearing)
    return frozenset(int(at) for at in np.flatnonzero(allowed))


def _candidates(opinion: Opinion) -> tuple[int, ...]:
    return tuple(dict.fromkeys(spot.index for spot in (*opinion.proof, *opinion.breach)))
