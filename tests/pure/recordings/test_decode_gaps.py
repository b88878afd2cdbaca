"""Time stamps: a hole in the sound keeps its length, and stamps that lie do no harm."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from calltrace.kit.errors import RecordingTooLongError
from calltrace.recordings.decode import DecodeLimits, decode
from calltrace.recordings.decode_clock import Clock

Encode = Callable[..., Path]
Move = Callable[[float], float]
"""From a packet's time to the time it is stored with, in seconds."""

GAPPED = [
    ("a.webm", "libopus", 48000, None),
    ("a.mkv", "ac3", 48000, "matroska"),
    ("a.m4a", "aac", 44100, "mp4"),
    ("a.ts", "aac", 44100, "mpegts"),
]


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def moved(tmp_path: Path) -> Callable[[Path, Move], Path]:
    """``moved(path, move)``: the same packets with other time stamps."""

    def make(path: Path, move: Move) -> Path:
        target = tmp_path / f"moved{path.suffix}"
        container = {".m4a": "mp4", ".mkv": "matroska", ".ts": "mpegts"}.get(path.suffix)
        source: Any = av.open(str(path))
        out: Any = av.open(str(target), "w", format=container)
        with source, out:
            stream = out.add_stream_from_template(source.streams.audio[0])
            for packet in source.demux(audio=0):
                if packet.pts is None:
                    continue
                packet.pts = packet.dts = round(move(float(packet.pts * packet.time_base)) / packet.time_base)
                packet.stream = stream
                out.mux(packet)
        return target

    return make


def _gap_in_the_middle(time: float) -> float:
    return time if time < 5 else time + 20


def _loud(path: Path, start: float, end: float) -> float:
    samples = np.fromfile(path, "<i2").astype(float)[round(start * 16000) : round(end * 16000)]
    return float(np.sqrt(np.mean(samples**2)))


@pytest.mark.parametrize(("name", "codec", "rate", "container"), GAPPED)
def test_a_gap_keeps_its_length(  # noqa: PLR0917 - fixtures and the columns of a table
    encode: Encode,
    moved: Callable[[Path, Move], Path],
    workdir: Path,
    name: str,
    codec: str,
    rate: int,
    container: str | None,
) -> None:
    path = encode(name, codec, (440.0, 550.0), seconds=10.0, rate=rate, container=container)
    audio = decode(moved(path, _gap_in_the_middle), workdir)
    assert audio.duration == pytest.approx(30.0, abs=0.2)
    assert {warning.code for warning in audio.warnings} == {"gaps_filled"}
    assert len(audio.warnings) == 1
    for channel in audio.channel_paths:
        assert channel.stat().st_size == round(audio.duration * 16000) * 2
        assert _loud(channel, 1.0, 4.8) > 5000
        assert _loud(channel, 5.2, 24.8) == pytest.approx(0.0, abs=1.0)
        assert _loud(channel, 25.2, 29.7) > 5000


def test_a_file_without_gaps_gets_none(encode: Encode, workdir: Path) -> None:
    formats = [("a.mp3", "libmp3lame", None), ("a.wma", "wmav2", "asf"), ("a.aac", "aac", "adts")]
    for name, codec, container in formats:
        path = encode(name, codec, (440.0,), seconds=60.0, rate=44100, container=container)
        audio = decode(path, workdir)
        assert audio.duration == pytest.approx(60.0, abs=0.12)
        assert audio.warnings == ()


def test_packets_that_cannot_be_decoded_leave_silence_not_a_shift(encode: Encode, workdir: Path) -> None:
    path = encode("a.mkv", "ac3", (440.0,), seconds=10.0, rate=48000, container="matroska")
    raw = bytearray(path.read_bytes())
    begin, end = round(len(raw) * 0.4), round(len(raw) * 0.6)
    at = begin
    while (at := raw.find(b"\x0b\x77", at, end)) >= 0:  # how an AC-3 frame begins
        raw[at : at + 2] = b"\0\0"
    path.write_bytes(raw)
    audio = decode(path, workdir)
    assert [warning.code for warning in audio.warnings] == ["damaged", "gaps_filled"]
    assert audio.duration == pytest.approx(10.0, abs=0.2)
    assert _loud(audio.channel_paths[0], 8.0, 9.0) > 5000


def test_a_time_stamp_of_a_million_seconds_is_too_long_and_fills_no_disk(
    encode: Encode, moved: Callable[[Path, Move], Path], workdir: Path
) -> None:
    path = encode("a.mkv", "ac3", (440.0,), seconds=4.0, rate=48000, container="matroska")
    lying = moved(path, lambda time: time if time < 2 else time + 1_000_000)
    with pytest.raises(RecordingTooLongError, match="longer than 60 seconds"):
        decode(lying, workdir, DecodeLimits(max_duration_seconds=60))
    assert (workdir / "channel0.s16").stat().st_size < 3 * 32_000


def _laid(stamps: Sequence[float | None], clock: Clock | None = None) -> list[float]:
    """The gaps before frames of one second each."""
    clock = clock or Clock()
    gaps: list[float] = []
    for index, stamp in enumerate(stamps):
        gaps.append(clock.gap(stamp, stamps[index + 1] if index + 1 < len(stamps) else None))
        clock.advance(gaps[-1] + 1.0)
    return gaps


def test_a_clock_that_starts_anywhere_finds_the_gaps() -> None:
    assert _laid([7.0, 8.0, 29.0, 30.0, 32.5]) == pytest.approx([0, 0, 20, 0, 1.5])


def test_small_holes_are_left_until_they_add_up() -> None:
    gaps = _laid([0.0, 1.04, 2.08, 3.12, 4.16])
    assert gaps == pytest.approx([0, 0, 0, 0.12, 0])


def test_sound_without_time_stamps_has_no_gaps() -> None:
    assert _laid([None, None, None]) == [0, 0, 0]
    assert _laid([0.0, None, None, 3.0, 3.0, 3.0, 3.0, 7.0]) == [0] * 8


def test_a_clock_that_jumps_back_goes_on_from_there() -> None:
    assert _laid([0.0, 1.0, 2.0, 0.0, 1.0, 2.0]) == [0] * 6
    assert _laid([*range(10), 0.0, 1.0, 8.0, 9.0]) == [*[0] * 12, 6, 0]
    assert _laid([50.0, 51.0, 0.5, 53.0, 54.0]) == [0] * 5


def test_one_time_stamp_that_slips_is_not_believed() -> None:
    assert _laid([0.0, 1.0, 1e6, 3.0, 4.0]) == [0] * 5
    assert _laid([0.0, 1.0, -1e6, 3.0, 4.0]) == [0] * 5


def test_a_jump_beyond_the_longest_gap_is_another_clock() -> None:
    assert _laid([0.0, 1.0, 90_000.0, 90_001.0, 90_004.0], Clock(longest_gap=3600)) == [0, 0, 0, 0, 2]
