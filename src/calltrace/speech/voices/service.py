"""The words of one channel, told apart by voice."""

from collections.abc import Sequence
from functools import cache

import structlog

from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.engines.protocol import HeardWord
from calltrace.speech.voices.grouping import group
from calltrace.speech.voices.model import VoiceModel, weights_file
from calltrace.speech.voices.words import with_voices
from calltrace.speech.windows import Stretch

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def tell_apart(
    audio: DecodedAudio, speech: Sequence[Stretch], words: Sequence[HeardWord]
) -> tuple[list[HeardWord], float]:
    """The words of one channel with a voice each, and how much the two nearest voices are alike.

    Where the weights are not installed, or there is too little speech to judge, no word has a voice.
    """
    model = _model()
    windows = model.windows(audio, speech) if model else []
    if not windows:
        return list(words), 1.0
    groups = group(windows)
    return with_voices(words, windows, groups), groups.likeness


@cache
def _model() -> VoiceModel | None:
    """Loaded with the first call that needs it, and kept."""
    weights = weights_file()
    if weights is None:
        log.warning("voice_model_missing", detail="mono calls are not told apart: see calltrace doctor")
        return None
    return VoiceModel(weights)
