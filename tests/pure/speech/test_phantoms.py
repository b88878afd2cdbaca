"""Where nobody speaks there is no text, with the real engine and the real voice detector."""

from collections.abc import Callable

import numpy as np
import pytest

from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.service import SpeechOptions, transcribe

_TIMES = np.arange(20 * SAMPLE_RATE) / SAMPLE_RATE
_NOISE = np.random.default_rng(7).normal(size=len(_TIMES))


def _tone(*hertz: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.sum([np.sin(2 * np.pi * one * _TIMES) for one in hertz], axis=0) / len(hertz)


_STEPS = 2 ** (np.floor(_TIMES * 2) % 12 / 12)
_CHORD = np.sum([np.sin(2 * np.pi * one * _STEPS * _TIMES) for one in (220.0, 277.0, 330.0)], axis=0) / 3

SOUNDS = {
    "digital silence": np.zeros(len(_TIMES)),
    "a quiet line": _NOISE * 0.002,
    "white noise": _NOISE * 0.1,
    "ringback": _tone(440, 480) * (_TIMES % 6 < 2) * 0.3,
    "busy": _tone(480, 620) * (_TIMES % 1 < 0.5) * 0.3,
    "DTMF": _tone(697, 1209) * (_TIMES % 0.5 < 0.2) * 0.3,
    "beeps": _tone(1000) * (_TIMES % 5 < 0.4) * 0.5,
    "mains hum": _tone(50, 100, 150) * 0.1,
    "hold music": _CHORD * np.exp(-(_TIMES * 2 % 1) * 3) * 0.4,
    "clicks": _NOISE * (_TIMES % 1 < 0.01),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_no_text_without_speech(
    make_audio: Callable[..., DecodedAudio], engine: FasterWhisperEngine, name: str
) -> None:
    audio = make_audio(SOUNDS[name], np.zeros(len(_TIMES)))
    transcript = transcribe(audio, SpeechOptions(), engine)
    assert transcript.segments == []
    assert transcript.language == "und"
    assert transcript.language_confidence == 0.0
    assert transcript.attribution.confidence == 0.0


def test_a_hint_names_the_language_of_silence(
    make_audio: Callable[..., DecodedAudio], engine: FasterWhisperEngine
) -> None:
    audio = make_audio(SOUNDS["digital silence"])
    assert transcribe(audio, SpeechOptions(language="de"), engine).language == "de"
