"""What differs between two evaluations of a call, criterion by criterion."""

from collections.abc import Sequence
from dataclasses import dataclass

from calltrace.evaluation.results import CriterionResult, Evaluation


@dataclass(frozen=True, slots=True)
class Change:
    """One criterion in the earlier and in the later evaluation; ``None`` where it has no such criterion."""

    name: str
    before: CriterionResult | None
    after: CriterionResult | None

    @property
    def reworded(self) -> bool:
        """Whether verdict and points are the same, and only the reason is another."""
        return bool(self.before and self.after) and _result(self.before) == _result(self.after)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two evaluations of a call, earlier and later, and the criteria in which they differ."""

    before: Evaluation
    after: Evaluation
    changes: Sequence[Change]
    same: int


def difference(before: Evaluation, after: Evaluation) -> Difference:
    """The criteria of both in the order of the later one; those that it has no more come last."""
    was, is_ = _by_key(before), _by_key(after)
    changes = [
        Change((is_.get(key) or was[key]).name, was.get(key), is_.get(key))
        for key in dict.fromkeys([*is_, *was])
        if _said(was.get(key)) != _said(is_.get(key))
    ]
    return Difference(before, after, changes, len({*was, *is_}) - len(changes))


def _by_key(evaluation: Evaluation) -> dict[str, CriterionResult]:
    return {one.key: one for one in evaluation.criteria}


def _result(one: CriterionResult | None) -> tuple[str, float, float] | None:
    return (one.verdict, one.score, one.max_score) if one else None


def _said(one: CriterionResult | None) -> tuple[tuple[str, float, float] | None, str]:
    return _result(one), one.reason if one else ""
