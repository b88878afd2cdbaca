"""Copies for browsers: real recordings of many kinds, encoded and decoded again."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from calltrace.kit.progress import silent
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.recordings.decode import decode
from calltrace.recordings.rendition import BITS_PER_SECOND, Playback, provide
from calltrace.recordings.sniff import sniff
from tinydisk import tiny_disk

Encode = Callable[..., Path]


@pytest.fixture
def provided(tmp_path: Path) -> Callable[[Path], Playback]:
    def make(source: Path) -> Playback:
        return provide(_decoded(source, tmp_path / "source"), source, tmp_path / "copy", silent)

    return make


def _decoded(path: Path, folder: Path) -> DecodedAudio:
    folder.mkdir()
    return decode(path, folder)


def _pitch(audio: DecodedAudio, channel: int) -> int:
    samples = audio.read(channel, 0.5, 1.5)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return round(float(spectrum.argmax()) * SAMPLE_RATE / len(samples))


@pytest.mark.parametrize(
    ("name", "codec", "container", "rate"),
    [("a.wav", "pcm_alaw", None, 8000), ("a.wav", "g726", None, 8000),
     ("a.amr", "libopencore_amrnb", None, 8000), ("a.wma", "wmav2", "asf", 44100),
     ("a.ogg", "libopus", None, 48000), ("a.aac", "aac", "adts", 44100), ("a.mp2", "mp2", "mp2", 44100)],
)  # fmt: skip
def test_what_a_browser_may_not_play_gets_a_copy_of_the_same_sound(  # noqa: PLR0917 - a row of the table
    encode: Encode, provided: Callable[[Path], Playback], tmp_path: Path, name: str, codec: str,
    container: str | None, rate: int,
) -> None:  # fmt: skip
    source = encode(name, codec, (440.0,), rate=rate, container=container)
    playback = provided(source)
    assert playback == Playback(playable=True, copy=tmp_path / "copy")
    assert sniff((tmp_path / "copy").read_bytes()[:4096]) == "mp3"
    copy = _decoded(tmp_path / "copy", tmp_path / "again")
    assert copy.duration == pytest.approx(2.0, abs=0.2)
    assert _pitch(copy, 0) == pytest.approx(440, abs=2)
    assert copy.warnings == ()


def test_both_channels_stay_apart_at_a_constant_rate(
    encode: Encode, provided: Callable[[Path], Playback], tmp_path: Path
) -> None:
    provided(encode("a.wav", "pcm_mulaw", (300.0, 700.0), seconds=30.0))
    size = (tmp_path / "copy").stat().st_size
    assert size * 8 / 30 == pytest.approx(BITS_PER_SECOND["stereo"], rel=0.02)
    copy = _decoded(tmp_path / "copy", tmp_path / "again")
    assert [_pitch(copy, channel) for channel in (0, 1)] == [300, 700]
    for channel, other in ((0, 700), (1, 300)):
        samples = copy.read(channel, 0.5, 1.5)
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
        assert spectrum[other] < spectrum.max() / 100


def test_more_channels_are_laid_on_two_in_turn(
    encode: Encode, provided: Callable[[Path], Playback], tmp_path: Path
) -> None:
    provided(encode("a.wav", "pcm_s16le", (300.0, 500.0, 700.0, 900.0)))
    copy = _decoded(tmp_path / "copy", tmp_path / "again")
    assert copy.channels == 2
    for channel, (first, second) in enumerate([(300, 700), (500, 900)]):
        samples = copy.read(channel, 0.5, 1.5)
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
        assert sorted(np.argsort(spectrum)[::-1][:6:3].tolist()) == pytest.approx([first, second], abs=3)


@pytest.mark.parametrize(
    ("name", "codec", "container"), [("a.mp3", "libmp3lame", None), ("a.m4a", "aac", "ipod")]
)
def test_what_plays_as_it_is_is_not_stored_twice(
    encode: Encode,
    provided: Callable[[Path], Playback],
    tmp_path: Path,
    name: str,
    codec: str,
    container: str,
) -> None:
    source = encode(name, codec, (440.0, 550.0), seconds=10.0, rate=44100, container=container)
    assert provided(source) == Playback(playable=True)
    assert not (tmp_path / "copy").exists()


def test_one_that_breaks_off_gets_a_copy_whose_times_are_ours(
    encode: Encode, provided: Callable[[Path], Playback], tmp_path: Path
) -> None:
    source = encode("a.mp3", "libmp3lame", (440.0,), seconds=20.0, rate=44100)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    assert provided(source).copy == tmp_path / "copy"


def test_one_that_is_much_larger_than_speech_needs_gets_a_copy(
    encode: Encode, provided: Callable[[Path], Playback], tmp_path: Path
) -> None:
    source = encode("a.mp3", "libmp3lame", (440.0,), seconds=2.0, rate=44100)
    source.write_bytes(source.read_bytes() + bytes(100_000))
    assert provided(source).copy == tmp_path / "copy"


def test_it_tells_how_far_it_is_and_never_goes_back(encode: Encode, tmp_path: Path) -> None:
    source = encode("a.wav", "pcm_s16le", (440.0,), seconds=45.0)
    shares: list[float] = []
    provide(_decoded(source, tmp_path / "source"), source, tmp_path / "copy", shares.append)
    assert len(shares) == 5
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_copy_that_cannot_be_written_is_a_warning_and_leaves_nothing(
    encode: Encode, tmp_path: Path
) -> None:
    source = encode("a.wav", "pcm_s16le", (440.0,))
    audio = _decoded(source, tmp_path / "source")
    nowhere = tmp_path / "no such folder" / "copy"
    found = provide(audio, source, nowhere, silent)
    assert (found.playable, found.copy, len(found.warnings)) == (False, None, 1)
    assert found.warnings[0].code == "copy_not_made"
    assert not nowhere.exists()


def test_a_full_disk_is_not_put_up_with(encode: Encode, tmp_path: Path) -> None:
    source = encode("a.wav", "pcm_s16le", (440.0,))
    audio = _decoded(source, tmp_path / "source")
    with tiny_disk(tmp_path / "disk", 1) as disk:
        (disk / "ballast").write_bytes(bytes(1 << 20))
        with pytest.raises(OSError, match="No space"):
            provide(audio, source, disk / "copy", silent)
        assert not (disk / "copy").exists()


def test_the_copy_holds_no_name_of_the_recording_and_no_other_stream(
    encode: Encode, provided: Callable[[Path], Playback], tmp_path: Path
) -> None:
    provided(encode("Jane Smith.wav", "pcm_s16le", (440.0,)))
    with av.open(str(tmp_path / "copy")) as opened:
        assert [stream.type for stream in opened.streams] == ["audio"]
        assert not any("Jane" in value for value in opened.metadata.values())
