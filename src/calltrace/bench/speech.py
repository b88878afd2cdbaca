"""The speech part: our transcription beside the bare engine on the same loaded model.

With a folder, ``speech.bench`` measures its recordings; without one, the shipped sample call.
"""

import json
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from calltrace.bench.report import RATIO, Report, Say, Value, share
from calltrace.bench.sample import measure_sample
from calltrace.speech.bench import Bare, Row, bench
from calltrace.speech.engines.bare import bare
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.engines.protocol import Engine

TITLES = {
    "recording": "recording", "language": "language", "seconds": "seconds", "cost": "s per audio s",
    "bareCost": "bare", "ratio": "ratio", "wer": "WER", "bareWer": "bare WER", "roleAccuracy": "roles right",
    "roleCoverage": "roles heard", "error": "error",
}  # fmt: skip
_KIB = 1024


def measure(engine: Engine, folder: Path | None, say: Say) -> Report:
    """Transcribe every recording of ``folder`` (its ``manifest.json``), or the sample call."""
    reference = bare(engine) if isinstance(engine, FasterWhisperEngine) else None
    rows: list[Row] = []
    for row in _measured(engine, reference, folder, say):
        say(f"speech: {row.path} {row.error or f'{row.cost} s per audio s'}")
        rows.append(row)
    facts: dict[str, Value] = {
        "model": engine.name, "peakMiB": _peak(resource.RUSAGE_SELF),
        "childPeakMiB": _peak(resource.RUSAGE_CHILDREN),
    }  # fmt: skip
    return Report(
        part="speech", titles=TITLES, rows=_table(rows), facts=facts,
        notes=_notes(facts, folder),
    )  # fmt: skip


def _measured(engine: Engine, reference: Bare | None, folder: Path | None, say: Say) -> Iterator[Row]:
    if folder is not None:
        several = _several_channels(folder)
        for row in bench(folder, engine, reference):
            yield replace(row, bare_wer=None) if row.path in several else row
        return
    say("speech: the sample call, by us and by the bare engine")
    yield measure_sample(engine, reference)


def _several_channels(folder: Path) -> set[str]:
    """Recordings whose bare text has no reference: turns out of order, and equal channels twice."""
    entries: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
    return {entry["path"] for entry in entries if entry.get("channels", 1) > 1}


def _table(rows: Sequence[Row]) -> list[dict[str, Value]]:
    heard = [row for row in rows if row.error is None]
    return [*map(_line, rows), _all(heard)] if len(heard) > 1 else [*map(_line, rows)]


def _line(row: Row) -> dict[str, Value]:
    return {
        "recording": row.path, "language": row.language, "seconds": row.seconds, "cost": row.cost,
        "bareCost": row.bare_cost, "ratio": share(row.bare_cost, row.cost), "wer": row.wer,
        "bareWer": row.bare_wer, "roleAccuracy": row.role_accuracy, "roleCoverage": row.role_coverage,
        "error": row.error,
    }  # fmt: skip


def _all(rows: Sequence[Row]) -> dict[str, Value]:
    """Everything, each recording weighed by its length; WER where both are known."""
    names = ("cost", "bare_cost", "role_accuracy", "role_coverage")
    cost, bare_cost, accuracy, coverage = (_mean(rows, name) for name in names)
    comparable = [row for row in rows if row.bare_wer is not None] or rows
    wer, bare_wer = _mean(comparable, "wer"), _mean(comparable, "bare_wer")
    return {
        "recording": "all", "language": None, "seconds": round(sum(row.seconds for row in rows), 2),
        "cost": cost, "bareCost": bare_cost, "ratio": share(bare_cost, cost), "wer": wer, "bareWer": bare_wer,
        "roleAccuracy": accuracy, "roleCoverage": coverage, "error": None,
    }  # fmt: skip


def _mean(rows: Sequence[Row], name: str) -> float | None:
    known = [(getattr(row, name), row.seconds) for row in rows if getattr(row, name) is not None]
    seconds = sum(length for _value, length in known)
    return round(sum(value * length for value, length in known) / seconds, 4) if seconds else None


def _notes(facts: Mapping[str, Value], folder: Path | None) -> list[str]:
    words = (
        "The sample's WER: the words of its script, side by side, a side being a channel."
        if folder is None
        else "Several channels have no bare WER: order and twins would count as errors. All leaves them out."
    )
    peaks = f"{facts['peakMiB']} MiB, of the largest child {facts['childPeakMiB']} MiB"
    return [
        RATIO,
        f"{facts['model']}; the bare engine is faster-whisper's batched pipeline, channel by channel.",
        words,
        f"Peak memory of this process (both engines on one model): {peaks}.",
    ]


def _peak(whose: int) -> int:
    """The largest resident size so far, in MiB; macOS counts it in bytes, everybody else in KiB."""
    size = resource.getrusage(whose).ru_maxrss
    return size // (_KIB * _KIB if sys.platform == "darwin" else _KIB)
