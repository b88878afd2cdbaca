"""Measured criteria agree with the call's own metrics."""

import pytest

from calltrace.evaluation.criteria.measure import measure
from calltrace.evaluation.hearing import hear
from calltrace.evaluation.judges.acts import shipped_head
from calltrace.meaning.embeddings import Embedder
from calltrace.speech.metrics import measure as talk_metrics
from calltrace.speech.transcript import Attribution, Segment, Transcript


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
    assert longest > 100


def test_silence_after_the_last_word_counts(embedder: Embedder) -> None:
    call = _call(("agent", 0.0, 5.0), ("customer", 6.0, 8.0))
    hearing = hear(call, 208.0, embedder, shipped_head())
    assert measure("longest_silence_seconds", hearing) == pytest.approx(200.0)
    assert measure("silence_share", hearing) == pytest.approx(201.0 / 208.0)
