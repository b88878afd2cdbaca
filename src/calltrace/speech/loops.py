"""Recognisers sometimes repeat themselves for ever. People repeat themselves too, but not that fast."""

import zlib
from collections.abc import Sequence

from calltrace.speech.engines.protocol import HeardWord

_ASCII = 128
_LONGEST_PHRASE = 12
_FEWEST_REPEATS = 4
_FASTEST_WORD_SECONDS = 0.08
"""Fast talkers reach 5 to 7 syllables a second; twelve words a second is nobody."""


def compression(text: str) -> float:
    """How many times smaller a text becomes by deflate; Whisper calls more than 2.4 a loop.

    Whisper counts bytes of UTF-8, to which two or three times the same prefix for each letter is a
    repetition: plain Russian reaches 2.4. Here each character is one byte, whatever its script.
    """
    raw = _one_byte_each(text)
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def _one_byte_each(text: str) -> bytes:
    """ASCII as it is, the other characters numbered from 128 as they appear (from the 129th on again)."""
    numbers: dict[str, int] = {}
    return bytes(
        ord(one) if one.isascii() else _ASCII + numbers.setdefault(one, len(numbers)) % _ASCII for one in text
    )


def without_impossible_loops(words: Sequence[HeardWord]) -> list[HeardWord]:
    """The words without repetitions that nobody could have said in the time they claim.

    A run of one phrase (1 to 12 words) at least four times over is kept whole if its words last as
    long as spoken words do ("no, no, no, no"), else it is cut to its first time.
    """
    kept: list[HeardWord] = []
    plain = [word.text.lower().strip(".,!?… ") for word in words]
    position = 0
    while position < len(words):
        size, repeats = _run(plain, position)
        run = words[position : position + size * repeats]
        kept += run[:size] if repeats >= _FEWEST_REPEATS and _is_impossible(run) else run
        position += len(run)
    return kept


def _run(plain: Sequence[str], position: int) -> tuple[int, int]:
    for size in range(1, _LONGEST_PHRASE + 1):
        repeats = _repeats(plain, position, size)
        if repeats >= _FEWEST_REPEATS:
            return size, repeats
    return 1, 1


def _repeats(plain: Sequence[str], position: int, size: int) -> int:
    phrase = plain[position : position + size]
    repeats = 1
    while plain[position + repeats * size : position + (repeats + 1) * size] == phrase:
        repeats += 1
    return repeats


def _is_impossible(run: Sequence[HeardWord]) -> bool:
    return (run[-1].end - run[0].start) / len(run) < _FASTEST_WORD_SECONDS
