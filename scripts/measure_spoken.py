"""How much quality is lost when calls are heard instead of read.

Usage: ``python scripts/measure_spoken.py CALLS FOLDER``: labelled calls (docs/evaluation.md), and for each of
them that is to count a recording ``FOLDER/<id>.mp3`` (``speak_calls.py`` makes them).
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from calltrace.evaluation.bench import measure
from calltrace.evaluation.judges.trained import shipped
from calltrace.evaluation.labelled import LabelledCall, read_calls
from calltrace.evaluation.quality import CallOutcome, pooled
from calltrace.kit.progress import silent
from calltrace.recordings.decode import decode
from calltrace.settings import load_settings
from calltrace.speech.engines.catalogue import chosen, load_engine
from calltrace.speech.engines.protocol import Engine
from calltrace.speech.service import SpeechOptions, transcribe


def heard(call: LabelledCall, recording: Path, engine: Engine) -> LabelledCall:
    """The call with what was heard of it in place of what was written."""
    with tempfile.TemporaryDirectory(prefix="calltrace-spoken-") as folder:
        audio = decode(recording, Path(folder))
        transcript = transcribe(audio, SpeechOptions(), engine, silent)
        return replace(call, transcript=transcript, duration=audio.duration, acts=None, sensitive=())


def main() -> None:
    """Judge every call twice, and print both tables."""
    parser = argparse.ArgumentParser(description="Judge calls as they are written and as they are heard.")
    parser.add_argument("calls", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    engine = load_engine(chosen(load_settings()))
    read: list[CallOutcome] = []
    listened: list[CallOutcome] = []
    for call in read_calls([arguments.calls]):
        recording = arguments.folder / f"{call.id}.mp3"
        if recording.exists():
            read += measure([call], shipped())
            listened += measure([heard(call, recording, engine)], shipped())
            print(f"{call.id}: {_f1(read):.3f} read, {_f1(listened):.3f} heard so far", flush=True)
    for name, outcomes in (("read", read), ("heard", listened)):
        print(name)
        for row in pooled(outcomes):
            print(f"  {row.key:24} n {row.n:4}  F1 {row.f1:.3f}  kappa {row.kappa:.3f}")


def _f1(outcomes: Sequence[CallOutcome]) -> float:
    return pooled(outcomes)[-1].f1


if __name__ == "__main__":
    main()
