"""What has no header: told by what came with it, or not at all."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.recordings import raw
from calltrace.recordings.media import judge, judge_file
from calltrace.recordings.raw import RawFormat
from pure.recordings.made import wave

SOUND = np.random.default_rng(1).bytes(4096)


@pytest.mark.parametrize(
    ("content_type", "media"),
    [
        ("audio/basic", "raw:mulaw:8000:1:0"),
        ("Audio/PCMU", "raw:mulaw:8000:1:0"),
        ("audio/PCMA; rate=16000 ;channels=2", "raw:alaw:16000:2:0"),
        ("audio/L16;rate=44100;channels=2", "raw:s16be:44100:2:0"),
        ("audio/G722", "raw:g722:16000:1:0"),
        ("audio/G726-24", "raw:g726le:8000:1:3"),
        ("audio/pcmu; rate=1", None),
        ("audio/pcmu; rate=99999999999", None),
        ("audio/pcmu; channels=0", None),
        ("audio/pcmu; rate=8000.5", None),
        ("audio/wav", None),
        ("application/octet-stream", None),
        ("", None),
    ],
)
def test_a_content_type_tells(content_type: str, media: str | None) -> None:
    assert judge(SOUND, content_type) == media


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("call.ulaw", "raw:mulaw:8000:1:0"),
        ("CALL.AL", "raw:alaw:8000:1:0"),
        ("a.b.sln", "raw:s16le:8000:1:0"),
        ("a.sln44", "raw:s16le:44100:1:0"),
        ("a.gsm", "raw:gsm:8000:1:0"),
        ("a.g726-32", "raw:g726le:8000:1:4"),
        ("a.raw", None),
        ("a.pcm", None),
        ("a.vox", None),
        ("ulaw", None),
        ("a.", None),
        ("", None),
    ],
)
def test_an_ending_tells_where_it_is_not_ambiguous(name: str, media: str | None) -> None:
    assert judge(SOUND, "application/octet-stream", [name]) == media


def test_the_type_is_asked_before_the_names_and_these_in_order() -> None:
    assert judge(SOUND, "audio/pcma", ["a.ulaw"]) == "raw:alaw:8000:1:0"
    assert judge(SOUND, "", ["", "a.g722", "a.ulaw"]) == "raw:g722:16000:1:0"


def test_a_header_is_believed_before_anything_else(tmp_path: Path) -> None:
    assert judge(wave(0.1), "audio/pcma", ["a.ulaw"]) == "wav"
    (tmp_path / "a.ulaw").write_bytes(wave(0.1))
    assert judge_file(tmp_path / "a.ulaw") == "wav"


def test_a_file_on_this_machine_is_judged_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "a.ulaw").write_bytes(SOUND)
    assert judge_file(tmp_path / "a.ulaw") == "raw:mulaw:8000:1:0"
    assert judge_file(tmp_path / "missing.ulaw") is None
    assert judge_file(tmp_path) is None


@pytest.mark.parametrize("head", [b"", b"<html>", b'{"error": 1}', b"not found here", b"PK\x03\x04" + SOUND])
def test_what_is_something_else_is_never_taken_for_samples(head: bytes) -> None:
    assert judge(head, "audio/basic", ["a.ulaw"]) is None


@pytest.mark.parametrize("first", [b"{", b"<", b"[", b"\x55" * 4096, b"\xd5" * 4096, b"\xff" * 4096])
def test_samples_may_begin_like_a_text(first: bytes) -> None:
    assert judge(first + SOUND, "audio/pcma") == "raw:alaw:8000:1:0"


@pytest.mark.parametrize(
    "media", ["mp3", "", None, "raw:hls:8000:1:0", "raw:mulaw:1:1:0", "raw:mulaw:8000:99:0", "raw:mulaw:8000"]
)
def test_what_was_never_remembered_is_not_read_back(media: str | None) -> None:
    assert raw.of_media(media) is None


@given(st.text(max_size=60))
def test_no_content_type_makes_it_stumble(text: str) -> None:
    for told in ("audio/pcmu;" + text, text):
        found = raw.by_content_type(told)
        assert found is None or raw.of_media(found.media) == found


def test_what_is_remembered_fits_its_column() -> None:
    assert len(RawFormat("g726le", 192_000, 16, 5).media) <= 40
