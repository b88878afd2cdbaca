"""From a file to a transcript with its facts: the same for a worker's child and for the command line."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calltrace.analyses.document import Stage
from calltrace.evaluation.redaction import Redacted, Redaction, redact
from calltrace.kit.document import Document
from calltrace.kit.progress import Progress, within
from calltrace.recordings import unheard
from calltrace.recordings.audio import DecodedAudio
from calltrace.recordings.decode import DecodeLimits, decode
from calltrace.recordings.remarks import Remark
from calltrace.recordings.rendition import Playback, provide
from calltrace.recordings.waveform import Waveform, draw
from calltrace.speech.engines.protocol import Engine
from calltrace.speech.marks import find_marks
from calltrace.speech.metrics import measure
from calltrace.speech.service import SpeechOptions, listen, transcribe
from calltrace.speech.transcript import Mark, TalkMetrics, Transcript

StageProgress = Callable[[Stage, float], None]
"""Called with a stage and its done share."""


_DECODING_SHARE = 0.3
"""Decoding takes so much of the time until a recording can be played, making a copy the rest."""


class Heard(Document):
    """What hearing a recording gave.

    ``copy_path`` leads to the copy for browsers, if one was made; ``redacted_path`` to the recording that is
    to be kept in place of the one that came, if something was made unheard in it.
    """

    transcript: Transcript
    metrics: TalkMetrics
    marks: list[Mark]
    waveform: Waveform
    playable: bool
    copy_path: str | None
    redacted_path: str | None
    duration_seconds: float
    channels: int
    sample_rate: int
    warnings: list[Remark]
    decode_seconds: float
    transcribe_seconds: float
    asr: str


@dataclass(frozen=True, slots=True)
class Job:
    """One recording to hear.

    Attributes:
        work_dir: takes the decoded samples and is the caller's to remove.
        media: what the recording was judged to be (``recordings.media``).
        copy: where a copy for browsers goes, if one is wanted.
        redaction: what is taken out of everything that is answered; none is nothing.
        redacted: where the recording goes in which the same is not heard, if ``redaction`` asks for it.
        always: write ``redacted`` also if nothing was found.
    """

    path: Path
    work_dir: Path
    options: SpeechOptions
    limits: DecodeLimits
    media: str | None
    copy: Path | None = None
    redaction: Redaction | None = None
    redacted: Path | None = None
    always: bool = False

    @property
    def mutes(self) -> bool:
        """Whether audio is redacted: then nothing to listen to is made before it is."""
        return bool(self.redaction and self.redaction.audio)


def hear(job: Job, engine: Engine, progress: StageProgress) -> Heard:
    """Decode and transcribe one recording.

    Raises:
        ProcessingError: the file cannot be decoded, or is too long.
    """
    started = time.monotonic()
    audio, playback = _decode(job, lambda share: progress("decoding", share))
    decoded = time.monotonic()

    def heard(share: float) -> None:
        progress("transcribing", share)

    layout = listen(audio, heard)
    transcript = transcribe(audio, job.options, engine, heard, layout)
    marks = find_marks(audio, layout, transcript)
    metrics = measure(transcript, audio.duration, marks)
    found = _redact(job, transcript, audio.duration)
    if job.mutes:
        audio, playback = _mute(job, audio, found, lambda _share: heard(1.0))
    return Heard(
        transcript=found.transcript,
        metrics=metrics,
        marks=sorted([*marks, *_marks(found)], key=lambda mark: (mark.start, mark.end, mark.kind)),
        waveform=draw(audio),
        playable=playback.playable,
        copy_path=str(playback.copy) if playback.copy else None,
        redacted_path=str(job.redacted) if job.mutes and (found.spans or job.always) else None,
        duration_seconds=round(audio.duration, 2),
        channels=audio.channels,
        sample_rate=audio.sample_rate,
        warnings=[*audio.warnings, *playback.warnings, *_remarks(found)],
        decode_seconds=round(decoded - started, 3),
        transcribe_seconds=round(time.monotonic() - decoded, 3),
        asr=engine.name,
    )


def _decode(job: Job, progress: Progress) -> tuple[DecodedAudio, Playback]:
    """The samples, and something to play if that is wanted."""
    if job.copy is None or job.mutes:
        return decode(job.path, job.work_dir, job.limits, progress, job.media), Playback(playable=False)
    audio = decode(job.path, job.work_dir, job.limits, within(progress, 0.0, _DECODING_SHARE), job.media)
    playback = provide(audio, job.path, job.copy, within(progress, _DECODING_SHARE, 1.0))
    return audio, playback


def _redact(job: Job, transcript: Transcript, duration: float) -> Redacted:
    """The transcript as it may leave this process."""
    if job.redaction is None:
        return Redacted(transcript, (), ())
    return redact(transcript, job.redaction.transcript, duration)


def _mute(job: Job, audio: DecodedAudio, found: Redacted, alive: Progress) -> tuple[DecodedAudio, Playback]:
    """The samples without what was redacted, written as the recording to be kept, and something to play.

    ``alive`` is told as it goes on: encoding hours takes minutes, and a child that is silent is ended.
    """
    source = job.path
    if job.redacted and (found.spans or job.always):
        audio = unheard.cover(audio, found.spans)
        unheard.write(audio, job.redacted, alive)
        source = job.redacted
    if job.copy is None:
        return audio, Playback(playable=False)
    return audio, provide(audio, source, job.copy, alive)


def _marks(found: Redacted) -> list[Mark]:
    return [Mark(kind="redacted", start=round(a, 2), end=round(b, 2)) for a, b in found.spans]


def _remarks(found: Redacted) -> list[Remark]:
    if not found.guessed:
        return []
    where = ", ".join(found.guessed)
    told = f"Words of {where} have no times: what was redacted there was placed by its part of the text."
    return [Remark("redacted_by_place", told)]


def as_json(document: Document) -> dict[str, Any]:
    """A document as plain JSON values, for the pipe between parent and child."""
    return document.model_dump(mode="json")
