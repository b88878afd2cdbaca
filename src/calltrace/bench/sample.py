"""The shipped sample call as a test of speech: what each side said is known word by word."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from calltrace.data import CHANNELS, sample_call_path, sample_script
from calltrace.recordings.audio import DecodedAudio
from calltrace.recordings.decode import decode
from calltrace.speech.bench import Bare, Part, Row, Speakers, measure
from calltrace.speech.engines.protocol import Engine
from calltrace.speech.labelled import Labelled
from calltrace.speech.transcript import Segment


def measure_sample(engine: Engine, bare: Bare | None) -> Row:
    """One row for the sample call."""
    with tempfile.TemporaryDirectory(prefix="calltrace-bench-") as folder:
        audio = decode(sample_call_path(), Path(folder))
        return measure_sides(audio, engine, bare, sample_call_path().name)


def measure_sides(audio: DecodedAudio, engine: Engine, bare: Bare | None, name: str) -> Row:
    """One row for decoded audio whose sides say what the sample's script says."""
    script = sample_script()
    said = Labelled(
        path=name, language=script.language, kind="sample call", reference=script.words,
        channel_references=[script.words_of(side) for side in CHANNELS],
    )  # fmt: skip
    row, transcript = measure(audio, said, engine, bare)
    return replace(row, speakers=_roles(transcript.segments))


def _roles(segments: Sequence[Segment]) -> Speakers:
    """Of the time in which somebody was heard, the share with the right role; times are not known."""
    total = sum(segment.end - segment.start for segment in segments)
    right = sum(
        segment.end - segment.start for segment in segments if segment.speaker == CHANNELS[segment.channel]
    )
    nothing = Part(0.0, 0.0)
    voices = len({segment.speaker_id for segment in segments})
    return Speakers(nothing, nothing, len(CHANNELS), voices, role_time=Part(right, total))
