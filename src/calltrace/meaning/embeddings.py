"""Sentence embeddings: multilingual-e5-small on the CPU; what was seen lately is not computed again."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from calltrace.kit.threads import allowed

Matrix = NDArray[np.float32]
DIMENSIONS = 384
_MAX_THREADS = 2
REMEMBERED = 20_000  # texts, of 1.5 kB each: two four-hour calls in 31 MB
_MAX_CHARACTERS = 2000  # what is said in one go is shorter; more text would only cost time


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

    def __init__(self, threads: int | None = None, remember: int = REMEMBERED) -> None:
        from calltrace.meaning.e5.model import E5

        self._model = E5(threads or min(_MAX_THREADS, allowed()))
        self._seen: OrderedDict[bytes, Matrix] = OrderedDict()
        self._most = remember

    @property
    def name(self) -> str:
        """Name and version of the model."""
        return self._model.name

    def embed(self, texts: Sequence[str]) -> Matrix:
        """One unit vector per text: ``(len(texts), 384)``; a text without content is all zeros."""
        keys = [_digest(text) for text in texts]
        known = {key: self._seen[key] for key in keys if key in self._seen}
        new = {key: text for key, text in zip(keys, texts, strict=True) if text.strip() and key not in known}
        if new:
            vectors = self._model.vectors([text[:_MAX_CHARACTERS] for text in new.values()])
            # Copies: a row that is only a view would keep the whole matrix in memory.
            known |= {key: vector.copy() for key, vector in zip(new, vectors, strict=True)}
        self._remember(known)
        nothing = np.zeros(DIMENSIONS, np.float32)
        rows = [known.get(key, nothing) for key in keys]
        return np.stack(rows) if rows else np.zeros((0, DIMENSIONS), np.float32)

    def remembers(self, text: str) -> bool:
        """Whether the text would not be computed again."""
        return _digest(text) in self._seen

    def _remember(self, used: Mapping[bytes, Matrix]) -> None:
        """Keeps what was used and forgets what was not used for longest.

        Of a call with more texts than are remembered the first ones stay: they are known the next time.
        """
        for key, vector in islice(used.items(), self._most):
            self._seen[key] = vector
            self._seen.move_to_end(key)
        while len(self._seen) > self._most:
            self._seen.popitem(last=False)


def _digest(text: str) -> bytes:
    """What is remembered in place of a text: a worker must not keep what callers said."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


@cache
def default_embedder() -> E5Embedder:
    """The shipped model, once per process."""
    return E5Embedder()
