"""The engine as its makers ship it, to compare ourselves with: each channel on its own, one after another."""

from collections.abc import Callable
from typing import Any

from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine


def bare(engine: FasterWhisperEngine) -> Callable[[DecodedAudio], str]:
    """faster-whisper's own batched pipeline on the model that ``engine`` has loaded: audio to text."""
    import faster_whisper

    library: Any = faster_whisper
    pipeline = library.BatchedInferencePipeline(engine.model)

    def read(audio: DecodedAudio) -> str:
        return " ".join(_channel(pipeline, audio, channel) for channel in range(audio.channels))

    return read


def _channel(pipeline: Any, audio: DecodedAudio, channel: int) -> str:
    segments, _ = pipeline.transcribe(
        audio.read(channel), batch_size=8, beam_size=5, condition_on_previous_text=False, word_timestamps=True
    )
    return " ".join(str(segment.text).strip() for segment in segments)
