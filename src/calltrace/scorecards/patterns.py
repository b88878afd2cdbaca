"""Word patterns: a small language that people can write and that can never run away.

``thank you for calling``  these words, whatever their case, accents and the punctuation between them
``call*``                  any word that begins so
``not ... problem``        up to three words may stand in between
``(taped|recorded)``       one of these

Every pattern becomes a regular expression without unbounded nested repetition, so matching
takes time in proportion to the text, whatever a user writes.
"""

import re
import unicodedata
from functools import lru_cache

_TOKEN = re.compile(r"\.\.\.|\([^()|]+(?:\|[^()|]+)*\)|[\w'\u2019]+\*?")
_APOSTROPHES = "\u2019\u00b4`"
_ELLIPSIS = "..."
_MAX_GAPS = 3
_GAP = r"(?:\W+\w+){0,3}?\W+"


def plain(text: str) -> str:
    """``text`` in lower case without accents, one character for each of its characters."""
    return "".join(_plain_character(character) for character in text)


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    base = unicodedata.normalize("NFD", character.lower())[0]
    return "'" if base in _APOSTROPHES else base


def checked_pattern(pattern: str) -> str:
    """``pattern`` itself.

    Raises:
        ValueError: it holds something outside the language above.
    """
    compile_pattern(pattern)
    return pattern


@lru_cache(maxsize=2048)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The regular expression to search for in ``plain(text)``.

    Raises:
        ValueError: the pattern holds something outside the language above.
    """
    tokens = _TOKEN.findall(plain(pattern))
    if re.sub(r"[\s,]+", "", _TOKEN.sub("", plain(pattern))) or not tokens:
        raise ValueError("a pattern is words, word*, ... and (one|other)")
    if _ELLIPSIS in (tokens[0], tokens[-1]):
        raise ValueError("a pattern neither begins nor ends with ...")
    # Each gap multiplies the ways to match by four: few gaps keep the worst case small.
    if tokens.count(_ELLIPSIS) > _MAX_GAPS:
        raise ValueError(f"a pattern has at most {_MAX_GAPS} gaps (...)")
    return re.compile(rf"\b{_joined(tokens)}(?!\w)")


def _joined(tokens: list[str]) -> str:
    expression, separator = "", ""
    for word in tokens:
        if word == _ELLIPSIS:
            separator = _GAP
            continue
        expression += separator + _expression(word)
        separator = r"\W+"
    return expression


def _expression(token: str) -> str:
    if token.startswith("("):
        return "(?:" + "|".join(_words(choice) for choice in token[1:-1].split("|")) + ")"
    return _words(token)


def _words(text: str) -> str:
    return r"\W+".join(re.escape(word).replace(r"\*", r"\w*") for word in text.split())
