"""The sample call through the real engine: words, roles, order, channels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.metrics import measure
from calltrace.speech.service import SpeechOptions, transcribe
from calltrace.speech.transcript import Transcript
from calltrace.speech.wer import word_errors

SCRIPT = Path(__file__).parents[3] / "src" / "calltrace" / "data" / "sample_call.yaml"


@pytest.fixture(scope="module")
def shares() -> list[float]:
    return []


@pytest.fixture(scope="module")
def transcript(sample_call: DecodedAudio, engine: FasterWhisperEngine, shares: list[float]) -> Transcript:
    return transcribe(sample_call, SpeechOptions(), engine, shares.append)


def _said(speaker: str) -> str:
    script: dict[str, Any] = yaml.safe_load(SCRIPT.read_text())
    return " ".join(item["text"] for item in script["items"] if item.get("speaker") == speaker)


@pytest.mark.parametrize("speaker", ["agent", "customer"])
def test_nine_of_ten_words_are_right_and_on_the_right_side(transcript: Transcript, speaker: str) -> None:
    heard = " ".join(segment.text for segment in transcript.segments if segment.speaker == speaker)
    errors, words = word_errors(_said(speaker), heard)
    # The script writes numbers as words, the recogniser as digits: a few differ after all normalising.
    assert errors / words < 0.1


def test_language_and_roles_are_sure(transcript: Transcript) -> None:
    assert transcript.language == "en"
    assert transcript.language_confidence > 0.9
    assert transcript.attribution.method == "channel"
    assert transcript.attribution.confidence > 0.9
    assert {segment.speaker_id for segment in transcript.segments} == {"spk1", "spk2"}


def test_segments_are_in_order_and_hold_their_words(
    transcript: Transcript, sample_call: DecodedAudio
) -> None:
    starts = [segment.start for segment in transcript.segments]
    assert starts == sorted(starts)
    assert [segment.id for segment in transcript.segments] == [f"s{n + 1}" for n in range(len(starts))]
    for segment in transcript.segments:
        assert 0 <= segment.start <= segment.end <= sample_call.duration
        assert segment.end - segment.start <= 20
        times = [time for word in segment.words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert all(0 <= word.confidence <= 1 for word in segment.words)


def test_progress_moves_to_the_end_and_never_back(transcript: Transcript, shares: list[float]) -> None:
    assert transcript.segments
    assert len(shares) >= 3
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_hold_time_is_silence(transcript: Transcript, sample_call: DecodedAudio) -> None:
    metrics = measure(transcript, sample_call.duration)
    assert 10 < metrics.longest_silence_seconds < 20
    assert metrics.talk_seconds.agent > metrics.talk_seconds.customer > 10
    assert metrics.interruptions.customer == 1
    assert 100 < metrics.words_per_minute.agent < 300


def test_a_plainly_wrong_language_setting_is_survived(
    make_audio: Callable[..., DecodedAudio], sample_call: DecodedAudio, engine: FasterWhisperEngine
) -> None:
    beginning = make_audio(sample_call.read(0, 0, 10).astype(np.float64))
    transcript = transcribe(beginning, SpeechOptions(language="de"), engine)
    assert transcript.language == "en"
    assert "calling" in " ".join(segment.text for segment in transcript.segments)


def test_two_equal_channels_are_one_voice_each_time_heard_once(
    make_audio: Callable[..., DecodedAudio], sample_call: DecodedAudio, engine: FasterWhisperEngine
) -> None:
    voice = sample_call.read(0, 0, 10).astype(np.float64)
    transcript = transcribe(make_audio(voice, voice * 0.5), SpeechOptions(), engine)
    assert {segment.channel for segment in transcript.segments} == {0}
    assert {segment.speaker for segment in transcript.segments} == {"unknown"}
    assert {segment.speaker_id for segment in transcript.segments} == {"spk1"}
    assert transcript.attribution.method == "diarization"
    assert transcript.attribution.confidence < 0.5


def test_crosstalk_is_not_transcribed_twice(
    make_audio: Callable[..., DecodedAudio], sample_call: DecodedAudio, engine: FasterWhisperEngine
) -> None:
    left, right = (sample_call.read(channel, 0, 50).astype(np.float64) for channel in (0, 1))
    leaking = transcribe(make_audio(left + right * 0.1, right + left * 0.1), SpeechOptions(), engine)
    clean = transcribe(make_audio(left, right), SpeechOptions(), engine)
    words = [sum(len(segment.words) for segment in one.segments) for one in (clean, leaking)]
    assert words[1] == pytest.approx(words[0], rel=0.1)
