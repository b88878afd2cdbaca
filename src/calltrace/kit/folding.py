"""Words as a search compares them: without case and accents, whatever language they are of.

Written Chinese, Japanese and Thai set no spaces between words: there each character counts as one, and a word
is characters beside one another.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 64
"""Characters of a word that count; nobody says longer ones."""
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_MARKS = "\u0300-\u036f"
_WORD = re.compile(rf"[{_SPACELESS}]|(?:(?![{_SPACELESS}])[^\W_])(?:(?![{_SPACELESS}])[^\W_]|[{_MARKS}])*")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
)
"""Letters that are others with something through them, or two in one, which no normal form takes apart."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One word of a text, folded, and the characters of the text that it stands for."""

    word: str
    start: int
    end: int


def placed(text: str) -> Iterator[Placed]:
    """The words of a text, in order."""
    pattern = _ASCII_WORD if text.isascii() else _WORD
    for found in pattern.finditer(text):
        if word := _folded(found.group()):
            yield Placed(word, found.start(), found.end())


def words(text: str) -> list[str]:
    """The same without their places."""
    return [one.word for one in placed(text)]


def folded(text: str) -> str:
    """The words of a text with one space before, between and after them; nothing where there are none."""
    found = words(text)
    return f" {' '.join(found)} " if found else ""


def _folded(word: str) -> str:
    if word.isascii():
        return word[:LONGEST].lower()
    bare = "".join(one for one in unicodedata.normalize("NFKD", word) if not unicodedata.combining(one))
    plain = unicodedata.normalize("NFC", bare.casefold().translate(_PLAIN))
    return "".join(one for one in plain if one.isalnum())[:LONGEST]
