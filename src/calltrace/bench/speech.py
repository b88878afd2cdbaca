"""The speech part: our transcription beside the bare engine on the same loaded model.

With a folder, its recordings (``manifest.json``, see ``speech.labelled``); without one, the sample call.
"""

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from calltrace.bench.report import RATIO, Report, Say, Value
from calltrace.bench.sample import measure_sample
from calltrace.bench.speech_rows import TITLES, line, rates, totals
from calltrace.speech.bench import COLLAR_SECONDS, Bare, Row, bench
from calltrace.speech.engines.bare import bare
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.engines.protocol import Engine
from calltrace.speech.labelled import read_manifest

_KIB = 1024


def measure(engine: Engine, folder: Path | None, say: Say) -> Report:
    """Transcribe every recording of ``folder``, or the sample call."""
    reference = bare(engine) if isinstance(engine, FasterWhisperEngine) else None
    rows: list[Row] = []
    for row in _measured(engine, reference, folder, say):
        rows.append(row)
        say(f"speech: {row.path} {row.error or f'{row.cost.wall / row.seconds:.3f} s per audio s'}")
    facts: dict[str, Value] = {
        "model": engine.name, "recordings": len(rows), "peakMiB": _peak(resource.RUSAGE_SELF),
        "childPeakMiB": _peak(resource.RUSAGE_CHILDREN),
    }  # fmt: skip
    return Report(
        part="speech", titles=TITLES, rows=[*map(line, rows), *totals(rows)], facts=facts,
        notes=[*_notes(facts), *rates(rows)],
    )  # fmt: skip


def _measured(engine: Engine, reference: Bare | None, folder: Path | None, say: Say) -> Iterator[Row]:
    if folder is not None:
        yield from bench(folder, read_manifest(folder), engine, reference)
        return
    say("speech: the sample call, by us and by the bare engine")
    yield measure_sample(engine, reference)


def _notes(facts: dict[str, Value]) -> list[str]:
    peaks = f"{facts['peakMiB']} MiB, of the largest child {facts['childPeakMiB']} MiB"
    return [
        RATIO,
        f"{facts['model']}; the bare engine is faster-whisper's batched pipeline on the mono mix.",
        "WER by channel where each channel's words are known; the bare engine's against the whole text.",
        "Roles: of the time a role speaks and anything was heard, that with the right role.",
        f"DER: diarization error by speakerId, every 10 ms, collar {COLLAR_SECONDS} s.",
        f"Peak memory of this process (both engines, each with its own copy of the model): {peaks}.",
    ]


def _peak(whose: int) -> int:
    """The largest resident size so far, in MiB; macOS counts it in bytes, everybody else in KiB."""
    size = resource.getrusage(whose).ru_maxrss
    return size // (_KIB * _KIB if sys.platform == "darwin" else _KIB)
