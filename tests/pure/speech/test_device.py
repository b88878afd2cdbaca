"""Where models run and with how many threads. Of graphics cards only the choice is tested."""

from collections.abc import Generator
from typing import Any

import pytest

from calltrace.kit import threads
from calltrace.speech.engines import device
from calltrace.speech.engines.device import CPU, Device, choose
from calltrace.speech.voices.model import VoiceModel, weights_file

CHOICES = {
    "no card": (0, (), CPU),
    "a card of today": (1, ("float32", "float16", "int8", "int8_float16"), Device("cuda", "float16", 16)),
    "an old card": (2, ("float32", "int8", "int8_float32"), Device("cuda", "int8_float32", 16)),
    "a card that computes in nothing known": (1, ("int4",), CPU),
    "types without a card": (0, ("float16",), CPU),
}


@pytest.mark.parametrize(("cards", "types", "expected"), CHOICES.values(), ids=CHOICES)
def test_the_card_if_there_is_one(cards: int, types: tuple[str, ...], expected: Device) -> None:
    assert choose(cards, types) == expected


def test_what_is_found_here_is_what_the_library_sees() -> None:
    import ctranslate2

    library: Any = ctranslate2
    cards = library.get_cuda_device_count()
    assert (device.find() == CPU) == (cards == 0)


@pytest.fixture
def two_threads() -> Generator[None]:
    threads.allow(2)
    yield
    threads.allow(0)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.skipif(weights_file() is None, reason="the voice model is not installed for this platform")
def test_the_voice_model_obeys_the_allowance() -> None:
    weights = weights_file()
    assert weights
    threads.allow(1)
    session: Any = VoiceModel(weights)._session  # pyright: ignore[reportPrivateUsage] - where the library keeps it
    options = session.get_session_options()
    assert options.intra_op_num_threads == 1


@pytest.mark.usefixtures("two_threads")
def test_what_is_said_counts_else_one_thread_per_core() -> None:
    assert threads.allowed() == 2
    threads.allow(0)
    assert 1 <= threads.allowed() == threads.default() <= 8


def test_the_voice_detector_has_one_thread() -> None:
    from faster_whisper import vad

    library: Any = vad
    options = library.get_vad_model().session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
