"""The worker's child process: hears and evaluates, and keeps the models warm between recordings.

It may use the network, for a transcription server and a model server are asked from here; the process that
opens the file that a stranger sent is a child of this one, and may not (recordings.decode).
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

from calltrace.evaluation.model.server import ModelChoice, ModelServer, load_model
from calltrace.evaluation.redaction import Redaction
from calltrace.evaluation.service import evaluate, evaluator_name
from calltrace.kit import logs, threads
from calltrace.kit.children import Message, serve
from calltrace.kit.disk import room_needed
from calltrace.pipeline.hearing import Job, as_json, hear
from calltrace.recordings.decode import DecodeLimits
from calltrace.recordings.remarks import Remark
from calltrace.scorecards.document import Scorecard
from calltrace.speech.engines.catalogue import EngineChoice, load_engine
from calltrace.speech.engines.protocol import Engine
from calltrace.speech.service import SpeechOptions
from calltrace.speech.transcript import Mark, Transcript


def _setting(name: str) -> str:
    return os.environ[f"CALLTRACE_CHILD_{name}"]


@cache
def _engine() -> Engine:
    return load_engine(EngineChoice.model_validate_json(_setting("ENGINE")))


@cache
def _model() -> ModelServer | None:
    return load_model(ModelChoice.model_validate_json(_setting("MODEL")))


def _hear(request: Message, progress: Callable[[Message], None]) -> Message:
    limits = DecodeLimits(max_duration_seconds=float(_setting("MAX_SECONDS")))
    options = SpeechOptions(
        request["language"], request["channels"], tuple(request["hints"]), tuple(request["among"])
    )
    with room_needed(), tempfile.TemporaryDirectory(prefix="hear-", dir=request["work_dir"]) as work_dir:
        job = Job(
            Path(request["path"]), Path(work_dir), options, limits, request["media"], Path(request["copy"]),
            _redaction(request), Path(request["redacted"]),
        )  # fmt: skip
        heard = hear(job, _engine(), lambda stage, share: progress({"stage": stage, "share": share}))
    return as_json(heard)


def _marks(kept: Sequence[Message] | None) -> list[Mark] | None:
    return None if kept is None else [Mark.model_validate(mark) for mark in kept]


def _redaction(request: Message) -> Redaction | None:
    wanted = request["redaction"]
    return Redaction.model_validate(wanted) if wanted else None


def _evaluate(request: Message, progress: Callable[[Message], None]) -> Message:
    transcript = Transcript.model_validate(request["transcript"])
    scorecard = Scorecard.model_validate(request["scorecard"])
    warnings: list[Remark] = []
    evaluation = evaluate(
        transcript, scorecard, duration=request["duration"], marks=_marks(request["marks"]),
        model=_model(), warn=warnings.append,
        progress=lambda share: progress({"stage": "evaluating", "share": share}),
    )  # fmt: skip
    return {
        "evaluation": as_json(evaluation),
        "evaluator": evaluator_name(_model()),
        "warnings": [asdict(one) for one in warnings],
    }


if __name__ == "__main__":
    logs.configure(_setting("LOG_LEVEL"), _setting("LOG_FORMAT"))
    threads.allow(int(_setting("THREADS")))
    serve({"hear": _hear, "evaluate": _evaluate})
