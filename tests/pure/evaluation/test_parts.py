"""Turns in sentences: each is embedded once, by itself, and a turn is what its sentences are."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from calltrace.evaluation.hearing import hear
from calltrace.evaluation.judges.acts import shipped_head
from calltrace.evaluation.parts import Told, parts_of, told
from calltrace.kit.progress import silent
from calltrace.meaning.embeddings import DIMENSIONS, Embedder, Matrix
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]
HELLO, SORRY, ASK = "Good morning, Ana speaking.", "I am so sorry to hear that.", "May I have your postcode?"


class _Counting:
    """Counts what is embedded by another embedder."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.texts: list[str] = []

    @property
    def name(self) -> str:
        return self._embedder.name

    def embed(self, texts: Sequence[str]) -> Matrix:
        self.texts += texts
        return self._embedder.embed(texts)


@pytest.fixture
def call(make_call: MakeCall) -> Transcript:
    return make_call(("a", 0, 2, HELLO), ("a", 3, 6, f"{SORRY} {ASK}"), ("c", 7, 8, "…"))


def test_every_sentence_is_embedded_once_and_no_turn_beside(call: Transcript, embedder: Embedder) -> None:
    counting = _Counting(embedder)
    hear(call, 10.0, counting, shipped_head())
    assert counting.texts == [HELLO, SORRY, ASK, "…"]


def test_a_sentence_means_the_same_in_a_long_turn_as_alone(call: Transcript, embedder: Embedder) -> None:
    hearing = hear(call, 10.0, embedder, shipped_head())
    assert np.array_equal(hearing.sentence_vectors(1), embedder.embed([SORRY, ASK]))
    assert np.array_equal(hearing.sentence_vectors(0), embedder.embed([HELLO]))


def test_a_turn_of_one_sentence_is_that_sentence(call: Transcript, embedder: Embedder) -> None:
    hearing = hear(call, 10.0, embedder, shipped_head())
    assert np.allclose(hearing.vectors[0], embedder.embed([HELLO])[0], atol=1e-6)
    acts = shipped_head()["agent"].names
    assert hearing.act_of_sentences(0, "agent", acts) == pytest.approx(
        max(hearing.acts["agent"][name][0] for name in acts), abs=1e-4
    )


def test_what_takes_more_room_in_a_turn_counts_for_more() -> None:
    east, north = np.eye(2, DIMENSIONS, dtype=np.float32)
    whole = Told(["a" * 30, "b" * 40], np.stack([east, north])).whole
    assert whole[:2] == pytest.approx([0.6, 0.8])
    assert not Told([""], np.zeros((1, DIMENSIONS), np.float32)).whole.any()


def test_an_act_of_one_sentence_is_an_act_of_its_turn(call: Transcript, embedder: Embedder) -> None:
    hearing = hear(call, 10.0, embedder, shipped_head())
    sorry, ask = hearing.act_of_sentences(1, "agent", ["ask_identifier"])
    assert ask > 0.5 > sorry
    assert hearing.acts["agent"]["ask_identifier"][1] >= ask


def test_sentences_stand_in_the_place_of_their_turn(embedder: Embedder, call: Transcript) -> None:
    heard = told(call.segments, embedder, silent)
    rows = np.arange(3 * 2000, dtype=np.float32).reshape(3, 2000)
    parts = parts_of(heard, rows)
    assert parts.owners.tolist() == [0, 1, 1, 2]
    assert [parts.of(index).tolist() for index in range(3)] == [[0], [1, 2], [3]]
    assert np.array_equal(parts.rows[0], rows[0])
    assert np.array_equal(
        parts.rows[1:3, DIMENSIONS : 3 * DIMENSIONS], rows[[1, 1], DIMENSIONS : 3 * DIMENSIONS]
    )


def test_a_call_without_a_word_has_no_sentences(embedder: Embedder, make_call: MakeCall) -> None:
    hearing = hear(make_call(), 10.0, embedder, shipped_head())
    assert hearing.vectors.shape == (0, DIMENSIONS)
    assert len(hearing.parts.rows) == len(hearing.parts.owners) == 0


def test_progress_is_told_for_each_block_up_to_all(make_call: MakeCall, embedder: Embedder) -> None:
    call = make_call(
        *(("a", at, at + 1, f"Word {at} is said here. And word {at} again.") for at in range(150))
    )
    shares: list[float] = []
    told(call.segments, embedder, shares.append)
    assert shares == [256 / 300, 1.0]
