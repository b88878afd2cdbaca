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
    if not holds(criterion.only_if, other):
        return ruled_out(criterion, other)
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


def reconsidered(
    scorecard: Scorecard, before: Mapping[str, CriterionResult], now: Mapping[str, CriterionResult]
) -> dict[str, CriterionResult]:
    """Results by criterion, where other verdicts than the machine's stand by now for some of them.

    What hangs on such a criterion follows it, unless somebody said what becomes of it: it does not apply any
    more, or it does now and waits for a person, as nobody judged it.

    Args:
        scorecard: the version that both are pinned to.
        before: the machine's results.
        now: the same with people's words.
    """
    found = dict(now)
    for criterion in scorecard.in_order:
        mine = found[criterion.key]
        if criterion.only_if is None or mine.human is not None:
            continue
        other, former = found[criterion.only_if.criterion], before[criterion.only_if.criterion]
        if not holds(criterion.only_if, other):
            found[criterion.key] = mine if other == former else ruled_out(criterion, other)
        elif mine.reason == ruled_out(criterion, former).reason and not holds(criterion.only_if, former):
            found[criterion.key] = unanswered(criterion, _applies_now(other))
    return found


def holds(only_if: OnlyIf, other: CriterionResult) -> bool:
    """Whether the criterion that is waited for has one of the verdicts, for the time being at least."""
    return other.best_guess in only_if.verdicts


def ruled_out(criterion: Criterion, other: CriterionResult) -> CriterionResult:
    """The result of a criterion whose condition ``other`` does not fulfil."""
    if other.verdict == "needs_review":
        return unanswered(criterion, _waiting(other))
    became = other.verdict.replace("_", " ")
    result = not_applicable(criterion, f"It does not apply, as \u201c{other.name}\u201d is {became}.")
    return result.model_copy(update={"confidence": other.confidence})


def _applies_now(other: CriterionResult) -> str:
    became = other.verdict.replace("_", " ")
    return f"It applies, as \u201c{other.name}\u201d is {became} now, and was not judged: a person has to."


def _waiting(other: CriterionResult) -> str:
    return f"Whether it applies depends on \u201c{other.name}\u201d, which a person has to look at first."
