"""Windows are heard side by side: what is heard is the same with however many threads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from calltrace.kit import threads
from calltrace.kit.progress import silent
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.channels import listen
from calltrace.speech.engines.copies import MOST_HANDS, Copies, hands_for
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.engines.recogniser import CONTEXT, Recogniser
from calltrace.speech.models import resolve
from calltrace.speech.windows import Stretch, Window

BASE, LARGE = 75_000_000, 1_500_000_000
HANDS = {
    "one thread": (1, BASE, 1),
    "two threads": (2, BASE, 2),
    "many threads": (8, BASE, MOST_HANDS),
    "a model that nobody wants in memory twice": (8, LARGE, 1),
}


@pytest.fixture
def allow() -> Iterator[None]:
    yield
    threads.allow(0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return resolve("base", tmp_path_factory.mktemp("models")).folder


@pytest.mark.parametrize(("allowed", "size", "hands"), HANDS.values(), ids=HANDS)
def test_how_many_windows_are_heard_at_once(allowed: int, size: int, hands: int) -> None:
    assert hands_for(allowed, size) == hands


@pytest.mark.parametrize(("windows", "expected"), [(1, [1]), (2, [1, 1]), (3, [2, 1]), (9, [2, 2, 2, 2, 1])])
def test_every_hand_has_a_batch_if_there_are_enough(windows: int, expected: list[int]) -> None:
    some = [Window((Stretch(0, float(index), index + 1.0),)) for index in range(windows)]
    batches = Recogniser(object(), CONTEXT, hands=2, batch=2).batches(some)
    assert [len(batch) for batch in batches] == expected
    assert [window for batch in batches for window in batch] == some


@pytest.mark.usefixtures("allow")
def test_a_single_window_has_all_threads_and_one_thread_needs_one_copy(folder: Path) -> None:
    threads.allow(2)
    copies = Copies(folder, CONTEXT)
    many, single = copies.of(9), copies.of(1)
    assert (many.hands, single.hands) == (2, 1)
    assert single is copies.single
    assert many is not single
    threads.allow(1)
    alone = Copies(folder, CONTEXT)
    assert alone.of(9) is alone.of(1)


@pytest.mark.usefixtures("allow")
def test_the_same_words_with_one_thread_and_with_several(folder: Path, opening: DecodedAudio) -> None:
    speech = listen(opening, silent).speech
    heard: list[Any] = []
    for allowed in (1, 2):
        threads.allow(allowed)
        told: list[float] = []
        heard.append(FasterWhisperEngine(folder, "base").transcribe(opening, speech, None, told.append))
        assert told == sorted(told)
        assert told[-1] == 1.0
    assert heard[0] == heard[1]
    assert len(heard[0].words) > 20
