"""From a belief to a result: rule 1 (no evidence, no ``met``), honesty about unknown speakers, review."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from calltrace.evaluation.criteria.base import Opinion, Spot
from calltrace.evaluation.criteria.measure import is_sided
from calltrace.evaluation.evidence import evidence, once, stands
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.protocol import Belief, Heeded
from calltrace.evaluation.results import CriterionResult, Evidence, Method, Verdict
from calltrace.scorecards.checks import Measure, NotSaid, Said, SensitiveData, Sequence, cues_of
from calltrace.scorecards.cues import speaks
from calltrace.scorecards.document import Criterion, Scorecard

_OTHER_LANGUAGE = 0.6
"""The same for a call in a language for which the scorecard is not meant."""

_CLEARED = 0.75
"""Less sure that a critical criterion is met, and it counts as not met until a person has looked."""

_UNKNOWN_SPEAKER = 0.6
"""What is left of a confidence when nobody knows who spoke: under every sensible review threshold."""


_ROLES_FLOOR = 0.7
"""Less than one clear phrase of difference between the sides: a convention named the agent, not the call."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A result in the making."""

    verdict: Verdict
    confidence: float
    reason: str
    quotes: tuple[Evidence, ...] = ()
    review: bool = False
    share: float = 0.0


def decide(criterion: Criterion, belief: Belief, hearing: Hearing, scorecard: Scorecard) -> CriterionResult:
    """The result that a person sees; under the scorecard's thresholds a person has to confirm it."""
    answered = belief.heeded is not None and belief.heeded.alone
    if belief.opinion.undecided and belief.best != "not_applicable" and not answered:
        note = belief.heeded.note if belief.heeded else ""
        return unanswered(criterion, f"{belief.opinion.undecided} {note}".strip())
    draft = _first_draft(belief, hearing)
    draft = _with_partial(draft, belief.opinion, hearing)
    draft = _with_model(draft, belief.heeded, hearing)
    draft = _with_rule_one(draft, belief.opinion)
    draft = _with_doubt(draft, belief, hearing, criterion, scorecard)
    draft = _with_unknown_speakers(draft, criterion, hearing)
    draft = _with_guessed_roles(draft, criterion, hearing)
    draft = _with_certainty(draft, criterion, scorecard.critical_threshold)
    draft = _with_language(draft, criterion, hearing, scorecard)
    if draft.confidence < _threshold(criterion, scorecard) and not draft.review:
        draft = replace(
            draft, review=True, reason=f"Unsure, best guess {_words(draft.verdict)}. {draft.reason}"
        )
    return _result(criterion, draft, _method(belief, draft))


def undecided(criterion: Criterion, reason: str) -> CriterionResult:
    """A result for a call that cannot be judged: nothing earned, a person must look."""
    draft = _Draft("not_met", 0.0, reason, review=True)
    return _result(criterion, draft, "rule")


def unanswered(criterion: Criterion, reason: str) -> CriterionResult:
    """A result that nobody who was asked could decide: a person must, and until then it has no points."""
    return _result(criterion, _Draft("not_applicable", 0.0, reason, review=True), "rule")


def not_applicable(criterion: Criterion, reason: str) -> CriterionResult:
    """A result for a criterion that the call is certainly not held against."""
    return _result(criterion, _Draft("not_applicable", 1.0, reason), "rule")


def provisional(result: CriterionResult, reason: str, confidence: float) -> CriterionResult:
    """The same result as a best guess, at most so sure."""
    return result.model_copy(
        update={
            "verdict": "needs_review",
            "reason": f"{result.reason} {reason}".strip(),
            "confidence": min(result.confidence, confidence),
        }
    )


def _threshold(criterion: Criterion, scorecard: Scorecard) -> float:
    return scorecard.review_threshold if criterion.threshold is None else criterion.threshold


def _first_draft(belief: Belief, hearing: Hearing) -> _Draft:
    verdict = belief.best
    met, not_met, not_applicable = belief.opinion.reasons
    reasons: dict[Verdict, str] = {"met": met, "not_met": not_met, "not_applicable": not_applicable}
    spots: dict[Verdict, tuple[Spot, ...]] = {"met": belief.opinion.proof, "not_met": belief.opinion.breach}
    return _Draft(verdict, belief.confidence, reasons[verdict], _quotes(spots.get(verdict, ()), hearing))


def _with_doubt(
    draft: _Draft, belief: Belief, hearing: Hearing, criterion: Criterion, scorecard: Scorecard
) -> _Draft:
    """Of the two errors about a critical criterion a breach that nobody sees is the dearer one.

    Under review it costs its own points at most, and fails nobody.
    """
    least = min(_CLEARED, scorecard.critical_threshold)
    if not criterion.critical or draft.verdict != "met" or draft.confidence >= least:
        return draft
    return replace(
        draft,
        verdict="not_met",
        confidence=belief.not_met,
        quotes=_quotes(belief.opinion.breach, hearing),
        review=True,
        reason="Unsure, best guess not met: it is critical, and that it is met is not sure enough.",
    )


def _quotes(spots: Iterable[Spot], hearing: Hearing) -> tuple[Evidence, ...]:
    """What proves it, each quote once: several parts of a criterion may rest on the same words."""
    quotes = (evidence(spot, hearing) for spot in spots)
    return once(quote for quote in quotes if stands(quote, hearing))


def _with_partial(draft: _Draft, opinion: Opinion, hearing: Hearing) -> _Draft:
    """Some parts were found: they earn their share, with their quotes."""
    if draft.verdict != "not_met" or opinion.share is None or not 0 < opinion.share < 1:
        return draft
    return replace(draft, verdict="partly_met", share=opinion.share, quotes=_quotes(opinion.proof, hearing))


def _with_model(draft: _Draft, heeded: Heeded | None, hearing: Hearing) -> _Draft:
    """What a model added; its quotes are checked once more, as everybody's."""
    if heeded is None:
        return draft
    return replace(
        draft,
        verdict=heeded.verdict or draft.verdict,
        share=heeded.share if heeded.verdict else draft.share,
        quotes=tuple(quote for quote in heeded.quotes if stands(quote, hearing)) or draft.quotes,
        review=heeded.contested,
        reason=heeded.note if heeded.alone else f"{draft.reason} {heeded.note}",
    )


def _with_rule_one(draft: _Draft, opinion: Opinion) -> _Draft:
    """A finding that something *was said* needs its quote; for ``not_said`` that finding is the breach."""
    needs_quote = (draft.verdict in ("met", "partly_met") and not opinion.absence) or (
        draft.verdict == "not_met" and opinion.absence and opinion.method != "measure"
    )
    if needs_quote and not draft.quotes:
        return replace(draft, review=True, reason=f"Likely {_words(draft.verdict)}, but no turn proves it.")
    return draft


def _with_unknown_speakers(draft: _Draft, criterion: Criterion, hearing: Hearing) -> _Draft:
    """Never infer silently who spoke: a person has to confirm it."""
    if not hearing.unknown_share or criterion.check.kind == "measure":
        return draft
    unknown = {segment.id for segment in hearing.segments if segment.speaker == "unknown"}
    rests_on_unknown = any(quote.segment_id in unknown for quote in draft.quotes) or hearing.nobody_known
    if rests_on_unknown and not _sideless(criterion):
        lowered = draft.confidence * _UNKNOWN_SPEAKER
        reason = f"{draft.reason} Who said it is not known: a person must confirm the speaker."
        return replace(draft, review=True, confidence=lowered, reason=reason)
    return replace(draft, confidence=draft.confidence * (1 - 0.4 * hearing.unknown_share))


def _with_guessed_roles(draft: _Draft, criterion: Criterion, hearing: Hearing) -> _Draft:
    """Nothing that was said told agent from customer: what depends on it has to be confirmed.

    A third voice that is nobody's does not make the other two known. Where nobody is known nobody was
    guessed either: ``_with_unknown_speakers`` looks after such calls.
    """
    guessed = hearing.roles_confidence < _ROLES_FLOOR and not hearing.nobody_known
    if not guessed or draft.review or _sideless(criterion):
        return draft
    reason = f"{draft.reason} Who is agent and who is customer is a guess: a person must confirm it."
    return replace(draft, review=True, confidence=draft.confidence * hearing.roles_confidence, reason=reason)


def _sideless(criterion: Criterion) -> bool:
    """Whether it counts the same whoever is who."""
    match criterion.check:
        case Measure(metric=metric):
            return not is_sided(metric)
        case SensitiveData(only_by=side):
            return side == "nobody"
        case Said() | NotSaid() | Sequence() as check:
            return all(cue.by == "anyone" for cue in cues_of(check))
        case _:
            return False


def _with_language(draft: _Draft, criterion: Criterion, hearing: Hearing, scorecard: Scorecard) -> _Draft:
    """Cues in other languages may miss everything: what rests on words has to be confirmed."""
    fits = speaks(scorecard.languages, hearing.language)
    if fits or draft.review or isinstance(criterion.check, Measure | SensitiveData):
        return draft
    reason = f"{draft.reason} {other_language(scorecard, hearing)}"
    return replace(draft, review=True, confidence=draft.confidence * _OTHER_LANGUAGE, reason=reason)


def other_language(scorecard: Scorecard, hearing: Hearing) -> str:
    """The sentence about a call in a language that the scorecard is not meant for; empty when it is."""
    if speaks(scorecard.languages, hearing.language):
        return ""
    meant = ", ".join(scorecard.languages)
    return (
        f"The scorecard is meant for {meant} and the call is in {hearing.language}: a person must confirm it."
    )


def _with_certainty(draft: _Draft, criterion: Criterion, threshold: float) -> _Draft:
    """Nobody is failed for a whole call on a hunch: a breach of a critical criterion must be sure."""
    breach = criterion.critical and draft.verdict == "not_met" and not draft.review
    if not breach or draft.confidence >= threshold:
        return draft
    failed = "its section" if criterion.critical == "section" else "the whole call"
    reason = f"{draft.reason} It would fail {failed}, so a person must confirm it."
    return replace(draft, review=True, reason=reason)


def _words(verdict: Verdict) -> str:
    return verdict.replace("_", " ")


def _method(belief: Belief, draft: _Draft) -> Method:
    """A model's, if it had a part in it; else that of the segments that are quoted, or the kind's own."""
    opinion = belief.opinion
    if belief.heeded and belief.heeded.counts:
        return "model"
    if opinion.method != "embedding":
        return opinion.method
    spots = opinion.proof if draft.verdict in ("met", "partly_met") else opinion.breach
    methods = {spot.hits.method(spot.index) if spot.hits else "embedding" for spot in spots}
    return "rule" if draft.quotes and methods == {"rule"} else "embedding"


def _result(criterion: Criterion, draft: _Draft, method: Method) -> CriterionResult:
    applicable = draft.verdict != "not_applicable"
    return CriterionResult(
        key=criterion.key,
        name=criterion.name,
        score=_points(criterion, draft),
        max_score=criterion.points if applicable else 0.0,
        verdict="needs_review" if draft.review else draft.verdict,
        confidence=round(min(max(draft.confidence, 0.0), 1.0), 3),
        method=method,
        reason=draft.reason,
        evidence=list(draft.quotes),
    )


def _points(criterion: Criterion, draft: _Draft) -> float:
    if draft.verdict == "partly_met":
        return round(criterion.points * draft.share, 2)
    return criterion.points if draft.verdict == "met" else 0.0
