"""Transcripts for `calltrace evaluate`: what is wrong with one is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from calltrace.cli.transcripts import read_transcript
from calltrace.kit.errors import UsageError

GOOD: dict[str, Any] = {"speaker": "agent", "start": 1, "end": 2, "text": "Hello"}


def _write(tmp_path: Path, *segments: Any) -> Path:
    path = tmp_path / "transcript.json"
    path.write_text(json.dumps({"language": "en", "segments": segments}))
    return path


def test_segments_are_put_in_order_and_numbered(tmp_path: Path) -> None:
    transcript, duration = read_transcript(_write(tmp_path, GOOD | {"start": 5, "end": 6}, GOOD))
    assert [segment.start for segment in transcript.segments] == [1, 5]
    assert duration == 6


BAD: dict[str, Any] = {
    "no text": GOOD | {"text": None},
    "text a number": GOOD | {"text": 5},
    "negative": GOOD | {"start": -100000},
    "backwards": GOOD | {"start": 3},
    "not finite": GOOD | {"end": float("inf"), "start": float("inf")},
    "unknown role": GOOD | {"speaker": "boss"},
    "no times": {"speaker": "agent", "text": "x"},
    "no object": 7,
}


@pytest.mark.parametrize("segment", BAD.values(), ids=BAD)
def test_a_bad_segment_is_a_usage_error(tmp_path: Path, segment: Any) -> None:
    with pytest.raises(UsageError, match="no transcript"):
        read_transcript(_write(tmp_path, segment))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"segments": 5}', "\xff"])
def test_what_is_no_transcript_is_a_usage_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UsageError):
        read_transcript(path)
