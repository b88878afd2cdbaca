"""Evidence: quotes that stand, times of the words themselves, and rule 1."""

from typing import Any

import numpy as np
import pytest

from calltrace.evaluation.criteria.base import Opinion, Spot
from calltrace.evaluation.cues import hits
from calltrace.evaluation.decision import decide
from calltrace.evaluation.evidence import evidence, stands
from calltrace.evaluation.hearing import Hearing, hear
from calltrace.evaluation.judges.acts import shipped_head
from calltrace.evaluation.judges.protocol import Belief
from calltrace.evaluation.results import Evidence
from calltrace.evaluation.sentences import split_sentences
from calltrace.evaluation.service import evaluate
from calltrace.meaning.embeddings import Embedder
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.checks import Cue
from calltrace.speech.transcript import Transcript, Word

CARD = default_scorecard()
GREETING = CARD.criteria[0]
REASONS = ("yes", "no", "none")


@pytest.fixture(scope="module")
def hearing(good_call: Transcript, embedder: Embedder) -> Hearing:
    return hear(good_call, 161.0, embedder, shipped_head())


def test_without_a_quote_nothing_is_met(hearing: Hearing) -> None:
    opinion = Opinion(met=0.99, features={}, reasons=REASONS)
    result = decide(GREETING, Belief(0.99, 0.01, 0.0, opinion), hearing, CARD)
    assert result.verdict == "needs_review"
    assert result.score == result.max_score == 10
    assert result.evidence == []


@pytest.mark.parametrize("share", [None, 0.5])
def test_words_that_prove_two_parts_are_quoted_once(hearing: Hearing, share: float | None) -> None:
    spot = Spot(0, hits(Cue(acts=["greeting"]), hearing))
    opinion = Opinion(met=0.5, features={}, reasons=REASONS, proof=(spot, spot), share=share)
    sure = (0.02, 0.98) if share else (0.98, 0.02)
    result = decide(GREETING, Belief(*sure, 0.0, opinion), hearing, CARD)
    assert result.verdict == ("partly_met" if share else "met")
    assert len(result.evidence) == 1


def test_a_breach_without_a_quote_is_not_held_against_anyone(hearing: Hearing) -> None:
    critical = CARD.criteria[-1]
    opinion = Opinion(met=0.01, features={}, reasons=REASONS, absence=True)
    assert decide(critical, Belief(0.01, 0.99, 0.0, opinion), hearing, CARD).verdict == "needs_review"


@pytest.mark.parametrize(("sure", "verdict"), [(0.85, "needs_review"), (0.95, "not_met")])
def test_a_breach_that_would_fail_the_whole_call_must_be_sure(
    hearing: Hearing, sure: float, verdict: str
) -> None:
    critical = CARD.criteria[-1]
    spot = Spot(0, hits(Cue(acts=["greeting"]), hearing))
    opinion = Opinion(met=0.0, features={}, reasons=REASONS, breach=(spot,), absence=True)
    result = decide(critical, Belief(1 - sure, sure, 0.0, opinion), hearing, CARD)
    assert (result.verdict, result.score) == (verdict, 0)


@pytest.mark.parametrize(
    ("sure", "critical", "least", "verdict", "score"),
    [
        (0.76, True, 0.9, "met", 10),
        (0.74, True, 0.9, "needs_review", 0),
        (0.74, "section", 0.9, "needs_review", 0),
        (0.74, False, 0.9, "met", 10),
        (0.74, True, 0.7, "met", 10),
    ],
)
def test_a_critical_criterion_that_is_not_surely_met_earns_nothing_before_a_person_has_looked(
    hearing: Hearing, sure: float, critical: Any, least: float, verdict: str, score: float
) -> None:
    criterion = CARD.criteria[-1].model_copy(update={"critical": critical})
    spot = Spot(0, hits(Cue(acts=["greeting"]), hearing))
    opinion = Opinion(met=sure, features={}, reasons=REASONS, breach=(spot,), absence=True)
    card = CARD.model_copy(update={"critical_threshold": least})
    result = decide(criterion, Belief(sure, 1 - sure, 0.0, opinion), hearing, card)
    assert (result.verdict, result.score) == (verdict, score)
    assert bool(result.evidence) == (verdict == "needs_review")


def test_what_is_less_sure_than_the_threshold_is_reviewed_with_its_best_guess(hearing: Hearing) -> None:
    opinion = Opinion(met=0.4, features={}, reasons=REASONS)
    result = decide(GREETING, Belief(0.45, 0.55, 0.0, opinion), hearing, CARD)
    assert result.verdict == "needs_review"
    assert result.score == 0
    assert result.max_score == 10
    assert "best guess not met" in result.reason


def test_a_long_turn_is_quoted_by_the_sentence_that_matters(
    good_call: Transcript, embedder: Embedder
) -> None:
    first, *others = good_call.segments
    long = f"{first.text} Please note that our office is closed on public holidays."
    call = good_call.model_copy(update={"segments": [first.model_copy(update={"text": long}), *others]})
    changed = hear(call, 161.0, embedder, shipped_head())
    found = hits(Cue(acts=["recording_notice"]), changed)
    quote = evidence(Spot(0, found), changed)
    assert quote.quote == "This call is recorded."
    assert stands(quote, changed)


def test_words_give_the_quote_its_own_times(good_call: Transcript, embedder: Embedder) -> None:
    first = good_call.segments[0]
    parts = first.text.split()
    step = (first.end - first.start) / len(parts)
    words = [
        Word(text=part, start=first.start + i * step, end=first.start + (i + 1) * step, confidence=1.0)
        for i, part in enumerate(parts)
    ]
    timed = good_call.model_copy(
        update={"segments": [first.model_copy(update={"words": words}), *good_call.segments[1:]]}
    )
    hearing = hear(timed, 161.0, embedder, shipped_head())
    found = hits(Cue(patterns=["this call is recorded"]), hearing)
    quote = evidence(Spot(0, found), hearing)
    assert quote.quote == "This call is recorded."
    assert quote.start == pytest.approx(words[-4].start)
    assert quote.end == pytest.approx(words[-1].end)


@pytest.mark.parametrize(
    "changes",
    [{"segment_id": "s99"}, {"quote": "Good evening"}, {"quote": ""}, {"start": 0.0}, {"end": 99.0}],
)
def test_a_quote_that_does_not_stand_is_refused(hearing: Hearing, changes: dict[str, object]) -> None:
    true = Evidence(segment_id="s1", start=0.5, end=8.0, quote="Good afternoon")
    assert stands(true, hearing)
    assert not stands(true.model_copy(update=changes), hearing)


def test_sentences_cover_their_text_and_nothing_else() -> None:
    for text in ("", "One. Two is longer than that! Three?", "no punctuation at all", "...", "A. B. C."):
        spans = split_sentences(text)
        assert all(0 <= a <= b <= len(text) for a, b in spans)
        assert np.all(np.diff([a for a, _ in spans]) > 0)


def test_nothing_rests_on_roles_that_are_a_guess(good_call: Transcript, embedder: Embedder) -> None:
    """Without any telling phrase the first channel is called the agent: a convention, not a finding."""
    attribution = good_call.attribution.model_copy(update={"confidence": 0.5})
    guessed = good_call.model_copy(update={"attribution": attribution})
    evaluation = evaluate(guessed, CARD, duration=161.0, embedder=embedder)
    assert {one.verdict for one in evaluation.criteria} <= {"needs_review", "not_applicable"}
    assert any("is a guess" in one.reason for one in evaluation.criteria)


def test_a_third_voice_that_is_nobodys_makes_no_guess_sure(good_call: Transcript, embedder: Embedder) -> None:
    attribution = good_call.attribution.model_copy(update={"confidence": 0.5})
    first, *others = good_call.segments
    stranger = first.model_copy(
        update={"id": "s99", "speaker": "unknown", "text": "mm", "start": 160.0, "end": 160.5}
    )
    guessed = good_call.model_copy(
        update={"attribution": attribution, "segments": [first, *others, stranger]}
    )
    evaluation = evaluate(guessed, CARD, duration=161.0, embedder=embedder)
    assert {one.verdict for one in evaluation.criteria} == {"needs_review"}
    assert any("is a guess" in one.reason for one in evaluation.criteria)


def test_where_nobody_is_known_what_was_not_said_is_no_finding_either(
    good_call_of_unknown_speakers: Transcript, embedder: Embedder
) -> None:
    lenient = CARD.model_copy(update={"review_threshold": 0.1})
    evaluation = evaluate(good_call_of_unknown_speakers, lenient, duration=161.0, embedder=embedder)
    clean = next(one for one in evaluation.criteria if one.key == "prohibited_phrases")
    assert (clean.verdict, clean.evidence) == ("needs_review", [])
    assert "not known" in clean.reason
