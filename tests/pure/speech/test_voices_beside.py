"""Voices are looked for while words are recognised, with the results of looking afterwards."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from calltrace.kit import threads
from calltrace.kit.progress import silent
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.channels import listen
from calltrace.speech.voices.beside import VoicesBeside
from calltrace.speech.voices.model import VoiceModel, weights_file
from calltrace.speech.voices.service import find_voices
from calltrace.speech.windows import Stretch


@pytest.fixture
def one_thread() -> Iterator[None]:
    threads.allow(1)
    yield
    threads.allow(0)


@pytest.fixture(scope="module")
def speech(sample_call: DecodedAudio) -> list[Stretch]:
    return list(listen(sample_call, silent).speech)


def _running() -> int:
    return sum(thread.name.startswith("voices") for thread in threading.enumerate())


def test_what_is_found_beside_is_what_is_found_alone(
    sample_call: DecodedAudio, speech: list[Stretch]
) -> None:
    left = [stretch for stretch in speech if stretch.channel == 0]
    told: list[float] = []
    with VoicesBeside(sample_call, left) as voices:
        beside = voices.of(0, told.append, likely_one=False)
    alone = find_voices(sample_call, left)
    assert beside
    assert alone
    assert len(beside.windows) == len(alone.windows)
    assert np.array_equal(beside.groups.scores, alone.groups.scores)
    assert not _running()


def test_a_party_alone_on_its_channel_is_one_voice(sample_call: DecodedAudio, speech: list[Stretch]) -> None:
    with VoicesBeside(sample_call, speech) as voices:
        assert voices.of(0, silent, likely_one=True) is None
        asked_otherwise = voices.of(1, silent, likely_one=False)
    assert asked_otherwise
    assert asked_otherwise.groups.voices == 1


@pytest.mark.usefixtures("one_thread")
def test_one_thread_is_the_callers_own(sample_call: DecodedAudio, speech: list[Stretch]) -> None:
    with VoicesBeside(sample_call, speech) as voices:
        assert not _running()
        assert voices.of(0, silent, likely_one=True) is None


def test_whoever_leaves_early_waits_for_nobody(sample_call: DecodedAudio, speech: list[Stretch]) -> None:
    many = [stretch for stretch in speech if stretch.channel == 0] * 300
    with pytest.raises(KeyError), VoicesBeside(sample_call, many):
        raise KeyError
    assert not _running()


def test_a_fault_while_listening_is_told_to_whoever_asks(
    sample_call: DecodedAudio, speech: list[Stretch], tmp_path_factory: pytest.TempPathFactory
) -> None:
    nowhere = tmp_path_factory.mktemp("gone") / "nothing.s16"
    gone = DecodedAudio((nowhere,), 1, sample_call.sample_rate, sample_call.duration, "pcm_s16le")
    left = [stretch for stretch in speech if stretch.channel == 0]
    with pytest.raises(FileNotFoundError), VoicesBeside(gone, left) as voices:
        voices.of(0, silent, likely_one=False)


@pytest.mark.parametrize("seconds", [0.4, 1.0, 1.9, 2.1, 3.7, 5.3, 7.9, 8.0, 13.3])
def test_a_stretch_of_any_length_is_covered(seconds: float, sample_call: DecodedAudio) -> None:
    weights = weights_file()
    assert weights
    windows = VoiceModel(weights).windows(sample_call, [Stretch(0, 2.0, 2.0 + seconds)])
    assert windows[0].start == pytest.approx(2.0)
    assert windows[-1].end == pytest.approx(2.0 + seconds, abs=0.05)
    assert all(np.linalg.norm(window.embedding) == pytest.approx(1.0, abs=1e-4) for window in windows)
