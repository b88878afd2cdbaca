"""The arithmetic of a score. Code adds up; no judge ever names a total.

Every line can be shown: ``lines`` gives, per section, what was earned, what could be earned, and the
share of the whole. Sums are exact (``fsum``): no order of criteria rounds otherwise.
``docs/evaluation.md`` has the same rules in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum

from calltrace.evaluation.results import CriterionResult
from calltrace.scorecards.document import Criterion, Scorecard, Section


@dataclass(frozen=True, slots=True)
class Line:
    """One section: points earned and possible (not applicable and bonus left out), bonus points, weight.

    A section in which nothing applies has ``possible`` 0 and leaves the divisor with its weight. One that its
    own critical criteria (``failed_by``) fail earns nothing, and no bonus either.
    """

    section: str
    earned: float
    possible: float
    bonus: float
    weight: float
    failed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    """The sum. ``score``: 0 to 100, ``None`` when nothing applies; ``failed_by``: critical criteria."""

    score: float | None
    passed: bool | None
    lines: tuple[Line, ...]
    failed_by: tuple[str, ...]


def total(scorecard: Scorecard, results: Mapping[str, CriterionResult]) -> Total:
    """Add up ``results`` (by criterion key) under the rules of ``scorecard``."""
    lines = tuple(_line(section, results) for section in scorecard.sections)
    failed_by = tuple(c.key for c in scorecard.criteria if c.critical is True and breaks(c, results[c.key]))
    counted = [line for line in lines if line.possible > 0]
    if not counted:
        return Total(None, None, lines, failed_by)
    score = 0.0 if failed_by else _share(counted, lines)
    return Total(score, not failed_by and score >= scorecard.pass_mark, lines, failed_by)


def applies(result: CriterionResult) -> bool:
    """Whether a result counts: a not applicable one has nothing to earn (also when that is a best guess)."""
    return result.max_score > 0 and result.verdict != "not_applicable"


def breaks(criterion: Criterion, result: CriterionResult) -> bool:
    """Whether a critical criterion is broken for certain: one that waits for review fails nobody yet."""
    return criterion.critical and applies(result) and result.verdict == "not_met"


def _line(section: Section, results: Mapping[str, CriterionResult]) -> Line:
    counted = [(c, results[c.key]) for c in section.criteria if applies(results[c.key])]
    plain = [result for criterion, result in counted if not criterion.bonus]
    possible = fsum(result.max_score for result in plain)
    failed_by = tuple(c.key for c, result in counted if c.critical == "section" and breaks(c, result))
    return Line(
        section=section.name,
        earned=0.0 if failed_by else fsum(result.score for result in plain),
        possible=possible,
        bonus=0.0 if failed_by else fsum(result.score for criterion, result in counted if criterion.bonus),
        weight=section.weight if section.weight is not None else possible,
        failed_by=failed_by,
    )


def _share(counted: list[Line], lines: tuple[Line, ...]) -> float:
    """Weighted share of the points, in percent; bonus points come on top of the whole, capped at 100."""
    weights = fsum(line.weight for line in counted)
    base = fsum(line.weight * line.earned / line.possible for line in counted) / weights
    bonus = fsum(line.bonus for line in lines) / fsum(line.possible for line in counted)
    return round(min(max(base + bonus, 0.0), 1.0) * 100, 1)
