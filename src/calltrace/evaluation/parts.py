"""The sentences of a call: a short act inside a long turn drowns in the embedding of the whole.

Each sentence is embedded by itself, once, and a turn is what its sentences are: nothing is computed twice,
and a sentence means the same in a long turn as alone (decision 0049).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from calltrace.evaluation.judges.acts import with_text
from calltrace.evaluation.sensitive_kinds import as_spoken
from calltrace.evaluation.sentences import split_sentences
from calltrace.kit.progress import Progress
from calltrace.meaning.embeddings import DIMENSIONS, Embedder, Matrix
from calltrace.speech.transcript import Segment

_BLOCK = 256
"""Sentences that are embedded before progress is told again: a few seconds' worth."""
_NO_VECTORS = np.zeros((0, DIMENSIONS), np.float32)


@dataclass(frozen=True)
class Parts:
    """All sentences of a call.

    Attributes:
        owners: the index of each one's segment.
        vectors: what each means, ``(sentences, 384)``.
        rows: the features of each in the place of its segment, ``(sentences, features)``.
    """

    owners: NDArray[np.intp]
    vectors: Matrix
    rows: Matrix

    def of(self, index: int) -> NDArray[np.intp]:
        """Which of them are of one segment."""
        return np.flatnonzero(self.owners == index)


@dataclass(frozen=True)
class Told:
    """One segment in sentences, with an invented value for each mark, and the vector of each."""

    sentences: Sequence[str]
    vectors: Matrix

    @property
    def whole(self) -> Matrix:
        """The vector of all of it, ``(384,)``: what takes more room counts for more."""
        sizes = np.array([len(text) for text in self.sentences], np.float32)
        total = sizes @ self.vectors
        return total / max(float(np.linalg.norm(total)), 1e-9)


def told(segments: Sequence[Segment], embedder: Embedder, progress: Progress) -> list[Told]:
    """Embed every sentence of some segments."""
    texts = [_sentences(segment) for segment in segments]
    vectors = _embedded(embedder, [text for some in texts for text in some], progress)
    ends = accumulate(map(len, texts), initial=0)
    return [Told(some, vectors[a:b]) for some, (a, b) in zip(texts, pairwise(ends), strict=True)]


def parts_of(told: Sequence[Told], rows: Matrix) -> Parts:
    """Every sentence in the place of its segment; ``rows`` are the features of the segments."""
    owners = np.array([at for at, one in enumerate(told) for _ in one.sentences], np.intp)
    vectors = np.concatenate([_NO_VECTORS, *(one.vectors for one in told)])
    own = [row for one, whole in zip(told, rows, strict=True) for row in _rows(one, whole)]
    return Parts(owners, vectors, np.stack(own) if own else rows)


def _rows(one: Told, whole: Matrix) -> list[Matrix]:
    if len(one.sentences) == 1:
        return [whole]
    return [with_text(whole, text, vector) for text, vector in zip(one.sentences, one.vectors, strict=True)]


def _sentences(segment: Segment) -> list[str]:
    return [as_spoken(segment.text[a:b]) for a, b in split_sentences(segment.text)]


def _embedded(embedder: Embedder, texts: Sequence[str], progress: Progress) -> Matrix:
    """Embed a block at a time."""
    blocks = [_NO_VECTORS]
    for first in range(0, len(texts), _BLOCK):
        blocks.append(embedder.embed(texts[first : first + _BLOCK]))
        progress(min(first + _BLOCK, len(texts)) / len(texts))
    return np.concatenate(blocks)
