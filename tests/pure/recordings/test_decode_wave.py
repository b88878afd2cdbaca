"""What a WAVE header promises, and what is there."""

import struct
from pathlib import Path

import numpy as np
import pytest

from calltrace.recordings.decode_wave import Part, survey
from pure.recordings.made import chunk, sndfile, wave

TEN = 160_000
"""Bytes of samples in ten seconds."""


def _surveyed(folder: Path, raw: bytes) -> list[Part]:
    path = folder / "call"
    path.write_bytes(raw)
    return survey(path)


@pytest.mark.parametrize(
    ("raw", "promised", "present"),
    [
        (wave(), TEN, TEN),
        (wave(data_bytes=0), None, TEN),
        (wave(data_bytes=0xFFFFFFFF), None, TEN),
        (wave(data_bytes=16_000), 16_000, TEN),
        (wave(data_bytes=480_000), 480_000, TEN),
        (wave(behind=chunk(b"LIST", bytes(5000))), TEN, TEN),
        (wave(behind=chunk(b"LIST", bytes(4999)) + b"\0" + chunk(b"id3 ", bytes(90))), TEN, TEN),
        (wave(behind=b"TAG" + bytes(125)), TEN, TEN),
        (wave(before=chunk(b"note", b"odd") + b"\0"), TEN, TEN),
    ],
)
def test_the_promise_is_held_against_the_bytes(
    tmp_path: Path, raw: bytes, promised: int | None, present: int
) -> None:
    assert _surveyed(tmp_path, raw) == [Part(0, promised, present)]


def test_large_files_keep_their_length_elsewhere(tmp_path: Path) -> None:
    sound = np.zeros((8000, 1))
    whole = bytearray(sndfile("RF64", "PCM_16", samples=sound))
    assert whole[:4] == b"RF64"
    assert [part.promised for part in _surveyed(tmp_path, bytes(whole))] == [16_000]
    at = whole.index(b"ds64") + 16
    whole[at : at + 8] = struct.pack("<Q", 32_000)
    assert _surveyed(tmp_path, bytes(whole))[0].promised_share == pytest.approx(2.0, abs=0.01)


def test_big_endian_files_are_read_too(tmp_path: Path) -> None:
    form = struct.pack(">HHIIHH", 1, 1, 8000, 16_000, 2, 16)
    raw = b"RIFX" + struct.pack(">I", 36) + b"WAVEfmt " + struct.pack(">I", 16) + form
    assert _surveyed(tmp_path, raw + b"data" + struct.pack(">I", 800) + bytes(400)) == [Part(0, 800, 400)]


def test_files_in_a_row_are_found(tmp_path: Path) -> None:
    parts = _surveyed(tmp_path, wave(1.0) + wave(2.0, behind=chunk(b"LIST", b"INFO")) + wave(3.0))
    assert [part.present for part in parts] == [16_000, 32_000, 48_000]
    assert [part.start for part in parts] == [0, 16_044, 48_100]


@pytest.mark.parametrize(
    "raw", [b"", b"RIFF", b"OggS" + bytes(100), wave()[:40], wave(before=chunk(b"a", b"", 9**9))]
)
def test_what_is_no_whole_header_has_no_parts(tmp_path: Path, raw: bytes) -> None:
    assert _surveyed(tmp_path, raw) == []


def test_files_without_end_end(tmp_path: Path) -> None:
    assert len(_surveyed(tmp_path, wave(0.001) * 5000)) == 1000
    assert _surveyed(tmp_path, wave(before=chunk(b"junk", b"") * 1_000_100)) == []
