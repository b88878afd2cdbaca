"""Which criteria a call is held against at all, by its language and by what became of other criteria."""

from collections.abc import Mapping

from calltrace.evaluation.decision import decide, not_applicable, provisional, unanswered
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.protocol import Judge
from calltrace.evaluation.results import CriterionResult
from calltrace.evaluation.written import NO_TIME, measures_time
from calltrace.scorecards.checks import spoken
from calltrace.scorecards.cues import speaks
from calltrace.scorecards.document import Criterion, OnlyIf, Scorecard


def judged(scorecard: Scorecard, hearing: Hearing, judge: Judge) -> list[CriterionResult]:
    """A result for each criterion, in the order of the scorecard, whatever depends on what."""
    results: dict[str, CriterionResult] = {}
    for criterion in scorecard.in_order:
        results[criterion.key] = _judged(criterion, results, hearing, scorecard, judge)
    return [results[criterion.key] for criterion in scorecard.criteria]


def _judged(
    criterion: Criterion,
    results: Mapping[str, CriterionResult],
    hearing: Hearing,
    scorecard: Scorecard,
    judge: Judge,
) -> CriterionResult:
    if hearing.written and measures_time(criterion):
        return not_applicable(criterion, NO_TIME)
    meant = for_language(criterion, hearing.language)
    if meant is None:
        reason = f"It does not apply to calls in this language ({hearing.language})."
        return not_applicable(criterion, reason)
    if criterion.only_if is None:
        return decide(meant, judge.judge(meant, hearing), hearing, scorecard)
    other = results[criterion.only_if.criterion]
    if not _holds(criterion.only_if, other):
        return _ruled_out(criterion, other)
    result = decide(meant, judge.judge(meant, hearing), hearing, scorecard)
    if other.verdict != "needs_review" or result.best_guess == "not_applicable":
        return result
    return provisional(result, _waiting(other), other.confidence)


def for_language(criterion: Criterion, language: str) -> Criterion | None:
    """``criterion`` without cues that are not meant for ``language``; ``None`` when nothing is left of it."""
    when = criterion.applies_when
    if not speaks(criterion.languages, language) or (when and not speaks(when.languages, language)):
        return None
    check = spoken(criterion.check, language)
    if check is None or check is criterion.check:
        return criterion if check else None
    return criterion.model_copy(update={"check": check})


def _holds(only_if: OnlyIf, other: CriterionResult) -> bool:
    return other.best_guess in only_if.verdicts


def _ruled_out(criterion: Criterion, other: CriterionResult) -> CriterionResult:
    if other.verdict == "needs_review":
        return unanswered(criterion, _waiting(other))
    became = other.verdict.replace("_", " ")
    result = not_applicable(criterion, f"It does not apply, as \u201c{other.name}\u201d is {became}.")
    return result.model_copy(update={"confidence": other.confidence})


def _waiting(other: CriterionResult) -> str:
    return f"Whether it applies depends on \u201c{other.name}\u201d, which a person has to look at first."
