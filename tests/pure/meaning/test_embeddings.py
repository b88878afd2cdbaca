"""What the embedder remembers: a call as long as a shift, and no more than its bound."""

import numpy as np
import pytest

from calltrace.meaning.embeddings import (
    DIMENSIONS,
    REMEMBERED,
    E5Embedder,
    Matrix,
    default_embedder,
)


@pytest.fixture
def forgetful() -> E5Embedder:
    return E5Embedder(threads=1, remember=4)


def _remembered(embedder: E5Embedder, *texts: str) -> list[bool]:
    return [embedder.remembers(text) for text in texts]


def _same(one: Matrix, other: Matrix) -> bool:
    return np.allclose(one, other, atol=1e-2)


def test_more_than_a_long_call_is_remembered_in_bounded_memory() -> None:
    assert REMEMBERED >= 11_000
    assert REMEMBERED * DIMENSIONS * np.float32().nbytes < 64 * 1024**2


def test_what_was_not_used_for_longest_is_forgotten_first(forgetful: E5Embedder) -> None:
    forgetful.embed(["one", "two"])
    forgetful.embed(["three", "four"])
    forgetful.embed(["one", "five"])
    texts = ("one", "two", "three", "four", "five")
    assert _remembered(forgetful, *texts) == [True, False, True, True, True]


def test_examples_embedded_after_a_call_do_not_push_the_call_out(forgetful: E5Embedder) -> None:
    call = ["one", "two", "three"]
    for example in ("four", "five", "six"):
        forgetful.embed(call)
        forgetful.embed([example])
        assert _remembered(forgetful, *call, example) == [True] * 4


def test_a_call_with_more_texts_than_are_remembered_is_embedded_whole(forgetful: E5Embedder) -> None:
    texts = [f"text number {number}" for number in range(9)]
    first, second = forgetful.embed(texts), forgetful.embed(texts)
    assert _remembered(forgetful, *texts) == [True] * 4 + [False] * 5
    assert _same(first, second)
    assert _same(first, default_embedder().embed(texts))


def test_the_same_text_twice_and_a_text_without_content(forgetful: E5Embedder) -> None:
    vectors = forgetful.embed(["one", " ", "one"])
    assert _same(vectors[:1], vectors[2:])
    assert not vectors[1].any()
    assert forgetful.embed([]).shape == (0, DIMENSIONS)
