"""Decoding: every channel on its own, at the right length, from every common format."""

import threading
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from calltrace.kit.errors import RecordingTooLongError, UnsupportedMediaError
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.recordings.decode import DecodeLimits, decode

Encode = Callable[..., Path]


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def _pitch(audio: DecodedAudio, channel: int) -> float:
    samples = audio.read(channel, 0.5, 1.5)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax()) * SAMPLE_RATE / len(samples)


FORMATS = [
    ("a.wav", "pcm_s16le", 8000),
    ("a.wav", "pcm_u8", 8000),
    ("a.wav", "pcm_alaw", 8000),
    ("a.wav", "pcm_mulaw", 8000),
    ("a.wav", "pcm_f32le", 44100),
    ("a.wav", "adpcm_ima_wav", 8000),
    ("a.wav", "adpcm_ms", 8000),
    ("a.wav", "g726", 8000),
    ("a.mp3", "libmp3lame", 44100),
    ("a.flac", "flac", 16000),
    ("a.ogg", "libopus", 48000),
    ("a.webm", "libopus", 48000),
    ("a.m4a", "aac", 44100),
    ("a.m4a", "alac", 44100),
    ("a.aac", "aac", 44100),
    ("a.mkv", "ac3", 48000),
    ("a.amr", "libopencore_amrnb", 8000),
    ("a.wma", "wmav2", 44100),
    ("a.aiff", "pcm_s16be", 22050),
    ("a.au", "pcm_s16be", 8000),
    ("a.caf", "pcm_s16le", 8000),
    ("a.wv", "wavpack", 44100),
    ("a.tta", "tta", 44100),
    ("a.mp2", "mp2", 44100),
]


@pytest.mark.parametrize(("name", "codec", "rate"), FORMATS)
def test_a_format_keeps_its_pitch_and_length(
    encode: Encode, workdir: Path, name: str, codec: str, rate: int
) -> None:
    containers = {"a.wma": "asf", "a.m4a": "ipod", "a.mkv": "matroska", "a.aac": "adts", "a.mp2": "mp2"}
    path = encode(name, codec, (440.0,), rate=rate, container=containers.get(name))
    audio = decode(path, workdir)
    assert audio.channels == 1
    assert audio.sample_rate == rate
    assert audio.duration == pytest.approx(2.0, abs=0.12)
    assert _pitch(audio, 0) == pytest.approx(440.0, abs=2.0)
    assert audio.warnings == ()


@pytest.mark.parametrize("hertz", [(300.0, 700.0), (300.0, 500.0, 700.0, 900.0)])
@pytest.mark.parametrize(("name", "codec"), [("a.wav", "pcm_s16le"), ("a.flac", "flac")])
def test_channels_are_never_mixed(
    encode: Encode, workdir: Path, name: str, codec: str, hertz: tuple[float, ...]
) -> None:
    audio = decode(encode(name, codec, hertz), workdir)
    assert [round(_pitch(audio, channel)) for channel in range(len(hertz))] == [round(one) for one in hertz]
    for channel, own in enumerate(hertz):
        samples = audio.read(channel, 0.5, 1.5)
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
        others = [spectrum[round(other)] for other in hertz if other != own]
        assert max(others) < spectrum[round(own)] / 1000


def test_a_surround_recording_keeps_all_six_channels(encode: Encode, workdir: Path) -> None:
    hertz = (300.0, 400.0, 500.0, 600.0, 700.0, 800.0)
    audio = decode(encode("a.wav", "pcm_s16le", hertz), workdir)
    assert [round(_pitch(audio, channel)) for channel in range(6)] == [300, 400, 500, 600, 700, 800]


def _wave(path: Path, hertz: list[int], seconds: float) -> Path:
    times = np.arange(round(seconds * 8000)) / 8000
    samples = np.array([8000 * np.sin(2 * np.pi * one * times) for one in hertz]).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setparams((len(hertz), 2, 8000, len(times), "NONE", "not compressed"))
        out.writeframes(samples.T.tobytes())
    return path


@pytest.mark.parametrize("channels", [1, 2, 6, 8, 9, 16])
def test_every_channel_of_a_wave_file_holds_its_own_tone_in_order(
    tmp_path: Path, workdir: Path, channels: int
) -> None:
    hertz = [300 + 100 * channel for channel in range(channels)]
    audio = decode(_wave(tmp_path / "a.wav", hertz, 2.0), workdir)
    assert audio.channels == channels
    assert audio.duration == pytest.approx(2.0, abs=0.01)
    assert [round(_pitch(audio, channel)) for channel in range(channels)] == hertz


def test_it_works_in_a_thread_and_tells_its_progress(encode: Encode, workdir: Path) -> None:
    path = encode("a.wav", "pcm_s16le", (440.0,), seconds=45.0)
    shares: list[float] = []
    results: list[DecodedAudio] = []
    thread = threading.Thread(target=lambda: results.append(decode(path, workdir, progress=shares.append)))
    thread.start()
    thread.join()
    assert results[0].duration == pytest.approx(45.0, abs=0.01)
    assert len(shares) >= 3
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_file_that_breaks_off_keeps_what_was_there(encode: Encode, workdir: Path) -> None:
    path = encode("a.flac", "flac", (440.0,), seconds=20.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    audio = decode(path, workdir)
    assert 5 < audio.duration < 15
    assert [warning.code for warning in audio.warnings] == ["cut_short"]


def test_a_header_that_lies_is_not_believed(encode: Encode, workdir: Path) -> None:
    path = encode("a.mp3", "libmp3lame", (440.0,), rate=44100)
    raw = bytearray(path.read_bytes())
    at = (raw.find(b"Xing") if b"Xing" in raw else raw.find(b"Info")) + 8  # the number of frames
    raw[at : at + 4] = (100_000).to_bytes(4, "big")
    path.write_bytes(raw)
    audio = decode(path, workdir)
    assert audio.duration == pytest.approx(2.0, abs=0.1)
    assert [warning.code for warning in audio.warnings] == ["cut_short"]


def test_a_recording_longer_than_allowed_is_refused(encode: Encode, workdir: Path) -> None:
    path = encode("a.wav", "pcm_s16le", (440.0,), seconds=12.0)
    with pytest.raises(RecordingTooLongError, match="longer than 5 seconds"):
        decode(path, workdir, DecodeLimits(max_duration_seconds=5))


@pytest.mark.parametrize(
    ("channels", "seconds", "allowed"), [(8, 9.0, True), (16, 4.0, True), (16, 6.0, False)]
)
def test_many_channels_may_last_only_their_share(
    tmp_path: Path, workdir: Path, channels: int, seconds: float, *, allowed: bool
) -> None:
    path = _wave(tmp_path / "a.wav", [440] * channels, seconds)
    limits = DecodeLimits(max_duration_seconds=10)
    if allowed:
        assert decode(path, workdir, limits).duration == pytest.approx(seconds, abs=0.01)
        return
    with pytest.raises(RecordingTooLongError, match="With 16 channels a recording may last 5 seconds"):
        decode(path, workdir, limits)
    assert sum(file.stat().st_size for file in workdir.glob("*.s16")) <= 8 * 10 * 32_000


def test_decoding_that_takes_too_much_cpu_time_is_stopped(encode: Encode, workdir: Path) -> None:
    path = encode("a.wav", "pcm_s16le", (440.0, 550.0), seconds=2400.0)
    with pytest.raises(UnsupportedMediaError, match="takes longer than is allowed"):
        decode(path, workdir, DecodeLimits(cpu_seconds=1))


def test_decoding_that_needs_too_much_memory_is_stopped(encode: Encode, workdir: Path) -> None:
    path = encode("a.wav", "pcm_s16le", (440.0,))
    with pytest.raises(UnsupportedMediaError, match="memory"):
        decode(path, workdir, DecodeLimits(memory_bytes=1024))
