"""The summary and the advice: of findings and quotes; with a model, of its sentences that were checked."""

from collections.abc import Sequence

import numpy as np

from calltrace.evaluation.decision import other_language
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.model.telling import Told
from calltrace.evaluation.results import CriterionResult
from calltrace.evaluation.scoring import Total
from calltrace.evaluation.sensitive import masked
from calltrace.scorecards.acts import Side
from calltrace.scorecards.document import Criterion, Scorecard

_SURE = 0.5
_QUOTE_LENGTH = 160


def summarise(
    scorecard: Scorecard,
    results: Sequence[CriterionResult],
    sums: Total,
    hearing: Hearing,
    told: Told | None = None,
) -> str:
    """What the call was about, how it ended, what was missed and what waits for a person.

    Without sentences of a model the first two are quotes; the others are by code always.
    """
    if not any(segment.text.strip() for segment in hearing.segments):
        return "No speech could be transcribed, so the call cannot be judged."
    told = told or Told()
    sentences = [
        told.reason or _purpose(hearing),
        told.outcome or _outcome(hearing),
        *told.next_steps,
        other_language(scorecard, hearing),
        verdicts(scorecard, results, sums),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def verdicts(scorecard: Scorecard, results: Sequence[CriterionResult], sums: Total) -> str:
    """How a summary ends: what failed, what was missed, what waits for a person."""
    sentences = [_failed(scorecard, sums), *_failed_sections(scorecard, sums), *_lists(results)]
    return " ".join(sentence for sentence in sentences if sentence)


def advice(
    scorecard: Scorecard, results: Sequence[CriterionResult], told: Told | None = None
) -> dict[str, str]:
    """By criterion, the scorecard's advice for each criterion that was missed for certain, the dearest first.

    A model's sentence about what happened in this call follows it.
    """
    about = (told or Told()).coaching
    missed = {result.key for result in results if result.verdict in ("not_met", "partly_met")}
    chosen = [criterion for criterion in scorecard.criteria if criterion.key in missed]
    chosen.sort(key=lambda one: (_gravity(one), -one.points))
    return {
        one.key: f"{one.advice or f'Work on: {one.name}.'} {about.get(one.key, '')}".strip() for one in chosen
    }


def _gravity(criterion: Criterion) -> int:
    """What fails a whole call first, then what fails a section."""
    return 0 if criterion.critical is True else 1 if criterion.critical else 2


def _purpose(hearing: Hearing) -> str:
    quoted = _quote(hearing, "customer", "state_problem")
    if quoted:
        return f"The customer's issue: \u201c{quoted}\u201d."
    stated = _quote(hearing, "agent", "state_purpose")
    return f"The agent's reason for the call: \u201c{stated}\u201d." if stated else ""


def _outcome(hearing: Hearing) -> str:
    for act, lead in (("commitment", "The agent promised"), ("solution", "The agent's solution")):
        quoted = _quote(hearing, "agent", act)
        if quoted:
            return f"{lead}: \u201c{quoted}\u201d."
    return "No solution or commitment by the agent was recognised."


def _quote(hearing: Hearing, side: Side, act: str) -> str:
    """The surest turn, in its own words; nothing when none is sure."""
    strength = hearing.acts[side][act]
    if not len(strength) or strength.max() < _SURE:
        return ""
    index = int(np.argmax(strength))
    # A summary travels further than a transcript: what is sensitive is left out of its quotes.
    found = [one for one in hearing.sensitive if one.index == index]
    text = masked(hearing.segments[index].text, found).strip()
    if len(text) > _QUOTE_LENGTH:
        text = text[:_QUOTE_LENGTH].rsplit(" ", 1)[0] + " \u2026"
    return text.rstrip(".")


def _failed(scorecard: Scorecard, sums: Total) -> str:
    names = [criterion.name for criterion in scorecard.criteria if criterion.key in sums.failed_by]
    return f"The whole scorecard fails because of: {', '.join(names)}." if names else ""


def _failed_sections(scorecard: Scorecard, sums: Total) -> list[str]:
    names = {criterion.key: criterion.name for criterion in scorecard.criteria}
    failed = [(line.section, [names[key] for key in line.failed_by]) for line in sums.lines if line.failed_by]
    return [f"{section} earns nothing because of: {', '.join(keys)}." for section, keys in failed]


def _lists(results: Sequence[CriterionResult]) -> list[str]:
    missed = [result.name for result in results if result.verdict == "not_met"]
    partly = [result.name for result in results if result.verdict == "partly_met"]
    review = [result.name for result in results if result.verdict == "needs_review"]
    pairs = (("Missed", missed), ("Partly met", partly), ("To be reviewed by a person", review))
    return [f"{title}: {', '.join(names)}." for title, names in pairs if names] or ["Nothing was missed."]
