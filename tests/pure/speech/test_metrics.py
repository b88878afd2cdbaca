"""Talk metrics on constructed transcripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.speech.metrics import (
    FLOOR_SECONDS,
    MONOLOGUE_PAUSE_SECONDS,
    OVERLAP_SECONDS,
    TURN_SECONDS,
    Span,
    interruptions,
    measure,
    monologue,
    overlaps,
    union,
)
from calltrace.speech.transcript import Attribution, Mark, MarkKind, Role, Segment, Transcript, Word


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


def _mark(kind: MarkKind, start: float, end: float, channel: int | None = 0) -> Mark:
    return Mark(kind=kind, start=start, end=end, channel=channel)


def test_hold_is_silence_too_and_is_counted_once_on_two_channels() -> None:
    marks = [_mark("hold", 10, 30), _mark("hold", 25, 40, 1), _mark("tone", 50, 60), _mark("silence", 70, 80)]
    metrics = measure(_call(("agent", 0, 10, "a"), ("agent", 40, 50, "b")), 100.0, marks)
    assert metrics.hold_seconds == 30.0
    assert metrics.silence_seconds == 80.0
    assert metrics.longest_silence_seconds == 50.0


def test_of_a_transcript_alone_no_hold_is_known_and_of_a_call_without_one_it_is_none() -> None:
    assert measure(_call(), 10.0).hold_seconds is None
    assert measure(_call(), 10.0, []).hold_seconds == 0.0


def test_hold_on_one_channel_while_somebody_talks_on_another_is_hold_and_no_silence() -> None:
    metrics = measure(_call(("customer", 0, 20, "hello")), 20.0, [_mark("hold", 5, 15)])
    assert (metrics.hold_seconds, metrics.silence_seconds) == (10.0, 0.0)


def test_overlaps_begin_at_half_a_second_and_are_between_the_two_sides() -> None:
    call = _call(
        ("agent", 0, 10, "a"),
        ("customer", 9.6, 14, "b"),
        ("agent", 12, 13, "c"),
        ("unknown", 12, 13, "d"),
        ("customer", 14, 20, "e"),
        ("agent", 13.5, 20, "f"),
    )
    assert overlaps(call) == [(12, 13), (13.5, 20)]
    assert measure(call, 20.0).overlap_seconds == pytest.approx(0.4 + 1 + 6.5)


def test_two_segments_of_a_side_that_touch_are_one_turn() -> None:
    metrics = measure(_call(("agent", 0, 5, "a"), ("agent", 5, 9, "b"), ("customer", 4, 8, "c")), 10.0)
    assert metrics.overlap_seconds == 4.0
    assert metrics.interruptions.customer == 1


@pytest.mark.parametrize(
    ("start", "end", "counts"),
    [(1.0, 4.0, 1), (0.9, 4.0, 0), (2.0, 2.9, 0), (2.0, 3.0, 1), (4.5, 6.0, 1), (4.6, 9.0, 0), (5.0, 9.0, 0)],
    ids=["after a second", "too early", "too short", "just long enough", "half a second shared",
         "less shared", "after the turn"],
)  # fmt: skip
def test_an_interruption_begins_within_a_turn_lasts_and_overlaps(
    start: float, end: float, counts: int
) -> None:
    metrics = measure(_call(("agent", 0, 5, "long"), ("customer", start, end, "but")), 10.0)
    assert metrics.interruptions.customer == counts


def test_whoever_goes_on_with_the_turn_after_an_interruption_does_not_interrupt() -> None:
    metrics = measure(_call(("agent", 0, 10, "a"), ("customer", 5, 8, "b"), ("agent", 10.5, 12, "c")), 12.0)
    assert (metrics.interruptions.agent, metrics.interruptions.customer) == (0, 1)


@pytest.mark.parametrize(("pause", "longest"), [(2.0, 12.0), (2.1, 5.0)])
def test_a_monologue_holds_pauses_of_two_seconds(pause: float, longest: float) -> None:
    metrics = measure(_call(("agent", 0, 5, "a"), ("agent", 5 + pause, 10 + pause, "b")), 20.0)
    assert metrics.longest_monologue_seconds.agent == longest


@pytest.mark.parametrize(("reply", "longest"), [(1.0, 11.0), (1.1, 5.0)])
def test_a_monologue_is_broken_by_more_than_a_second_of_the_other(reply: float, longest: float) -> None:
    call = _call(("agent", 0, 5, "a"), ("customer", 5, 5 + reply, "hm"), ("agent", 6, 11, "b"))
    assert measure(call, 12.0).longest_monologue_seconds.agent == longest


def test_hold_music_ends_a_monologue_when_it_lasts() -> None:
    call = _call(("agent", 0, 30, "a"), ("agent", 50, 60, "b"))
    assert measure(call, 60.0, [_mark("hold", 30, 50)]).longest_monologue_seconds.agent == 30.0


def test_words_are_those_that_were_heard_where_there_are_any() -> None:
    words = [Word(text=f"w{n}", start=n, end=n + 1, confidence=0.9) for n in range(10)]
    call = _call(("agent", 0, 20, "one two"))
    heard = call.model_copy(update={"segments": [call.segments[0].model_copy(update={"words": words})]})
    assert measure(heard, 20.0).words_per_minute.agent == 30


def test_a_call_of_thousands_of_turns_is_measured_turn_by_turn() -> None:
    turns = [("agent" if n % 2 else "customer", n * 3.0, n * 3.0 + 3.5, "word") for n in range(4000)]
    metrics = measure(_call(*turns), 12_001.0)  # type: ignore[arg-type] - the roles are those two
    assert metrics.overlap_seconds == pytest.approx(3999 * 0.5)
    assert metrics.talk_seconds.agent == pytest.approx(2000 * 3.5)


def _spans() -> st.SearchStrategy[list[Span]]:
    tenths = st.tuples(st.integers(0, 300), st.integers(1, 60))
    return st.lists(tenths, max_size=25).map(
        lambda some: union((start / 10, (start + length) / 10) for start, length in some)
    )


@given(_spans(), _spans())
def test_both_are_as_their_definitions_say_of_every_pair(mine: list[Span], theirs: list[Span]) -> None:
    taken = sum(
        any(
            other[0] + TURN_SECONDS <= one[0] < other[1]
            and min(one[1], other[1]) - one[0] >= OVERLAP_SECONDS
            and one[1] - one[0] >= FLOOR_SECONDS
            for other in theirs
        )
        for one in mine
    )
    assert interruptions(mine, theirs) == taken
    breaks = [one for one in theirs if one[1] - one[0] > FLOOR_SECONDS]
    joined: list[Span] = []
    for start, end in mine:
        last = joined[-1] if joined else None
        broken = last and any(one[0] < start and one[1] > last[1] for one in breaks)
        if last and start - last[1] <= MONOLOGUE_PAUSE_SECONDS and not broken:
            joined[-1] = (last[0], end)
        else:
            joined.append((start, end))
    assert monologue(mine, theirs) == round(max((end - start for start, end in joined), default=0.0), 2)
