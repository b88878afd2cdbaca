"""Digits as people say them: ``four oh double one``, ``vier null eins``, ``quatro zero meia``, ``4111 11``.

Number words of six languages become digits; a recogniser's homophones (``for``, ``too``, ``ate``) count
only between real digits. What is read out in pairs (``forty one``) becomes two digits.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from calltrace.evaluation import card_numbers
from calltrace.evaluation.number_words import DIGITS, FILLERS, HOMOPHONES, PAIRS, REPEATS, pair
from calltrace.evaluation.spoken_hundreds import in_threes
from calltrace.scorecards.patterns import plain

_FRENCH_SCORES = frozenset(("soixante",))
"""``soixante-douze`` is 72."""
_HUNDREDS, _DEEP_IN = frozenset(("hundred",)), 4
"""``oh seven seven double oh nine hundred``: so many words into a number, a hundred is two more zeros."""
_SCALES_WORDS = (
    "million millions millones millon milhoes milhao milioni milione millionen mil mille mila tausend"
)
_SCALES = frozenset(_SCALES_WORDS.split())
_ARTICLES = frozenset(("o",))
_NUMBER_LENGTHS = (9, 10, 11, *card_numbers.LENGTHS)
_FEW_WORDS = 2
"""Between a card number and what belongs to it."""
_COUNTED_WORDS = (
    "digits numbers cifre numeri ziffern zahlen stellen chiffres digitos numeros algarismos derniers"
)
_COUNTED = frozenset(_COUNTED_WORDS.split())
"""``three digits 377``: so many of them, none of them."""
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+")
_BREAK = re.compile(r"[^\s,.\-\u2013\u2014/:\u2026_|*()\u00ad\u200b-\u200f\u2060\ufeff]")
"""Whatever else stands between two numbers parts them; of what nobody sees, nothing does."""


_Said = tuple[str, str, int, int]
"""What a word is worth (see ``_value``), the word, and where it stands."""


@dataclass(frozen=True, slots=True)
class Run:
    """Digits that were said in one go, and where they stand in the text, in characters."""

    digits: str
    start: int
    end: int


def digit_runs(text: str, *, details: bool = False, read_out: bool = False) -> list[Run]:
    """All runs of digits, written or spoken, in order.

    ``details``: expiry and security code of a card may be among them in one go, without its number.
    ``read_out``: a number of somebody's is among them: ``siete millones ochocientos mil``.
    """
    readable = _in_digits_of_ascii(plain(text))
    tokens = in_threes(
        [(match[0], match.start(), match.end()) for match in _TOKEN.finditer(readable)],
        readable,
        alone=details or read_out,
    )
    runs: list[Run] = []
    index = 0
    while index < len(tokens):
        said, index = _said_from(tokens, index, readable, _SCALES if read_out else frozenset())
        follows = details or (
            bool(runs and said) and _follows_a_card(runs[-1], readable[runs[-1].end : said[0][2]])
        )
        runs += [run for part in _apart(said, follows=follows) if (run := _run(part))]
    return runs


def _in_digits_of_ascii(text: str) -> str:
    """Full-width, Arabic and other digits as those that the rest of this reads; one for one."""
    if text.isascii():
        return text
    return "".join(
        character if character.isascii() else str(unicodedata.decimal(character, character))
        for character in text
    )


def _follows_a_card(run: Run, between: str) -> bool:
    return card_numbers.is_card(run.digits) and len(between.split()) <= _FEW_WORDS


def _apart(said: list[_Said], *, follows: bool) -> list[list[_Said]]:
    """A card's number, expiry and code that were said in one go, as far as they are words of their own."""
    values = [value for value, *_ in said]
    digits = _joined(values)
    cuts = card_numbers.cuts(digits) or (card_numbers.cuts_behind(digits) if follows else ())
    if not cuts:
        return [said]
    lengths = [len(_joined(values[:count])) for count in range(len(values) + 1)]
    if not all(cut in lengths for cut in cuts):
        return [said]
    edges = [0, *(lengths.index(cut) for cut in cuts), len(said)]
    return [said[first:last] for first, last in pairwise(edges)]


def digit_of(word: str) -> str | None:
    """The digits that a word alone says, in plain writing; ``None`` for every other word."""
    value = _value(word, inside=False)
    return None if value is None or value.startswith("x") else value.lstrip("~^")


def _said_from(
    tokens: list[tuple[str, int, int]], index: int, text: str, scales: frozenset[str]
) -> tuple[list[_Said], int]:
    """What is said in one go from token ``index`` on, and the token to go on with."""
    said: list[_Said] = []
    at = index
    while at < len(tokens):
        word, begin, stop = tokens[at]
        between = text[tokens[at - 1][2] : begin] if at > index else ""
        value = _value(word, inside=bool(said))
        if word in _HUNDREDS and len(said) >= _DEEP_IN:
            value = "00"
        is_count = at + 1 < len(tokens) and tokens[at + 1][0] in _COUNTED
        if (
            is_count
            or _BREAK.search(between)
            or (value is None and not (said and (word in FILLERS or word in scales)))
        ):
            break
        if "," in between and len(_joined([v for v, *_ in said])) in card_numbers.LENGTHS:
            break
        joined = _with_last(said, tokens[at], tokens[at - 1][0])
        if joined:
            said[-1] = joined
        elif value is not None:
            said.append((value, word, begin, stop))
        at += 1
    return said, max(at, index + 1)


def _run(said: list[_Said]) -> Run | None:
    """Without an article or a preposition at either end (Portuguese ``o``, English ``for``)."""
    while said and said[0][1] in _ARTICLES and len(said) > 1:
        said = said[1:]
    while said and (said[-1][1] in HOMOPHONES or said[-1][1] in _ARTICLES) and _loose(said):
        said = said[:-1]
    digits = _joined([value for value, *_ in said])
    return Run(digits, said[0][2], said[-1][3]) if digits else None


def _loose(said: list[_Said]) -> bool:
    """Whether the last word is no digit of a long number: those come in lengths that numbers have."""
    return len(said) == 1 or len(_joined([value for value, *_ in said])) not in _NUMBER_LENGTHS


def _value(word: str, *, inside: bool) -> str | None:
    """Digits, ``x2`` and ``x3`` for what repeats the next digit, ``~40`` for a pair that may take a unit.

    ``^60`` is a French one, which may take ten to nineteen.
    """
    if word.isascii() and word.isdigit():  # superscripts and circled digits are digits to str, not to int
        return word
    if word in DIGITS:
        return DIGITS[word]
    if word in PAIRS:
        return f"{'^' if word in _FRENCH_SCORES else '~'}{PAIRS[word]}"
    if word in REPEATS:
        return f"x{REPEATS[word]}"
    return pair(word) or (HOMOPHONES.get(word) if inside else None)


def _joined(said: list[str]) -> str:
    digits, repeat, tens, scores = "", 1, "", False
    for value in said:
        if value.startswith("x"):
            digits, tens, repeat = digits + tens, "", int(value[1])
        elif scores and tens.endswith("0") and value.startswith("~1"):
            tens, scores = str(int(tens) + int(value[1:])), False
        elif value.startswith(("~", "^")):
            digits, tens, repeat, scores = digits + tens, value[1:], 1, value.startswith("^")
        elif tens and len(value) == 1 and tens.endswith("0") and value != "0":
            digits, tens = digits + tens[0] + value, ""
        else:
            digits, tens, repeat = digits + tens + value[:1] * (repeat - 1) + value, "", 1
    return digits + tens


def _with_last(said: list[_Said], token: tuple[str, int, int], before: str) -> _Said | None:
    """The last number and this one as one: French ``quatre vingt`` is 80, German ``neun und zwanzig`` 29."""
    word, _begin, stop = token
    if not said or word not in PAIRS:
        return None
    last, said_as, begin, _ = said[-1]
    if word.startswith("vingt") and said_as == "quatre" == before:
        return "^80", "quatre-vingt", begin, stop
    if word.endswith(("zig", "dreissig", "dreißig")) and before == "und" and len(last) == 1:
        return PAIRS[word][0] + last, word, begin, stop
    return None
