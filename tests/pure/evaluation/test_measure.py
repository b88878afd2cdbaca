"""Measured criteria agree with the call's own metrics."""

from typing import get_args

import pytest

from calltrace.evaluation.criteria.measure import measure
from calltrace.evaluation.hearing import Hearing, hear
from calltrace.evaluation.judges.acts import shipped_head
from calltrace.evaluation.service import evaluate
from calltrace.meaning.embeddings import Embedder
from calltrace.scorecards.checks import Metric
from calltrace.scorecards.document import Scorecard
from calltrace.speech.metrics import measure as talk_metrics
from calltrace.speech.transcript import Attribution, Mark, Segment, Transcript


def _call(*spans: tuple[str, float, float]) -> Transcript:
    segments = [
        Segment(
            id=f"s{number}", speaker="agent" if who == "agent" else "customer", speaker_id=who, channel=0,
            start=start, end=end, text="Let me explain.", confidence=1,
        )
        for number, (who, start, end) in enumerate(spans, 1)
    ]  # fmt: skip
    attribution = Attribution(method="channel", confidence=1)
    return Transcript(language="en", language_confidence=1, attribution=attribution, segments=segments)


def test_a_monologue_goes_on_over_its_segments(embedder: Embedder) -> None:
    spans = [("agent", 15.0 * n, 15.0 * n + 14.8) for n in range(8)]
    call = _call(*spans, ("customer", 121.0, 123.0))
    hearing = hear(call, 125.0, embedder, shipped_head())
    longest = measure("agent_longest_monologue_seconds", hearing)
    assert longest == pytest.approx(talk_metrics(call, 125.0).longest_monologue_seconds.agent)
    assert (longest or 0) > 100


def test_silence_after_the_last_word_counts(embedder: Embedder) -> None:
    call = _call(("agent", 0.0, 5.0), ("customer", 6.0, 8.0))
    hearing = hear(call, 208.0, embedder, shipped_head())
    assert measure("longest_silence_seconds", hearing) == pytest.approx(200.0)
    assert measure("silence_share", hearing) == pytest.approx(201.0 / 208.0)


METRICS: tuple[Metric, ...] = get_args(Metric)
TURNS = (("agent", 0.0, 10.0), ("customer", 8.0, 12.0), ("agent", 20.0, 26.0), ("customer", 26.5, 30.0))


@pytest.fixture(scope="module")
def hearing(embedder: Embedder) -> Hearing:
    marks = [Mark(kind="hold", start=12.0, end=20.0, channel=0)]
    return hear(_call(*TURNS), 40.0, embedder, shipped_head(), marks=marks)


def test_every_metric_is_the_calls_own(hearing: Hearing) -> None:
    talk = talk_metrics(_call(*TURNS), 40.0, hearing.marks)
    found = {metric: measure(metric, hearing) for metric in METRICS}
    assert found == {
        "duration_seconds": 40.0,
        "silence_seconds": talk.silence_seconds,
        "silence_share": talk.silence_seconds / 40,
        "longest_silence_seconds": talk.longest_silence_seconds,
        "hold_seconds": 8.0,
        "overlap_seconds": 2.0,
        "agent_talk_seconds": 16.0,
        "customer_talk_seconds": 7.5,
        "agent_talk_share": pytest.approx(16 / 23.5),
        "customer_talk_share": pytest.approx(7.5 / 23.5),
        "agent_interruptions": 0,
        "customer_interruptions": 1,
        "agent_words_per_minute": talk.words_per_minute.agent,
        "customer_words_per_minute": talk.words_per_minute.customer,
        "agent_longest_monologue_seconds": talk.longest_monologue_seconds.agent,
        "customer_longest_monologue_seconds": talk.longest_monologue_seconds.customer,
        "seconds_to_first_agent_turn": 0.0,
    }


def test_what_was_not_measured_is_left_to_a_person(embedder: Embedder) -> None:
    card = _card({"kind": "measure", "metric": "hold_seconds", "maximum": 60})
    result = evaluate(_call(*TURNS), card, duration=40.0, embedder=embedder).criteria[0]
    assert (result.verdict, result.max_score) == ("needs_review", 0)
    assert "not measured" in result.reason
    held = [Mark(kind="hold", start=12.0, end=20.0, channel=0)]
    known = evaluate(_call(*TURNS), card, duration=40.0, embedder=embedder, marks=held).criteria[0]
    assert (known.verdict, known.reason) == ("met", "hold seconds: 8 (at most 60).")


def test_a_side_that_never_talks_has_no_pace(embedder: Embedder) -> None:
    card = _card({"kind": "measure", "metric": "customer_words_per_minute", "maximum": 200})
    result = evaluate(_call(("agent", 0.0, 5.0)), card, duration=9.0, embedder=embedder).criteria[0]
    assert result.verdict == "not_applicable"


def _card(check: dict[str, object]) -> Scorecard:
    criteria = [{"key": "k", "name": "K", "points": 5, "check": check}]
    return Scorecard.model_validate(
        {"key": "card", "name": "Card", "sections": [{"name": "S", "criteria": criteria}]}
    )
