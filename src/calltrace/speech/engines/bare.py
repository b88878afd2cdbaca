"""The engine as its makers ship it, to compare ourselves with: what it makes of a recording's mono mix."""

from collections.abc import Callable
from typing import Any

import numpy as np

from calltrace.recordings.audio import DecodedAudio, Samples
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine


def bare(engine: FasterWhisperEngine) -> Callable[[DecodedAudio], str]:
    """faster-whisper's own batched pipeline on the model that ``engine`` has loaded: audio to text."""
    import faster_whisper

    library: Any = faster_whisper
    pipeline = library.BatchedInferencePipeline(engine.model)

    def read(audio: DecodedAudio) -> str:
        segments, _ = pipeline.transcribe(
            _mix(audio), batch_size=8, beam_size=5, condition_on_previous_text=False, word_timestamps=True
        )
        return " ".join(str(segment.text).strip() for segment in segments)

    return read


def _mix(audio: DecodedAudio) -> Samples:
    """The channels' mean, added up one at a time."""
    mix = audio.read(0)
    for channel in range(1, len(audio.channel_paths)):
        mix += audio.read(channel)
    return (mix / len(audio.channel_paths)).astype(np.float32)
