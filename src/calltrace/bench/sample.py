"""The shipped sample call as a test of speech: what each side said is known word by word."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from calltrace.data import CHANNELS, sample_call_path, sample_script
from calltrace.kit.progress import silent
from calltrace.recordings.audio import DecodedAudio
from calltrace.recordings.decode import decode
from calltrace.speech.bench import Bare, Row
from calltrace.speech.engines.protocol import Engine
from calltrace.speech.service import SpeechOptions, transcribe
from calltrace.speech.transcript import Segment
from calltrace.speech.wer import word_errors


def measure_sample(engine: Engine, bare: Bare | None) -> Row:
    """One row for the sample call."""
    with tempfile.TemporaryDirectory(prefix="calltrace-bench-") as folder:
        audio = decode(sample_call_path(), Path(folder))
        return measure_sides(audio, engine, bare, sample_call_path().name)


def measure_sides(audio: DecodedAudio, engine: Engine, bare: Bare | None, name: str) -> Row:
    """One row for decoded audio whose sides say what the sample's script says.

    The bare engine reads channel after channel, so the words of the channels are set end to end.
    """
    started = time.perf_counter()
    transcript = transcribe(audio, SpeechOptions(), engine, silent)
    cost = (time.perf_counter() - started) / audio.duration
    bare_cost, bare_text = _bare(audio, bare)
    return Row(
        path=name, seconds=round(audio.duration, 2), language=transcript.language, cost=round(cost, 3),
        words=sum(len(segment.words) for segment in transcript.segments),
        wer=_wer(_channel_by_channel(transcript.segments)),
        role_accuracy=_roles(transcript.segments), bare_cost=bare_cost,
        bare_wer=None if bare_text is None else _wer(bare_text),
    )  # fmt: skip


def _bare(audio: DecodedAudio, bare: Bare | None) -> tuple[float | None, str | None]:
    if bare is None:
        return None, None
    started = time.perf_counter()
    text = bare(audio)
    return round((time.perf_counter() - started) / audio.duration, 3), text


def _wer(heard: str) -> float:
    script = sample_script()
    errors, words = word_errors(" ".join(script.words_of(side) for side in CHANNELS), heard)
    return round(errors / words, 4)


def _channel_by_channel(segments: Sequence[Segment]) -> str:
    return " ".join(
        segment.text for channel in range(len(CHANNELS)) for segment in segments if segment.channel == channel
    )


def _roles(segments: Sequence[Segment]) -> float | None:
    """Of the time in which somebody was heard, the share with the right role."""
    total = sum(segment.end - segment.start for segment in segments)
    right = sum(
        segment.end - segment.start for segment in segments if segment.speaker == CHANNELS[segment.channel]
    )
    return round(right / total, 4) if total else None
