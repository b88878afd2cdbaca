"""Numbers read out in threes: ``two hundred and ten, three hundred and five`` is 210305.

One such group alone is an amount or a year as often as not; two in a row, with nothing between them, are
how long numbers are read out.
"""

import re
from collections.abc import Iterator, Sequence

from calltrace.evaluation.number_words import DIGITS, FILLERS, PAIRS, pair

Token = tuple[str, int, int]
"""A word, and where it stands in the text, in characters."""

_AND = frozenset(("and", "y", "e", "et", "und"))
_TIMES_HUNDRED = frozenset(("hundred", "hundert", "cent", "cents"))
_SHARES = frozenset(("per", "por", "pour"))
"""``per cento`` is no hundred."""
_ONE_WORD = {
    **dict.fromkeys(("cien", "ciento", "cem", "cento", "cent", "hundert"), "1"),
    **dict.fromkeys(("doscientos", "doscientas", "duzentos", "duzentas"), "2"),
    **dict.fromkeys(("trescientos", "trescientas", "trezentos", "trezentas"), "3"),
    **dict.fromkeys(("cuatrocientos", "cuatrocientas", "quatrocentos", "quatrocentas"), "4"),
    **dict.fromkeys(("quinientos", "quinientas", "quinhentos", "quinhentas"), "5"),
    **dict.fromkeys(("seiscientos", "seiscientas", "seiscentos", "seiscentas"), "6"),
    **dict.fromkeys(("setecientos", "setecientas", "setecentos", "setecentas"), "7"),
    **dict.fromkeys(("ochocientos", "ochocientas", "oitocentos", "oitocentas"), "8"),
    **dict.fromkeys(("novecientos", "novecientas", "novecentos", "novecentas"), "9"),
}
_COMPOUND = re.compile(
    r"(ein|zwei|zwo|drei|vier|funf|sechs|sieben|acht|neun|due|tre|quattro|cinque|sei|sette|otto|nove)?"
    r"(?:hundert|cento)(?:und)?(\w{0,24})"
)
_SCORES = (60, 80)
"""French ``soixante`` and ``quatre-vingt`` take ten to nineteen."""
_TEEN, _TENS = 20, 10


def in_threes(tokens: Sequence[Token], text: str, *, alone: bool = False) -> list[Token]:
    """``tokens`` with each group of hundreds that stands beside another one as its three digits.

    ``alone``: also one that stands alone, where a short number was asked for.
    """
    found = list(_read(tokens))
    beside = [
        alone or any(_touch(tokens, text, *pairs) for pairs in _neighbours(found, number))
        for number in range(len(found))
    ]
    return [
        (digits, tokens[first][1], tokens[last - 1][2]) if digits and near else tokens[at]
        for (digits, first, last), near in zip(found, beside, strict=True)
        for at in (range(first, first + 1) if digits and near else range(first, last))
    ]


Group = tuple[str, int, int]
"""Three digits, or none for any other word, and the tokens from which to which they were said."""


def _read(tokens: Sequence[Token]) -> Iterator[Group]:
    at = 0
    while at < len(tokens):
        digits, after = _group(tokens, at)
        yield digits, at, after
        at = after


def _neighbours(found: Sequence[Group], number: int) -> Iterator[tuple[Group, Group]]:
    """The nearest groups of hundreds before and after, if this is one."""
    if not found[number][0]:
        return
    for step in (-1, 1):
        at = number + step
        while 0 <= at < len(found) and not found[at][0]:
            at += step
        if 0 <= at < len(found):
            yield (found[at], found[number]) if step < 0 else (found[number], found[at])


def _touch(tokens: Sequence[Token], text: str, one: Group, other: Group) -> bool:
    """Whether nothing but commas, fillers and other numbers stands between two groups."""
    between = tokens[one[2] : other[1]]
    said = all(word in FILLERS or word in DIGITS or word in PAIRS or word.isdigit() for word, *_ in between)
    gap = text[tokens[one[2] - 1][2] : tokens[other[1]][1]]
    return said and not re.search(r"[.!?;]\s", gap)


def _group(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    """The three digits that begin at token ``at``, and the token after them; no digits: one token."""
    word = tokens[at][0]
    if word in _ONE_WORD and not (at and tokens[at - 1][0] in _SHARES):
        return _with_rest(tokens, _ONE_WORD[word], at + 1)
    if DIGITS.get(word, "0") != "0" and at + 1 < len(tokens) and tokens[at + 1][0] in _TIMES_HUNDRED:
        return _with_rest(tokens, DIGITS[word], at + 2)
    if (one := _COMPOUND.fullmatch(word)) and (rest := _whole(one[2])) is not None:
        hundreds = DIGITS[one[1]] if one[1] else "1"
        return (f"{hundreds}{rest:02d}", at + 1) if rest else _with_rest(tokens, hundreds, at + 1)
    return "", at + 1


def _with_rest(tokens: Sequence[Token], hundreds: str, at: int) -> tuple[str, int]:
    rest, after = _rest(tokens, at + 1) if _word(tokens, at) in _AND else _rest(tokens, at)
    return (f"{hundreds}{rest:02d}", after) if rest else (f"{hundreds}00", at)


def _rest(tokens: Sequence[Token], at: int) -> tuple[int, int]:
    """What is said after a hundred, under a hundred, and the token after it; 0 where it is none."""
    word = _word(tokens, at)
    if _begins_hundreds(tokens, at):
        return 0, at
    if word == "quatre" and _word(tokens, at + 1).startswith("vingt"):
        return _with_unit(tokens, 80, at + 2)
    value = _whole(word)
    if not word or value is None:
        return 0, at
    return _with_unit(tokens, value, at + 1) if value >= _TEEN and not value % _TENS else (value, at + 1)


def _with_unit(tokens: Sequence[Token], tens: int, at: int) -> tuple[int, int]:
    """``treinta y cinco``, ``forty two``, ``soixante quinze``."""
    there = at + 1 if _word(tokens, at) in _AND else at
    unit = _whole(_word(tokens, there))
    most = _TEEN if tens in _SCORES and _word(tokens, there) in PAIRS else _TENS
    if not unit or unit >= most or _begins_hundreds(tokens, there):
        return tens, at
    return tens + unit, there + 1


def _begins_hundreds(tokens: Sequence[Token], at: int) -> bool:
    return _word(tokens, at) in DIGITS and _word(tokens, at + 1) in _TIMES_HUNDRED


def _word(tokens: Sequence[Token], at: int) -> str:
    return tokens[at][0] if at < len(tokens) else ""


def _whole(word: str) -> int | None:
    """A number under a hundred in one word; 0 for no word, ``None`` for any other."""
    if not word:
        return 0
    digits = DIGITS.get(word) or PAIRS.get(word) or pair(word)
    return int(digits) if digits else None
