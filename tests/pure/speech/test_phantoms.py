"""Where nobody speaks there is no text, with the real engine and the real voice detector."""

from collections.abc import Callable

import pytest

from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.service import SpeechOptions, transcribe
from pure.speech.sounds import MUSIC, NEITHER, SIGNALS, silence

SOUNDS = MUSIC | SIGNALS | NEITHER


@pytest.mark.parametrize("name", SOUNDS)
def test_no_text_without_speech(
    make_audio: Callable[..., DecodedAudio], engine: FasterWhisperEngine, name: str
) -> None:
    audio = make_audio(SOUNDS[name], silence(20))
    transcript = transcribe(audio, SpeechOptions(), engine)
    assert transcript.segments == []
    assert transcript.language == "und"
    assert transcript.language_confidence == 0.0
    assert transcript.attribution.confidence == 0.0


def test_a_hint_names_the_language_of_silence(
    make_audio: Callable[..., DecodedAudio], engine: FasterWhisperEngine
) -> None:
    assert transcribe(make_audio(silence(20)), SpeechOptions(language="de"), engine).language == "de"
