"""Word patterns: a small language that people can write and that can never run away.

``thank you for calling``  these words, whatever their case, accents and the punctuation between them
``call*``                  any word that begins so
``not ... problem``        up to three words may stand in between
``(taped|recorded)``       one of these

Chinese, Japanese, Thai, Lao, Khmer and Burmese are written without spaces: their words are found
anywhere, and ``...`` beside them is up to nine characters.

Every pattern becomes a regular expression without unbounded nested repetition, and the ways in which
one can match from one place (its choices and gaps multiplied) are limited. So matching takes time in
proportion to the text, whatever a user writes.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from calltrace.kit.words import Words

_MAX_GAPS = 3
_MAX_WAYS = 1024

_TOKEN = re.compile(r"\.\.\.|\([^()|]+(?:\|[^()|]+)*\)|[\w']*\w[\w']*\*?")
_WORD = re.compile(r"[\w']*\w[\w']*\*?")
_ACCENTED = re.compile("(?<=[a-z\u00df-\u024f\u0370-\u052f])[\U00020300-\U0002036f]+")
_APOSTROPHES = "\u2019\u00b4`"
_ELLIPSIS = "..."
_FOLDED_SCRIPTS = ("LATIN ", "GREEK ", "CYRILLIC ")

# To Python's re, a vowel sign is no part of a word. So plain text has a letter in the place of each
# combining mark: U+0301 becomes U+20301, a Chinese character that nobody says on the telephone.
_MARK_PLANE, _MARK_COUNT = 0x20000, 0xA6D0
_MARK = r"[\U00020000-\U0002A6CF]"
_ACCENTS = r"[\U00020300-\U0002036F]*+"
# Thai and Lao; Burmese; Khmer; Japanese; Chinese; half-width Japanese.
_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17ff"
    r"\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f"
)
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_ENDS_UNSPACED = re.compile(f"[{_UNSPACED}]{_MARK}*$")
_BEGINS = rf"(?:(?<!\w)|(?<=[{_UNSPACED}]))"
_ENDS = rf"(?:(?!\w)|(?=[{_UNSPACED}]))"

# Longer runs than these are no speech; unlimited ones would be read again for each way to match.
_BETWEEN = r"\W{1,64}"
_PERHAPS_BETWEEN = r"\W{0,64}"
_ENDING = r"\w{0,64}+"
_GAP, _GAP_WAYS = rf"(?:{_BETWEEN}\w{{1,64}}){{0,3}}?{_BETWEEN}", 4
_UNSPACED_GAP, _UNSPACED_GAP_WAYS = rf"(?:{_PERHAPS_BETWEEN}\w){{0,9}}?{_PERHAPS_BETWEEN}", 10


def plain(text: str) -> str:
    """``text`` in lower case, Latin, Greek and Cyrillic without accents; one character for each character."""
    if text.isascii():
        return text.lower().replace("`", "'")
    return "".join(map(_plain_character, text))


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    lower = character.lower()
    base = unicodedata.normalize("NFD", lower)[0]
    if base in _APOSTROPHES:
        return "'"
    if _is_mark(character):
        return chr(_MARK_PLANE + ord(character) % _MARK_COUNT)
    return base if _is_folded(base) else lower[0]


def _is_mark(character: str) -> bool:
    """A sign that belongs to a word; the selectors that turn a character into a picture do not."""
    name = unicodedata.name(character, "")
    return unicodedata.category(character) in ("Mn", "Mc") and not name.startswith("VARIATION SELECTOR")


def _is_folded(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_FOLDED_SCRIPTS)


def checked_pattern(pattern: str) -> str:
    """``pattern`` itself. It is not compiled yet: that takes milliseconds, and scorecards have many.

    Raises:
        ValueError: it holds something outside the language above, or can match in too many ways.
    """
    _expression(pattern)
    return pattern


def phrase_pattern(phrase: str) -> str:
    """The pattern that finds ``phrase``: its words, whatever other signs (``%``, ``-``) are between."""
    return " ".join(_TOKEN.findall(_readable(phrase)))


def checked_phrase(phrase: str) -> str:
    """``phrase`` itself.

    Raises:
        ValueError: it has no words, or is no pattern in some other way.
    """
    if not phrase_pattern(phrase):
        raise ValueError("a phrase has at least one word")
    checked_pattern(phrase_pattern(phrase))
    return phrase


@lru_cache(maxsize=2048)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """The regular expression to search for in ``plain(text)``.

    Raises:
        ValueError: as ``checked_pattern``.
    """
    return re.compile(_expression(pattern))


def _expression(pattern: str) -> str:
    readable = _readable(pattern)
    tokens = _TOKEN.findall(readable)
    if re.sub(r"[\s,]+", "", _TOKEN.sub("", readable)) or not tokens:
        raise ValueError("a pattern is words, word*, ... and (one|other)")
    if _ELLIPSIS in (tokens[0], tokens[-1]):
        raise ValueError("a pattern neither begins nor ends with ...")
    if tokens.count(_ELLIPSIS) > _MAX_GAPS:
        raise ValueError(Words("a pattern has at most %(most)s gaps (...)", most=_MAX_GAPS))
    return _joined(tokens)


def _readable(pattern: str) -> str:
    return _ACCENTED.sub("", plain(unicodedata.normalize("NFC", pattern)))


def _joined(tokens: list[str]) -> str:
    expression, ways, before, gap = "", 1, "", False
    for token in tokens:
        if token == _ELLIPSIS:
            gap = True
            continue
        if before:
            separator, more = _separator(before, token, gap=gap)
            expression, ways = expression + separator, ways * more
        choices = _choices(token)
        expression += f"(?:{'|'.join(choices)})"
        ways *= len(choices)
        before, gap = token, False
    if ways > _MAX_WAYS:
        raise ValueError(
            Words(
                "a pattern can match in at most %(most)s ways (its choices and gaps multiplied), "
                "this one in more: write it as several patterns",
                most=_MAX_WAYS,
            )
        )
    return expression


def _separator(before: str, after: str, *, gap: bool) -> tuple[str, int]:
    """What may stand between two tokens, and in how many ways."""
    if _IS_UNSPACED.search(before + after):
        return (_UNSPACED_GAP, _UNSPACED_GAP_WAYS) if gap else (_PERHAPS_BETWEEN, 1)
    return (_GAP, _GAP_WAYS) if gap else (_BETWEEN, 1)


def _choices(token: str) -> list[str]:
    """One expression for each different choice of a group, or for a word alone."""
    choices = [_WORD.findall(choice) for choice in token.strip("()").split("|")]
    if not all(choices):
        raise ValueError("a pattern has words in each of its (one|other)")
    return list(dict.fromkeys(_words(words) for words in choices))


def _words(words: list[str]) -> str:
    expression = _word(words[0])
    for before, word in pairwise(words):
        expression += _separator(before, word, gap=False)[0] + _word(word)
    return expression


def _word(word: str) -> str:
    letters = word.removesuffix("*")
    begins = "" if _IS_UNSPACED.match(letters) else _BEGINS
    ends = rf"(?!{_MARK})" if _ENDS_UNSPACED.search(letters) else _ENDS
    return begins + "".join(map(_letter, letters)) + (_ENDING if word.endswith("*") else "") + ends


def _letter(letter: str) -> str:
    """The letter in both of its spellings: as one character, and as a base with its marks."""
    if _is_folded(letter):
        return letter + _ACCENTS
    apart = plain(unicodedata.normalize("NFD", letter))
    return re.escape(letter) if apart == letter else f"(?:{letter}|{apart})"
