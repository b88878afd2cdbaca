"""The worker's child process: hears and evaluates, and keeps the models warm between recordings."""

import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from calltrace.evaluation.service import evaluate, evaluator_name
from calltrace.kit import logs
from calltrace.kit.children import Message, serve
from calltrace.kit.disk import room_needed
from calltrace.pipeline.hearing import Job, as_json, hear
from calltrace.recordings.decode import DecodeLimits
from calltrace.scorecards.document import Scorecard
from calltrace.speech.engines.catalogue import load_engine
from calltrace.speech.engines.protocol import Engine
from calltrace.speech.service import SpeechOptions
from calltrace.speech.transcript import Transcript


def _setting(name: str) -> str:
    return os.environ[f"CALLTRACE_CHILD_{name}"]


@cache
def _engine() -> Engine:
    return load_engine(_setting("ASR_MODEL"), Path(_setting("MODELS_DIR")), int(_setting("ASR_THREADS")))


def _hear(request: Message, progress: Callable[[Message], None]) -> Message:
    limits = DecodeLimits(max_duration_seconds=float(_setting("MAX_SECONDS")))
    options = SpeechOptions(language=request["language"])
    with room_needed(), tempfile.TemporaryDirectory(prefix="hear-", dir=request["work_dir"]) as work_dir:
        job = Job(Path(request["path"]), Path(work_dir), options, limits, Path(request["copy"]))
        heard = hear(job, _engine(), lambda stage, share: progress({"stage": stage, "share": share}))
    return as_json(heard)


def _evaluate(request: Message, progress: Callable[[Message], None]) -> Message:
    transcript = Transcript.model_validate(request["transcript"])
    scorecard = Scorecard.model_validate(request["scorecard"])
    evaluation = evaluate(
        transcript, scorecard, duration=request["duration"],
        progress=lambda share: progress({"stage": "evaluating", "share": share}),
    )  # fmt: skip
    return {"evaluation": as_json(evaluation), "evaluator": evaluator_name()}


if __name__ == "__main__":
    logs.configure(_setting("LOG_LEVEL"), _setting("LOG_FORMAT"))
    serve({"hear": _hear, "evaluate": _evaluate})
