"""How much verdicts change when a call is said otherwise (``altered``), beside what its labels say."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from calltrace.evaluation.altered import ALTERATIONS
from calltrace.evaluation.labelled import LabelledCall
from calltrace.evaluation.quality import CallOutcome, pooled

Judge = Callable[[LabelledCall], CallOutcome]


@dataclass(frozen=True, slots=True)
class Stability:
    """What one alteration did to ``n`` verdicts.

    Attributes:
        unchanged: share of best guesses that stayed.
        raised: of the verdicts that were not met before, the share that is met now.
        f1: of the altered calls, against their labels.
    """

    alteration: str
    n: int
    unchanged: float
    raised: float
    f1: float


def stability(calls: Sequence[LabelledCall], judge: Judge) -> Iterator[Stability]:
    """One result for each alteration, as they are done."""
    before = [judge(call) for call in calls]
    for name, alter in ALTERATIONS.items():
        yield _compared(name, before, [judge(alter(call)) for call in calls])


def spread(calls: Sequence[LabelledCall], most: int) -> list[LabelledCall]:
    """At most so many of the calls, from all over the list: every writer and language has a share."""
    step = max(-(-len(calls) // most), 1)
    return list(calls[::step])


def _compared(name: str, before: Sequence[CallOutcome], after: Sequence[CallOutcome]) -> Stability:
    pairs = [
        (old.guessed, new.guessed)
        for first, second in zip(before, after, strict=True)
        for old, new in zip(first.verdicts, second.verdicts, strict=True)
    ]
    not_met = [new for old, new in pairs if old == "not_met"]
    return Stability(
        alteration=name,
        n=len(pairs),
        unchanged=sum(old == new for old, new in pairs) / max(len(pairs), 1),
        raised=sum(new == "met" for new in not_met) / max(len(not_met), 1),
        f1=pooled(after)[-1].f1,
    )
