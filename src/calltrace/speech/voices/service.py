"""The words of one channel, told apart by voice."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import structlog

from calltrace.kit.progress import Progress, silent
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.engines.protocol import HeardWord
from calltrace.speech.voices.grouping import Groups, group
from calltrace.speech.voices.model import VoiceModel, VoiceWindow, weights_file
from calltrace.speech.voices.words import with_voices
from calltrace.speech.windows import Stretch

SAMPLE_SECONDS = 45.0
SAMPLE_PIECE_SECONDS = 4.0
"""On a channel of its own a party is mostly one person: this much, from all over the call, finds a second one
who speaks for a tenth of the time."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Voices:
    """More than one voice on a channel: short windows of its speech, and whose voice is in each."""

    windows: list[VoiceWindow]
    groups: Groups


def tell_apart(words: Sequence[HeardWord], voices: Voices | None) -> tuple[list[HeardWord], float]:
    """The words of one channel, in order, with a voice each, and how alike the two nearest voices are.

    Without ``voices`` (there is one, or nobody could tell) no word has a voice.
    """
    if voices is None:
        return list(words), 1.0
    return with_voices(words, voices.windows, voices.groups), voices.groups.likeness


def find_voices(
    audio: DecodedAudio, speech: Sequence[Stretch], *, likely_one: bool = False, progress: Progress = silent
) -> Voices | None:
    """The voices on one channel, or ``None``: one, or too little speech to judge, or no weights installed.

    Args:
        audio: the call.
        speech: where somebody speaks on the channel.
        likely_one: only a sample is listened to; if that has one voice, so has the channel.
        progress: told the done share.
    """
    model = _model()
    if model is None:
        return None
    if likely_one and (some := _sample(speech)) != list(speech):
        windows = model.windows(audio, some)
        if not windows or group(windows, likely_one=True).voices == 1:
            return None
    windows = model.windows(audio, speech, progress)
    return Voices(windows, group(windows, likely_one=likely_one)) if windows else None


def _sample(speech: Sequence[Stretch]) -> list[Stretch]:
    """Stretches from all over the call, SAMPLE_SECONDS in all, of each its first SAMPLE_PIECE_SECONDS."""
    pieces = [
        Stretch(one.channel, one.start, min(one.end, one.start + SAMPLE_PIECE_SECONDS)) for one in speech
    ]
    total = sum(piece.seconds for piece in pieces)
    if total <= SAMPLE_SECONDS:
        return pieces if total < sum(one.seconds for one in speech) else list(speech)
    count = max(round(len(pieces) * SAMPLE_SECONDS / total), 1)
    chosen = sorted({round(at) for at in np.linspace(0, len(pieces) - 1, count)})
    return [pieces[at] for at in chosen]


@cache
def _model() -> VoiceModel | None:
    """Loaded with the first call that needs it, and kept."""
    weights = weights_file()
    if weights is None:
        log.warning("voice_model_missing", detail="mono calls are not told apart: see calltrace doctor")
        return None
    return VoiceModel(weights)
