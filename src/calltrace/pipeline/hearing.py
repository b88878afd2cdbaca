"""From a file to a transcript with its facts: the same for a worker's child and for the command line."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calltrace.analyses.document import Stage
from calltrace.kit.document import Document
from calltrace.recordings.decode import DecodeLimits, decode
from calltrace.recordings.remarks import Remark
from calltrace.speech.engines.protocol import Engine
from calltrace.speech.metrics import measure
from calltrace.speech.service import SpeechOptions, transcribe
from calltrace.speech.transcript import TalkMetrics, Transcript

StageProgress = Callable[[Stage, float], None]
"""Called with a stage and its done share."""


class Heard(Document):
    """What hearing a recording gave."""

    transcript: Transcript
    metrics: TalkMetrics
    duration_seconds: float
    channels: int
    sample_rate: int
    warnings: list[Remark]
    decode_seconds: float
    transcribe_seconds: float
    asr: str


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to hear; ``work_dir`` takes the decoded samples and is the caller's to remove.

    ``media`` is what it was judged to be (``recordings.media``).
    """

    path: Path
    work_dir: Path
    options: SpeechOptions
    limits: DecodeLimits
    media: str | None


def hear(job: Job, engine: Engine, progress: StageProgress) -> Heard:
    """Decode and transcribe one recording.

    Raises:
        ProcessingError: the file cannot be decoded, or is too long.
    """
    started = time.monotonic()
    audio = decode(job.path, job.work_dir, job.limits, lambda share: progress("decoding", share), job.media)
    decoded = time.monotonic()
    transcript = transcribe(audio, job.options, engine, lambda share: progress("transcribing", share))
    return Heard(
        transcript=transcript,
        metrics=measure(transcript, audio.duration),
        duration_seconds=round(audio.duration, 2),
        channels=audio.channels,
        sample_rate=audio.sample_rate,
        warnings=list(audio.warnings),
        decode_seconds=round(decoded - started, 3),
        transcribe_seconds=round(time.monotonic() - decoded, 3),
        asr=engine.name,
    )


def as_json(document: Document) -> dict[str, Any]:
    """A document as plain JSON values, for the pipe between parent and child."""
    return document.model_dump(mode="json")
