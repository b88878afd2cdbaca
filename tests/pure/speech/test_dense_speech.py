"""Speech with more words than fit into one window is heard to its end, with the real engine."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.models import resolve
from calltrace.speech.service import SpeechOptions, transcribe
from calltrace.speech.transcript import Transcript
from calltrace.speech.wer import word_errors

_FRAME, _HOP = 480, 240  # 30 and 15 ms


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> FasterWhisperEngine:
    """The model with room for 50 tokens in a window, as if each second held four times as many words."""
    model = resolve("base", tmp_path_factory.mktemp("models"))
    return FasterWhisperEngine(model.folder, model.name, context=100)


def _faster(samples: npt.NDArray[np.float32], times: float) -> npt.NDArray[np.float64]:
    """The same voice, but faster: overlapping pieces laid closer together."""
    step, window = round(_HOP * times), np.hanning(_FRAME)
    count = (len(samples) - _FRAME) // step
    out = np.zeros(count * _HOP + _FRAME)
    for index in range(count):
        out[index * _HOP : index * _HOP + _FRAME] += window * samples[index * step : index * step + _FRAME]
    return out


def _said(transcript: Transcript) -> str:
    ordered = sorted(transcript.segments, key=lambda segment: (segment.channel, segment.start))
    return " ".join(segment.text for segment in ordered)


def test_what_does_not_fit_into_a_window_is_heard_in_smaller_ones(
    sample_call: DecodedAudio,
    make_audio: Callable[..., DecodedAudio],
    engine: FasterWhisperEngine,
    narrow: FasterWhisperEngine,
) -> None:
    audio = make_audio(*(_faster(sample_call.read(channel), 1.5) for channel in range(2)))
    whole, pieces = (transcribe(audio, SpeechOptions("en"), one) for one in (engine, narrow))
    errors, words = word_errors(_said(whole), _said(pieces))
    assert words > 300
    # Shorter windows give less context: a few words are heard differently, none goes missing in a row.
    assert errors / words < 0.15
    assert _said(pieces).endswith(_said(whole)[-8:])
