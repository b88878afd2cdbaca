"""The waveform of a call by who speaks."""

from calltrace.speech.transcript import Attribution, Role, Segment, Transcript
from calltrace.web.lanes import Lane, lanes


def _said(*spoken: tuple[Role, int, float, float]) -> Transcript:
    segments = [
        Segment(id=f"s{at}", speaker=role, speaker_id=role, channel=channel, start=start, end=end, text="x",
                confidence=1.0)
        for at, (role, channel, start, end) in enumerate(spoken)
    ]  # fmt: skip
    told = Attribution(method="channel", confidence=1.0)
    return Transcript(language="en", language_confidence=1.0, attribution=told, segments=segments)


def test_a_side_with_a_channel_of_its_own_is_that_channel() -> None:
    said = _said(("customer", 0, 0, 2), ("agent", 1, 2, 4), ("unknown", 1, 4, 4.5))
    assert lanes(said, [b"\1\2\3\4\5", b"\6\7\x08\x09\x0a"], 1) == [
        Lane("customer", "Customer", b"\1\2\3\4\5", [(0, 2)]),
        Lane("agent", "Agent", b"\6\7\x08\x09\x0a", [(2, 4.5)]),
    ]


def test_sides_that_share_a_channel_have_what_they_said_and_what_nobody_did() -> None:
    said = _said(("agent", 0, 0, 1), ("customer", 0, 2, 3))
    found = lanes(said, [bytes([9, 9, 7, 7, 5])], 1)
    assert [(one.role, list(one.points)) for one in found] == [
        ("agent", [9, 9, 0, 0, 5]), ("customer", [0, 0, 7, 7, 5])
    ]  # fmt: skip


def test_both_at_once_on_one_channel_are_seen_in_both_lanes() -> None:
    said = _said(("agent", 0, 0, 2), ("customer", 0, 1, 3))
    agent, customer = lanes(said, [bytes([1, 2, 3, 4])], 1)
    assert (list(agent.points), list(customer.points)) == ([1, 2, 3, 0], [0, 2, 3, 4])


def test_one_voice_on_two_channels_alike_is_not_two_sides() -> None:
    said = _said(("agent", 0, 0, 1), ("agent", 1, 1, 2))
    assert [(one.role, one.speech) for one in lanes(said, [b"\1\1", b"\2\2"], 1)] == [("agent", [(0, 2)])]


def test_pauses_that_no_screen_shows_are_left_out() -> None:
    said = _said(("agent", 0, 0, 1), ("agent", 0, 1.2, 2), ("agent", 0, 2.5, 3))
    assert lanes(said, [b"\1\1\1"], 1)[0].speech == [(0, 2), (2.5, 3)]


def test_where_nobody_speaks_there_is_no_lane() -> None:
    assert lanes(_said(), [b"\1"], 1) == []
