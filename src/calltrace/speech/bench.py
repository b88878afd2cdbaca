"""The speech part of ``calltrace bench``: a folder of recordings with references, measured.

The folder has a ``manifest.json``: ``{"files": [{"path", "language", "reference"?, "roles"?, "segments"?}]}``
with ``segments`` as ``{"start", "end", "speaker"}`` in seconds; other keys are ignored.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calltrace.kit.errors import CallTraceError
from calltrace.kit.progress import silent
from calltrace.recordings.audio import DecodedAudio
from calltrace.recordings.decode import decode
from calltrace.speech.engines.protocol import Engine
from calltrace.speech.service import SpeechOptions, transcribe
from calltrace.speech.transcript import Segment, Transcript
from calltrace.speech.wer import word_errors

_GRID_SECONDS = 0.01

Bare = Callable[[DecodedAudio], str]
"""The engine without anything of ours, for comparison: audio to text."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one recording measured. ``None``: there is no reference for it.

    Attributes:
        seconds: length of the recording.
        cost: wall seconds of transcription per second of recording.
        wer: word error rate, 0 to 1 and more.
        role_accuracy: of the time a role speaks and anything was heard, the share with the right role.
        role_coverage: of the time a role speaks, the share in which anything was heard.
        bare_cost: ``cost`` of the bare engine.
        bare_wer: ``wer`` of the bare engine.
    """

    path: str
    seconds: float
    language: str
    cost: float
    words: int
    wer: float | None = None
    role_accuracy: float | None = None
    role_coverage: float | None = None
    bare_cost: float | None = None
    bare_wer: float | None = None
    error: str | None = None


def bench(folder: Path, engine: Engine, bare: Bare | None = None) -> Iterator[Row]:
    """One row per recording of the manifest, as they are done."""
    for entry in json.loads((folder / "manifest.json").read_text())["files"]:
        yield _measure(folder / entry["path"], entry, engine, bare)


def _measure(path: Path, entry: dict[str, Any], engine: Engine, bare: Bare | None) -> Row:
    with tempfile.TemporaryDirectory() as workdir:
        try:
            audio = decode(path, Path(workdir))
            started = time.perf_counter()
            transcript = transcribe(audio, SpeechOptions(), engine, silent)
        except CallTraceError as error:
            return Row(entry["path"], 0.0, "und", 0.0, 0, error=error.detail)
        cost = (time.perf_counter() - started) / audio.duration
        bare_cost, bare_wer = _measure_bare(audio, entry, bare)
    accuracy, coverage = _roles(entry, transcript, audio.duration)
    return Row(
        path=entry["path"],
        seconds=round(audio.duration, 2),
        language=transcript.language,
        cost=round(cost, 3),
        words=sum(len(segment.words) for segment in transcript.segments),
        wer=_wer(entry, " ".join(segment.text for segment in transcript.segments)),
        role_accuracy=accuracy,
        role_coverage=coverage,
        bare_cost=bare_cost,
        bare_wer=bare_wer,
    )


def _measure_bare(
    audio: DecodedAudio, entry: dict[str, Any], bare: Bare | None
) -> tuple[float | None, float | None]:
    if bare is None:
        return None, None
    started = time.perf_counter()
    text = bare(audio)
    return round((time.perf_counter() - started) / audio.duration, 3), _wer(entry, text)


def _wer(entry: dict[str, Any], heard: str) -> float | None:
    if not entry.get("reference"):
        return None
    errors, words = word_errors(entry["reference"], heard)
    return round(errors / max(words, 1), 4)


def _roles(
    entry: dict[str, Any], transcript: Transcript, duration: float
) -> tuple[float | None, float | None]:
    turns: list[dict[str, Any]] = entry.get("segments") or []
    if not turns or not entry.get("roles"):
        return None, None
    heard = {
        role: _grid(_times(transcript.segments, role), duration) for role in ("agent", "customer", "unknown")
    }
    anyone = heard["agent"] | heard["customer"] | heard["unknown"]
    right = covered = total = 0
    for role in ("agent", "customer"):
        truth = _grid([(turn["start"], turn["end"]) for turn in turns if turn["speaker"] == role], duration)
        total += int(truth.sum())
        covered += int((truth & anyone).sum())
        right += int((truth & heard[role]).sum())
    return round(right / max(covered, 1), 4), round(covered / max(total, 1), 4)


def _times(segments: list[Segment], role: str) -> list[tuple[float, float]]:
    return [(segment.start, segment.end) for segment in segments if segment.speaker == role]


def _grid(spans: list[tuple[float, float]], duration: float) -> npt.NDArray[np.bool_]:
    grid = np.zeros(round(duration / _GRID_SECONDS) + 1, bool)
    for start, end in spans:
        grid[round(start / _GRID_SECONDS) : round(end / _GRID_SECONDS)] = True
    return grid
