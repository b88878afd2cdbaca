"""Hold music, signals and dead air in constructed calls, with the real voice detector."""

from collections.abc import Callable

import numpy as np
import pytest

from calltrace.kit.progress import silent
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.channels import listen
from calltrace.speech.marks import find_marks
from calltrace.speech.transcript import Attribution, Mark, Role, Segment, Transcript
from pure.speech.sounds import MUSIC, NEITHER, SIGNALS, Sound, arpeggio, cadence, noise, silence, tone

MakeAudio = Callable[..., DecodedAudio]
LEAD = 7.5
"""Seconds of speech before and after what is inserted."""


def _transcript(*segments: Segment) -> Transcript:
    sure = Attribution(method="channel", confidence=1.0)
    return Transcript(language="en", language_confidence=1.0, attribution=sure, segments=list(segments))


def _marks(audio: DecodedAudio, *segments: Segment) -> list[Mark]:
    return find_marks(audio, listen(audio, silent), _transcript(*segments))


@pytest.fixture(scope="module")
def speech(sample_call: DecodedAudio) -> Sound:
    """The agent's greeting without a longer pause, and a breath after it."""
    return np.concatenate([sample_call.read(0, 0.6, 7.6).astype(np.float64), silence(0.5)])


@pytest.fixture
def around(make_audio: MakeAudio, speech: Sound) -> Callable[[Sound], DecodedAudio]:
    """A mono call: speech, a sound, speech, all over the noise of a line."""

    def make(sound: Sound) -> DecodedAudio:
        call = np.concatenate([speech, sound, speech])
        return make_audio(call + noise(len(call) / 16_000, 0.0005))

    return make


def _only(marks: list[Mark], kind: str) -> Mark:
    assert [mark.kind for mark in marks] == [kind]
    return marks[0]


@pytest.mark.parametrize("name", MUSIC)
def test_music_in_the_middle_of_a_call_is_a_hold(around: Callable[[Sound], DecodedAudio], name: str) -> None:
    mark = _only(_marks(around(MUSIC[name])), "hold")
    assert mark.channel == 0
    assert mark.start == pytest.approx(LEAD, abs=1.0)
    assert mark.end == pytest.approx(LEAD + 20, abs=1.0)


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_is_a_tone_and_no_hold(around: Callable[[Sound], DecodedAudio], name: str) -> None:
    marks = _marks(around(SIGNALS[name]))
    assert {mark.kind for mark in marks} == {"tone"}
    assert marks[0].start == pytest.approx(LEAD, abs=0.5)
    assert marks[-1].end > LEAD + 15


@pytest.mark.parametrize("name", NEITHER)
def test_noise_and_hum_are_neither(around: Callable[[Sound], DecodedAudio], name: str) -> None:
    assert {mark.kind for mark in _marks(around(NEITHER[name]))} <= {"silence"}


@pytest.mark.parametrize("name", NEITHER)
def test_a_recording_of_noise_alone_has_no_music_in_it(make_audio: MakeAudio, name: str) -> None:
    assert {mark.kind for mark in _marks(make_audio(NEITHER[name]))} <= {"silence"}


def test_music_on_one_channel_is_a_hold_there_whatever_is_said_on_the_other(
    make_audio: MakeAudio, speech: Sound
) -> None:
    music = np.concatenate([silence(LEAD), arpeggio(15), silence(LEAD)])
    waiting = np.concatenate([speech, silence(LEAD), speech, speech])
    marks = _marks(make_audio(waiting[: len(music)], music))
    hold = next(mark for mark in marks if mark.kind == "hold")
    assert (hold.channel, [mark.kind for mark in marks]) == (1, ["hold"])
    assert (hold.start, hold.end) == (pytest.approx(LEAD, abs=1.0), pytest.approx(LEAD + 15, abs=1.0))


@pytest.mark.parametrize("below", [30.0, 38.0])
def test_a_voice_in_the_background_is_no_music(
    around: Callable[[Sound], DecodedAudio], sample_call: DecodedAudio, below: float
) -> None:
    voices = sample_call.read(0, 85, 110) + sample_call.read(1, 20, 45)
    marks = _marks(around(voices.astype(np.float64) * 10 ** (-below / 20)))
    assert {mark.kind for mark in marks} <= {"silence"}


def test_a_short_jingle_is_no_hold(around: Callable[[Sound], DecodedAudio]) -> None:
    assert not any(mark.kind == "hold" for mark in _marks(around(arpeggio(4))))


def test_somebody_who_comes_back_ends_the_hold(make_audio: MakeAudio, speech: Sound) -> None:
    call = np.concatenate([speech, arpeggio(10), speech, arpeggio(10), speech])
    holds = [mark for mark in _marks(make_audio(call)) if mark.kind == "hold"]
    assert len(holds) == 2
    assert holds[0].end < LEAD + 11 < 2 * LEAD + 9 < holds[1].start


def test_ringing_before_music_is_told_apart_from_it(around: Callable[[Sound], DecodedAudio]) -> None:
    ringing = cadence(tone(10, 425), 1, 4)
    marks = _marks(around(np.concatenate([ringing, silence(3), arpeggio(12)])))
    assert [mark.kind for mark in marks if mark.kind != "silence"] == ["tone", "hold"]


def test_dead_air_needs_five_seconds_without_a_sound_on_any_channel(
    make_audio: MakeAudio, speech: Sound
) -> None:
    left = np.concatenate([speech, silence(20), speech]) + noise(35, 0.0005)
    answer = np.concatenate([silence(LEAD + 9), speech[: 2 * 16_000], silence(16.5)])
    alone, both = _marks(make_audio(left)), _marks(make_audio(left, answer))
    dead = _only(alone, "silence")
    assert dead.channel is None
    assert (dead.start, dead.end) == (pytest.approx(LEAD, abs=0.6), pytest.approx(LEAD + 20, abs=0.6))
    assert [mark.kind for mark in both] == ["silence", "silence"]
    assert both[0].end < LEAD + 9.5
    assert both[1].start > LEAD + 10


def test_four_seconds_of_silence_are_a_pause(around: Callable[[Sound], DecodedAudio]) -> None:
    assert _marks(around(silence(4))) == []


def test_a_click_does_not_end_dead_air_and_a_rustle_does(around: Callable[[Sound], DecodedAudio]) -> None:
    click, rustle = (np.concatenate([silence(7), noise(long, 0.1), silence(7)]) for long in (0.05, 1.0))
    assert [mark.kind for mark in _marks(around(click))] == ["silence"]
    assert [mark.kind for mark in _marks(around(rustle))] == ["silence", "silence"]


def _said(speaker: Role, start: float, end: float) -> Segment:
    return Segment(
        id=f"{speaker}{start}", speaker=speaker, speaker_id="x", channel=0, start=start, end=end, text="word",
        confidence=0.9,
    )  # fmt: skip


def test_both_at_once_is_an_overlap_from_half_a_second_on(make_audio: MakeAudio) -> None:
    said = (_said("agent", 0, 5), _said("customer", 4.6, 9), _said("agent", 8, 15), _said("unknown", 9, 14))
    marks = _marks(make_audio(silence(21)), *said)
    overlap = next(mark for mark in marks if mark.kind == "overlap")
    assert (overlap.start, overlap.end, overlap.channel) == (8.0, 9.0, None)
    assert sum(mark.kind == "overlap" for mark in marks) == 1
    dead = next(mark for mark in marks if mark.kind == "silence")
    assert dead.start >= 15.0, "what was recognised as speech is no silence, however soft it is"


def test_the_sample_call_has_its_hold_and_no_other_mark_of_sound(sample_call: DecodedAudio) -> None:
    marks = _marks(sample_call)
    hold = _only(marks, "hold")
    assert (hold.channel, 11 < hold.end - hold.start < 16) == (0, True)


def test_a_recording_without_sound_is_one_silence(make_audio: MakeAudio) -> None:
    assert [(mark.kind, mark.start, mark.end) for mark in _marks(make_audio(silence(8)))] == [
        ("silence", 0.0, 8.0)
    ]


def test_a_recording_shorter_than_a_spectrum_has_no_marks(make_audio: MakeAudio) -> None:
    assert _marks(make_audio(tone(0.05, 440))) == []
