"""How much words are like each other, by their letters and roughly by their sound."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

_NEAR = ((3, 0.8), (5, 0.75), (1000, 0.7))
"""(letters of the word, likeness from which on something sounds like it): short words are like many."""
_SAME_SOUND: tuple[tuple[str, str], ...] = (
    ("ph", "f"), ("ck", "k"), ("qu", "kw"), ("c(?=[eiy])", "s"), ("ch|sch", "sh"), ("c|q", "k"), ("x", "ks"),
    ("z", "s"), ("y", "i"), ("w", "v"), ("(?<!s)h", ""), ("(.)\\1+", "\\1"),
)  # fmt: skip
"""Rough, for Latin letters: spellings that sound alike in several languages."""


def likenesses(heard: Sequence[str], wanted: Sequence[str]) -> npt.NDArray[np.float32]:
    """How alike spans and words of the list are, 0 to 1, shape ``(heard, wanted)``: spelt or sounded."""
    if not heard:
        return np.zeros((0, len(wanted)), np.float32)
    compare: Any = process.cdist
    spelt = compare(heard, wanted, scorer=fuzz.ratio)
    sounded = compare([_sound(one) for one in heard], [_sound(one) for one in wanted], scorer=fuzz.ratio)
    return np.maximum(spelt, sounded) / 100


def needed(letters: str) -> float:
    """The likeness from which on something sounds like a word with these letters."""
    return next(near for most, near in _NEAR if len(letters) <= most)


def letters_of(text: str) -> str:
    """Letters and digits only, without case and accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(one for one in plain if one.isalnum())


def _sound(letters: str) -> str:
    for spelling, sound in _SAME_SOUND:
        letters = re.sub(spelling, sound, letters)
    return letters
