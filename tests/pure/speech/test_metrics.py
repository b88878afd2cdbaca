"""Talk metrics on constructed transcripts."""

import pytest

from calltrace.speech.metrics import measure
from calltrace.speech.transcript import Attribution, Role, Segment, Transcript


def _call(*turns: tuple[Role, float, float, str]) -> Transcript:
    segments = [
        Segment(
            id=f"s{index}",
            speaker=role,
            speaker_id="spk1",
            channel=0,
            start=start,
            end=end,
            text=text,
            confidence=0.9,
        )
        for index, (role, start, end, text) in enumerate(turns, 1)
    ]
    attribution = Attribution(method="channel", confidence=0.9)
    return Transcript(language="en", language_confidence=1.0, attribution=attribution, segments=segments)


def test_an_empty_call_is_silence() -> None:
    metrics = measure(_call(), 12.0)
    assert metrics.silence_seconds == metrics.longest_silence_seconds == 12.0
    assert metrics.talk_seconds.agent == metrics.overlap_seconds == 0.0
    assert metrics.words_per_minute.agent == 0


def test_talk_silence_and_overlap_add_up() -> None:
    metrics = measure(
        _call(("agent", 1, 5, "a"), ("customer", 4, 8, "b"), ("customer", 6, 9, "c"), ("agent", 15, 16, "d")),
        20.0,
    )
    assert metrics.talk_seconds.agent == 5.0
    assert metrics.talk_seconds.customer == 5.0
    assert metrics.overlap_seconds == 1.0
    assert metrics.silence_seconds == 11.0
    assert metrics.longest_silence_seconds == 6.0
    total = metrics.talk_seconds.agent + metrics.talk_seconds.customer - metrics.overlap_seconds
    assert total + metrics.silence_seconds == pytest.approx(20.0)


def test_unknown_voices_are_not_silence() -> None:
    metrics = measure(_call(("unknown", 0, 10, "a")), 10.0)
    assert metrics.silence_seconds == 0.0
    assert metrics.talk_seconds.agent == metrics.talk_seconds.customer == 0.0


def test_a_backchannel_is_no_interruption_but_taking_the_floor_is() -> None:
    metrics = measure(
        _call(
            ("agent", 0, 10, "long"),
            ("customer", 3, 3.4, "mhm"),
            ("customer", 9, 12, "wait"),
            ("agent", 20, 21, "x"),
        ),
        30.0,
    )
    assert metrics.interruptions.customer == 1
    assert metrics.interruptions.agent == 0


def test_starting_at_the_last_moment_of_a_turn_is_no_interruption() -> None:
    metrics = measure(_call(("agent", 0, 10, "long"), ("customer", 9.8, 12, "yes")), 12.0)
    assert metrics.interruptions.customer == 0


def test_a_monologue_survives_backchannels_and_breaths_only() -> None:
    metrics = measure(
        _call(
            ("agent", 0, 10, "a"),
            ("customer", 9.9, 10.3, "mhm"),
            ("agent", 11, 20, "b"),
            ("customer", 20, 23, "no"),
            ("agent", 23, 30, "c"),
        ),
        30.0,
    )
    assert metrics.longest_monologue_seconds.agent == 20.0
    assert metrics.longest_monologue_seconds.customer == 3.0


def test_words_per_minute_count_own_talk_time() -> None:
    metrics = measure(_call(("agent", 0, 30, " ".join(["word"] * 75)), ("customer", 30, 60, "yes")), 60.0)
    assert metrics.words_per_minute.agent == 150
    assert metrics.words_per_minute.customer == 2
