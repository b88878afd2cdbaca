"""Words to pieces: the likeliest way to put a text together from pieces that the model knows.

Source: Kudo, "Subword Regularization", ACL 2018, section 3.2 (unigram model, Viterbi); the spaces are those
of SentencePiece. Our own, because the library for it takes 300 MB of memory for this vocabulary, and one
second to load; this takes 50 MB and a third of it, and of the time of a call a hundredth.
"""

import re
import unicodedata
from array import array
from collections.abc import Sequence

from calltrace.meaning.e5.packed import Vocabulary

_SPACE = "\u2581"
_IMPOSSIBLE = float("-inf")
_RARER = 10.0
"""A character that nobody knows is so much less likely than the least likely piece."""
_NOT_SAID = re.compile(r"<(s|/s|pad|unk|mask)>")
"""Pieces that mean something to the model, and nothing when they stand in a text."""


class Pieces:
    """Texts to ids."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._pieces = {
            piece: number
            for number, piece in enumerate(vocabulary.pieces)
            if piece and not _NOT_SAID.fullmatch(piece)
        }
        # A list of objects would take ten times as much.
        self._scores = array("f", vocabulary.scores.tobytes())
        self._longest = max(map(len, self._pieces))
        self._unknown = vocabulary.unknown
        self._rare = min(self._scores) - _RARER
        self._read_as = dict(vocabulary.read_as)

    def ids(self, text: str, known: dict[str, Sequence[int]]) -> list[int]:
        """The pieces of a text, without a frame; of two texts with a space between, those of both.

        ``known``: the words that were put together before; new ones are added. No piece goes beyond a word.
        """
        plain = unicodedata.normalize("NFC", text).translate(self._read_as)
        found: list[int] = []
        for word in plain.split(" "):
            if word and word not in known:
                known[word] = self._likeliest(_SPACE + word)
            found += known.get(word, ())
        return found

    def _likeliest(self, text: str) -> list[int]:
        size, pieces, scores = len(text), self._pieces, self._scores
        best = [0.0, *[_IMPOSSIBLE] * size]
        came: list[tuple[int, int]] = [(0, 0)] * (size + 1)  # the piece that ends here, and where it begins
        for start in range(size):
            so_far = best[start]
            for end in range(start + 1, min(size, start + self._longest) + 1):
                piece = pieces.get(text[start:end])
                if piece is not None and so_far + scores[piece] > best[end]:
                    best[end], came[end] = so_far + scores[piece], (piece, start)
            if so_far + self._rare > best[start + 1]:
                best[start + 1], came[start + 1] = so_far + self._rare, (self._unknown, start)
        return _backwards(came)


def _backwards(came: Sequence[tuple[int, int]]) -> list[int]:
    found: list[int] = []
    at = len(came) - 1
    while at:
        piece, at = came[at]
        found.append(piece)
    return found[::-1]
