"""The last word: people's verdicts over the machine's, and the score that follows. Pure.

The machine's evaluation is never changed: what is shown is made from it and from what people say, anew each
time, so taking back a verdict leaves no trace in the score.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from calltrace.evaluation.conditions import reconsidered
from calltrace.evaluation.results import (
    CriterionResult,
    Decision,
    Evaluation,
    Evidence,
    HumanMark,
    MachineResult,
    MachineScore,
    Settled,
)
from calltrace.evaluation.scoring import Total, total
from calltrace.evaluation.summary import advice, verdicts
from calltrace.scorecards.document import Criterion, Scorecard


@dataclass(frozen=True, slots=True)
class Word:
    """The newest thing that people said of one criterion.

    Attributes:
        points: what ``partly_met`` earns; the other verdicts tell by themselves.
        evidence: quotes that the person gave. A confirmed verdict without any keeps the machine's.
        at: when, as shown.
        revision: how many decisions there were, this one included.
    """

    decision: Decision
    verdict: Settled | None
    points: float | None
    reason: str
    evidence: tuple[Evidence, ...]
    at: str
    revision: int

    @property
    def stands(self) -> bool:
        """Whether it says anything, or was taken back."""
        return self.verdict is not None


def with_words(machine: Evaluation, scorecard: Scorecard, words: Mapping[str, Word]) -> Evaluation:
    """The evaluation as it is shown.

    Args:
        machine: what the machine says.
        scorecard: the version that it is pinned to.
        words: by criterion; those that are not in it stay the machine's.
    """
    criteria = {criterion.key: criterion for criterion in scorecard.criteria}
    said = {one.key: _result(one, criteria[one.key], words.get(one.key)) for one in machine.criteria}
    results = list(reconsidered(scorecard, {one.key: one for one in machine.criteria}, said).values())
    human = sum(word.stands for word in words.values())
    if not human:
        return machine.model_copy(update={"criteria": results})
    score = MachineScore(score=machine.score, passed=machine.passed)
    shown = _judged_anew(machine, scorecard, results, complete=human == len(results))
    return shown.model_copy(update={"machine": score})


def only_suggested(machine: Evaluation, scorecard: Scorecard, keys: AbstractSet[str]) -> Evaluation:
    """The machine's evaluation where it may not grade some criteria: they wait for a person.

    Their points stay, as a best guess. A critical one fails nobody any more. What counts only if one of them
    has some verdict waits with it.
    """
    if not keys & {one.key for one in machine.criteria}:
        return machine
    waiting = _with_dependants(scorecard, keys)
    results = [_suggestion(one, waiting[one.key]) if one.key in waiting else one for one in machine.criteria]
    return _judged_anew(machine, scorecard, results, complete=False)


def _with_dependants(scorecard: Scorecard, keys: AbstractSet[str]) -> dict[str, str]:
    """Those criteria, and all whose condition rests on one of them; each with why it is only a suggestion."""
    why = dict.fromkeys(keys, "people often see this otherwise")
    for criterion in scorecard.in_order:
        if criterion.only_if and criterion.only_if.criterion in why:
            why.setdefault(
                criterion.key, f"it depends on {criterion.only_if.criterion}, which waits for a person"
            )
    return why


def _suggestion(result: CriterionResult, why: str) -> CriterionResult:
    guess = result.best_guess.replace("_", " ")
    reason = f"Only a suggestion, best guess {guess}: {why}. {result.reason}"
    return result.model_copy(update={"verdict": "needs_review", "reason": reason, "suggested": True})


def _judged_anew(
    machine: Evaluation, scorecard: Scorecard, results: list[CriterionResult], *, complete: bool
) -> Evaluation:
    """The same with other results; a call in which nothing was heard has no score until all is decided."""
    before, after = _total(scorecard, machine.criteria), _total(scorecard, results)
    unheard = machine.score is None and before.score is not None
    judged = complete or not unheard
    return machine.model_copy(
        update={
            "criteria": results,
            "score": after.score if judged else None,
            "passed": after.passed if judged else None,
            "summary": _summary(machine, scorecard, results, before, after),
            "recommendations": _recommendations(machine, scorecard, results),
        }
    )


def _recommendations(
    machine: Evaluation, scorecard: Scorecard, results: Sequence[CriterionResult]
) -> list[str]:
    """What was missed and still is keeps its line: a model may have said there what happened in the call."""
    missed = advice(scorecard, machine.criteria)
    kept = dict(zip(missed, machine.recommendations, strict=False))
    told = kept if len(missed) == len(machine.recommendations) else {}
    return [told.get(key, line) for key, line in advice(scorecard, results).items()]


def _as_machine(result: CriterionResult) -> MachineResult:
    known = set(MachineResult.model_fields)
    return MachineResult.model_validate(result.model_dump(include=known, by_alias=False))


def _total(scorecard: Scorecard, results: Sequence[CriterionResult]) -> Total:
    return total(scorecard, {one.key: one for one in results})


def _result(machine: CriterionResult, criterion: Criterion, word: Word | None) -> CriterionResult:
    if word is None:
        return machine
    mark = HumanMark(decision=word.decision, revision=word.revision, at=word.at)
    if word.verdict is None:
        return machine.model_copy(update={"human": mark})
    kept = machine.evidence if word.decision == "confirmed" and not word.evidence else []
    return CriterionResult(
        key=machine.key,
        name=machine.name,
        score=_points(criterion, word),
        max_score=0.0 if word.verdict == "not_applicable" else criterion.points,
        verdict=word.verdict,
        confidence=1.0,
        method="human",
        reason=word.reason or machine.reason,
        evidence=list(word.evidence) or kept,
        machine=_as_machine(machine),
        human=mark,
    )


def _points(criterion: Criterion, word: Word) -> float:
    if word.verdict == "partly_met":
        return word.points or 0.0
    return criterion.points if word.verdict == "met" else 0.0


def _summary(
    machine: Evaluation, scorecard: Scorecard, results: Sequence[CriterionResult], before: Total, after: Total
) -> str:
    """What the call was about stays; how it is judged at the end of the summary follows the verdicts."""
    ending = verdicts(scorecard, machine.criteria, before)
    if not machine.summary.endswith(ending):
        return machine.summary
    return machine.summary.removesuffix(ending) + verdicts(scorecard, results, after)
