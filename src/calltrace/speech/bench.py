"""Measuring transcription on recordings of which something is known, beside the bare engine."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from calltrace.kit.errors import CallTraceError
from calltrace.kit.progress import silent
from calltrace.recordings.audio import DecodedAudio
from calltrace.recordings.decode import decode
from calltrace.speech.diarization_error import GRID_SECONDS, Mask, Turn, diarization_error, grid
from calltrace.speech.engines.protocol import Engine
from calltrace.speech.labelled import Labelled
from calltrace.speech.service import SpeechOptions, transcribe
from calltrace.speech.transcript import Segment, Transcript
from calltrace.speech.wer import character_errors, word_errors

COLLAR_SECONDS = 0.25
_ROLES = ("agent", "customer")

Made = TypeVar("Made")

Bare = Callable[[DecodedAudio], str]
"""The engine without anything of ours, for comparison: audio to text."""


@dataclass(frozen=True, slots=True)
class Part:
    """So much of so much: words, characters, or seconds."""

    amount: float
    whole: float


@dataclass(frozen=True, slots=True)
class Text:
    """Errors of a text, by words and by characters."""

    words: Part
    characters: Part


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that something took, by the clock and of all cores together."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Speakers:
    """Who spoke when. Roles are ``None`` where the true ones are not known.

    Attributes:
        error, error_with_collar: diarization error by ``speakerId``, without and with COLLAR_SECONDS.
        role_time: of the time a role speaks and anything was heard, that with the right role.
        role_alone: the same where exactly one role speaks: on one channel a moment has one speaker.
        role_coverage: of the time a role speaks, that in which anything was heard.
        role_words: of the words heard while exactly one role speaks, those with the right role.
        true, heard: how many there are.
    """

    error: Part
    error_with_collar: Part
    true: int
    heard: int
    role_time: Part | None = None
    role_alone: Part | None = None
    role_coverage: Part | None = None
    role_words: Part | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What one recording measured. ``None``: nothing is known to hold it against."""

    path: str
    kind: str
    seconds: float
    language: str
    true_language: str
    words: int
    cost: Cost = Cost(0.0, 0.0)
    text: Text | None = None
    phantoms: int | None = None
    speakers: Speakers | None = None
    bare_cost: Cost | None = None
    bare_text: Text | None = None
    error: str | None = None


def bench(
    folder: Path, recordings: Sequence[Labelled], engine: Engine, bare: Bare | None = None
) -> Iterator[Row]:
    """One row per recording, as they are done; what cannot be transcribed says why."""
    for recording in recordings:
        with tempfile.TemporaryDirectory(prefix="calltrace-bench-") as workdir:
            try:
                audio = decode(folder / recording.path, Path(workdir))
                yield measure(audio, recording, engine, bare)[0]
            except CallTraceError as error:
                yield Row(
                    recording.path, recording.kind, 0.0, "und", recording.language, 0, error=error.detail
                )


def measure(
    audio: DecodedAudio, recording: Labelled, engine: Engine, bare: Bare | None
) -> tuple[Row, Transcript]:
    """Transcribe one recording, by us and by the bare engine, and hold both against what is known."""
    cost, transcript = _timed(lambda: transcribe(audio, SpeechOptions(), engine, silent))
    bare_cost, bare_text = _timed(lambda: bare(audio)) if bare else (None, None)
    words = sum(len(segment.words) for segment in transcript.segments)
    row = Row(
        path=recording.path, kind=recording.kind, seconds=audio.duration, language=transcript.language,
        true_language=recording.language, words=words, cost=cost,
        text=_text(recording, transcript.segments),
        phantoms=words if recording.reference == "" else None,
        speakers=speakers(recording, transcript.segments, audio.duration) if recording.turns else None,
        bare_cost=bare_cost,
        bare_text=_errors([(recording.reference, bare_text)])
        if recording.reference and bare_text is not None
        else None,
    )  # fmt: skip
    return row, transcript


def _timed(work: Callable[[], Made]) -> tuple[Cost, Made]:
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu), made


def _text(recording: Labelled, segments: Sequence[Segment]) -> Text | None:
    """By channel where each channel's words are known: the order of turns is then no error."""
    if recording.channel_references:
        return _errors(
            [
                (said, " ".join(segment.text for segment in segments if segment.channel == channel))
                for channel, said in enumerate(recording.channel_references)
            ]
        )
    heard = " ".join(segment.text for segment in segments)
    return _errors([(recording.reference, heard)]) if recording.reference else None


def _errors(pairs: Sequence[tuple[str, str]]) -> Text:
    return Text(
        words=_sum([Part(*word_errors(said, heard)) for said, heard in pairs]),
        characters=_sum([Part(*character_errors(said, heard)) for said, heard in pairs]),
    )


def _sum(parts: Sequence[Part]) -> Part:
    return Part(sum(part.amount for part in parts), sum(part.whole for part in parts))


def speakers(recording: Labelled, segments: Sequence[Segment], duration: float) -> Speakers:
    """Who spoke when, held against the recording's turns."""
    truth = recording.turns or ()
    heard = [Turn(segment.start, segment.end, segment.speaker_id) for segment in segments]
    plain, forgiving = (diarization_error(truth, heard, duration, collar) for collar in (0.0, COLLAR_SECONDS))
    return Speakers(
        error=Part(plain.total, plain.speech),
        error_with_collar=Part(forgiving.total, forgiving.speech),
        true=len({turn.who for turn in truth}),
        heard=len({turn.who for turn in heard}),
        role_words=_role_words(truth, segments) if recording.has_roles else None,
        **(_role_time(truth, segments, duration) if recording.has_roles else {}),
    )


def _role_time(truth: Sequence[Turn], segments: Sequence[Segment], duration: float) -> dict[str, Part]:
    spoken = {
        role: grid([(turn.start, turn.end) for turn in truth if turn.who == role], duration)
        for role in _ROLES
    }
    heard = {
        role: grid([(one.start, one.end) for one in segments if one.speaker == role], duration)
        for role in (*_ROLES, "unknown")
    }
    anyone = heard["agent"] | heard["customer"] | heard["unknown"]
    alone = spoken["agent"] ^ spoken["customer"]
    return {
        "role_time": _sum([_seconds(spoken[role], anyone, heard[role]) for role in _ROLES]),
        "role_alone": _sum([_seconds(spoken[role] & alone, anyone, heard[role]) for role in _ROLES]),
        "role_coverage": _sum([_seconds(spoken[role], spoken[role], anyone) for role in _ROLES]),
    }


def _seconds(spoken: Mask, among: Mask, right: Mask) -> Part:
    """Of the time that is spoken and among, in seconds, that which is right."""
    return Part(float((spoken & right).sum()) * GRID_SECONDS, float((spoken & among).sum()) * GRID_SECONDS)


def _role_words(truth: Sequence[Turn], segments: Sequence[Segment]) -> Part:
    right = told = 0
    for segment in segments:
        for word in segment.words:
            middle = (word.start + word.end) / 2
            speaking = {turn.who for turn in truth if turn.start <= middle < turn.end}
            if len(speaking) == 1:
                told += 1
                right += segment.speaker in speaking
    return Part(right, told)
