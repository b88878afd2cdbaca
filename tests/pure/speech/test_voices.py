"""Voices on one channel: the real model on the sample call, and its parts on constructed input."""

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calltrace.kit.errors import ConfigurationError
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.engines.protocol import HeardWord
from calltrace.speech.service import SpeechOptions, transcribe
from calltrace.speech.transcript import Transcript
from calltrace.speech.voices import checkpoint
from calltrace.speech.voices.filterbank import BANDS, filterbank
from calltrace.speech.voices.grouping import MOST_WINDOWS, Groups, group
from calltrace.speech.voices.model import VoiceModel, VoiceWindow, weights_file
from calltrace.speech.voices.words import with_voices
from calltrace.speech.windows import Stretch

MakeAudio = Callable[..., DecodedAudio]
RANDOM = np.random.default_rng(7)


@pytest.fixture(scope="module")
def model() -> VoiceModel:
    weights = weights_file()
    assert weights, "make install puts the voice model in place"
    return VoiceModel(weights)


@pytest.fixture(scope="module")
def mixed(sample_call: DecodedAudio, tmp_path_factory: pytest.TempPathFactory) -> DecodedAudio:
    """Both sides of the sample call on one channel."""
    both = sample_call.read(0) + sample_call.read(1)
    path = tmp_path_factory.mktemp("mixed") / "mono.s16"
    np.round(np.clip(both, -1, 1) * 32767).astype("<i2").tofile(path)
    return DecodedAudio((path,), 1, sample_call.sample_rate, sample_call.duration, "pcm_s16le")


@pytest.fixture(scope="module")
def heard(mixed: DecodedAudio, engine: FasterWhisperEngine) -> Transcript:
    return transcribe(mixed, SpeechOptions(), engine)


@pytest.fixture(scope="module")
def apart(sample_call: DecodedAudio, engine: FasterWhisperEngine) -> Transcript:
    return transcribe(sample_call, SpeechOptions(), engine)


def _grid(transcript: Transcript, role: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    grid = np.zeros(20_000, bool)
    for segment in transcript.segments:
        if segment.speaker == role:
            grid[round(segment.start * 100) : round(segment.end * 100)] = True
    return grid


def test_two_voices_in_a_mono_mix_get_the_roles_that_they_have_on_two_channels(
    heard: Transcript, apart: Transcript
) -> None:
    assert {segment.speaker_id for segment in heard.segments} == {"spk1", "spk2"}
    assert heard.attribution.method == "diarization"
    assert heard.attribution.confidence > 0.7
    right = [_grid(heard, role) & _grid(apart, role) for role in ("agent", "customer")]
    wrong = _grid(heard, "agent") & _grid(apart, "customer") & ~_grid(apart, "agent")
    wrong |= _grid(heard, "customer") & _grid(apart, "agent") & ~_grid(apart, "customer")
    assert wrong.sum() / (wrong.sum() + sum(one.sum() for one in right)) < 0.07


def test_a_segment_has_one_voice_and_stands_in_its_order(heard: Transcript) -> None:
    starts = [segment.start for segment in heard.segments]
    assert starts == sorted(starts)
    assert heard.segments[0].speaker_id == "spk1"  # numbered by who speaks first
    assert {segment.channel for segment in heard.segments} == {0}


def test_one_voice_alone_is_one_voice(
    sample_call: DecodedAudio, engine: FasterWhisperEngine, make_audio: MakeAudio
) -> None:
    alone = transcribe(make_audio(sample_call.read(0)), SpeechOptions(), engine)
    assert {(segment.speaker_id, segment.speaker) for segment in alone.segments} == {("spk1", "unknown")}
    assert alone.attribution.confidence < 0.5


def test_the_same_voice_is_more_alike_than_another(model: VoiceModel, sample_call: DecodedAudio) -> None:
    sides = [model.windows(sample_call, [Stretch(side, 0, sample_call.duration)]) for side in (0, 1)]
    means = [
        np.mean([one.embedding for one in part], axis=0) for side in sides for part in (side[::2], side[1::2])
    ]
    alike = np.corrcoef(means)
    assert min(alike[0, 1], alike[2, 3]) > 0.9
    assert alike[:2, 2:].max() < min(alike[0, 1], alike[2, 3]) - 0.1


def test_windows_cover_a_stretch_and_stay_inside_it(model: VoiceModel, make_audio: MakeAudio) -> None:
    audio = make_audio(RANDOM.normal(0, 0.1, 12 * SAMPLE_RATE))
    windows = model.windows(audio, [Stretch(0, 1.0, 1.1), Stretch(0, 2.0, 2.8), Stretch(0, 3.0, 11.3)])
    assert windows[0].start == 2.0  # a tenth of a second tells nothing
    assert windows[1].start == 3.0
    assert windows[-1].end == pytest.approx(11.3, abs=0.05)
    assert all(np.linalg.norm(window.embedding) == pytest.approx(1, abs=1e-3) for window in windows)
    steps = np.diff([window.start for window in windows[1:]])
    assert steps.max() <= 0.51


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    (tmp_path / "weights.pt").write_bytes(b"x" * 100)
    with pytest.raises(ConfigurationError, match="damaged"):
        VoiceModel(tmp_path / "weights.pt")


def test_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (print, ("never",))

    with zipfile.ZipFile(tmp_path / "evil.pt", "w") as archive:
        archive.writestr("evil/data.pkl", pickle.dumps(Evil()))
    with pytest.raises(pickle.UnpicklingError, match=r"no need of builtins\.print"):
        checkpoint.read(tmp_path / "evil.pt")


def test_features_are_centred_and_a_tone_is_in_its_band() -> None:
    assert filterbank(np.zeros(399, np.float32)).shape == (0, BANDS)
    quiet, loud = np.zeros(SAMPLE_RATE, np.float32), np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = np.concatenate([quiet, np.sin(2 * np.pi * 1000 * loud).astype(np.float32)])
    features = filterbank(tone)
    assert features.shape == (198, BANDS)
    assert np.abs(features.mean(axis=0)).max() < 1e-3
    rise = features[150] - features[20]
    assert 25 < int(rise.argmax()) < 30  # 1 kHz is 1000 mel of 31 to 2840, in 80 bands


def _windows(*voices: tuple[int, int], spread: float = 0.35, size: int = 192) -> list[VoiceWindow]:
    """Windows of half a second: ``(which voice, how many)`` in turn, all with something in common."""
    kinds = np.random.default_rng(1).normal(size=(5, size)) + np.random.default_rng(2).normal(size=size) / 2
    found: list[VoiceWindow] = []
    for voice, count in voices:
        for _ in range(count):
            raw = kinds[voice] + spread * np.linalg.norm(kinds[voice]) * RANDOM.normal(size=size) / size**0.5
            start = len(found) * 0.5
            found.append(VoiceWindow(start, start + 0.5, (raw / np.linalg.norm(raw)).astype(np.float32)))
    return found


@pytest.mark.parametrize(
    ("turns", "voices"),
    [([(0, 40)], 1), ([(0, 1)], 1), ([(0, 20), (1, 20)], 2), ([(0, 60), (1, 12), (0, 60)], 2),
     ([(0, 40), (1, 40), (2, 40)], 3), ([(0, 60), (1, 3), (0, 60)], 1),
     ([(0, 700), (1, 700)], 2)],
)  # fmt: skip
def test_voices_are_counted(turns: list[tuple[int, int]], voices: int) -> None:
    windows = _windows(*turns)
    groups = group(windows)
    assert groups.voices == voices
    assert groups.scores.shape == (len(windows), voices)
    if voices > 1:
        assert groups.likeness < 0.8
        truth = [voice for voice, count in turns for _ in range(count)]
        found = groups.scores.argmax(axis=1)
        pairs = set(zip(truth, found.tolist(), strict=True))
        assert len(pairs) == len(set(truth))  # each voice is one group, beyond MOST_WINDOWS too
    assert MOST_WINDOWS < 1400


def _words(*spoken: tuple[str, float]) -> list[HeardWord]:
    return [HeardWord(0, text, start, start + 0.3, 0.9) for text, start in spoken]


def _groups(*voices: int) -> tuple[list[VoiceWindow], Groups]:
    """A window each half second, wholly like one of two voices."""
    nothing = np.zeros(1, np.float32)
    windows = [VoiceWindow(at * 0.5, at * 0.5 + 0.5, nothing) for at in range(len(voices))]
    return windows, Groups(np.eye(2, dtype=np.float32)[list(voices)], 0.3)


def test_a_voice_changes_at_a_pause_or_after_a_sentence_and_not_within_one() -> None:
    said = ["Good", "day", "to", "you.", "My", "router", "died", "today."]
    words = _words(*((text, 0.35 * at) for at, text in enumerate(said)))
    windows, groups = _groups(1, 1, 1, 0, 0, 0)
    assert [word.voice for word in with_voices(words, windows, groups)] == [0, 0, 0, 0, 1, 1, 1, 1]


def test_voices_are_numbered_by_who_speaks_first() -> None:
    words = _words(("Hello?", 0.0), ("Yes?", 2.0))
    windows, groups = _groups(1, 1, 1, 0, 0, 0)
    assert [word.voice for word in with_voices(words, windows, groups)] == [0, 1]


def test_one_doubtful_word_in_a_sentence_changes_nothing() -> None:
    words = _words(
        *((text, 0.3 * at) for at, text in enumerate(["I", "would", "like", "to", "pay", "my", "bill"]))
    )
    windows, groups = _groups(0, 0, 1, 0, 0)
    assert {word.voice for word in with_voices(words, windows, groups)} == {0}


def test_no_words_have_no_voices() -> None:
    assert with_voices([], *_groups(0)) == []
