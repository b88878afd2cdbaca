"""Digits as people say them: ``four oh double one``, ``vier null eins``, ``quatro zero meia``, ``4111 11``.

Number words of six languages become digits; a recogniser's homophones (``for``, ``too``, ``ate``) count
only between real digits. What is read out in pairs (``forty one``) becomes two digits.
"""

import re
from dataclasses import dataclass

from calltrace.scorecards.patterns import plain

_UNITS: dict[str, str] = {
    "0": "zero oh o null cero nulla zéro zerro",
    "1": "one uno una eins ein un une um uma",
    "2": "two dos zwei zwo deux dois duas due",
    "3": "three tres drei trois três tre",
    "4": "four cuatro vier quatre quatro quattro",
    "5": "five cinco funf fünf cinq cinque",
    "6": "six seis sechs meia sei",
    "7": "seven siete sieben sept sete sette",
    "8": "eight ocho acht huit oito otto",
    "9": "nine nueve neun neuf nove niner",
}
_TENS: dict[str, str] = {
    "10": "ten diez zehn dix dez dieci",
    "11": "eleven once elf onze undici",
    "12": "twelve doce zwolf zwölf douze doze dodici",
    "13": "thirteen trece dreizehn treize treze tredici",
    "14": "fourteen catorce vierzehn quatorze catorze quattordici",
    "15": "fifteen quince funfzehn fünfzehn quinze quindici",
    "16": "sixteen dieciseis sechzehn seize dezesseis sedici",
    "17": "seventeen diecisiete siebzehn dezessete diciassette",
    "18": "eighteen dieciocho achtzehn dezoito diciotto",
    "19": "nineteen diecinueve neunzehn dezenove diciannove",
    "20": "twenty veinte zwanzig vingt vinte venti",
    "30": "thirty treinta dreissig dreißig trente trinta trenta",
    "40": "forty cuarenta vierzig quarante quarenta quaranta",
    "50": "fifty cincuenta funfzig fünfzig cinquante cinquenta cinquanta",
    "60": "sixty sesenta sechzig soixante sessenta sessanta",
    "70": "seventy setenta siebzig septante settanta",
    "80": "eighty ochenta achtzig huitante octante oitenta ottanta",
    "90": "ninety noventa neunzig nonante novanta",
}
_REPEATS: dict[str, int] = {
    **dict.fromkeys(("double", "doble", "doppel", "doppelt", "dobro", "duplo", "doppio"), 2),
    **dict.fromkeys(("triple", "treble", "triplo", "dreifach"), 3),
}
_HOMOPHONES: dict[str, str] = {
    "for": "4",
    "fore": "4",
    "to": "2",
    "too": "2",
    "won": "1",
    "ate": "8",
    "ait": "8",
}
_FILLERS = frozenset(
    {
        *("uh", "um", "er", "erm", "ah", "eh", "ehm", "hmm", "so", "then", "and", "y", "und", "et", "e"),
        *("dash", "hyphen", "slash", "strich", "traco", "tiret", "barra", "dot", "point", "ponto", "punto"),
        *("punkt", "guion", "trattino", "coma", "comma", "space"),
    }
)


def _table(words: dict[str, str]) -> dict[str, str]:
    return {plain(word): digits for digits, spoken in words.items() for word in spoken.split()}


_DIGITS = _table(_UNITS)
_PAIRS = _table(_TENS)
_ARTICLES = frozenset(("o",))
_CARD_LENGTHS = (15, 16)
_NUMBER_LENGTHS = (9, 10, 11, *_CARD_LENGTHS)
_GERMAN_PAIR = re.compile(r"(\w+)und(\w+zig|dreissig)")
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+")
_BREAK = re.compile(r"[^\s,.\-\u2013\u2014/:\u2026]")


@dataclass(frozen=True, slots=True)
class Run:
    """Digits that were said in one go, and where they stand in the text, in characters."""

    digits: str
    start: int
    end: int


def digit_runs(text: str) -> list[Run]:
    """All runs of digits, written or spoken, in order."""
    readable = plain(text)
    tokens = [(match[0], match.start(), match.end()) for match in _TOKEN.finditer(readable)]
    runs: list[Run] = []
    index = 0
    while index < len(tokens):
        run, index = _run_from(tokens, index, readable)
        if run:
            runs.append(run)
    return runs


def _run_from(tokens: list[tuple[str, int, int]], index: int, text: str) -> tuple[Run | None, int]:
    """The run that begins with token ``index``, if one does, and the token to go on with."""
    said: list[tuple[str, str, int, int]] = []
    at = index
    while at < len(tokens):
        word, begin, stop = tokens[at]
        between = text[tokens[at - 1][2] : begin] if at > index else ""
        value = _value(word, inside=bool(said))
        if _BREAK.search(between) or (value is None and not (said and word in _FILLERS)):
            break
        if "," in between and len(_joined([v for v, *_ in said])) in _CARD_LENGTHS:
            break
        if value is not None:
            said.append((value, word, begin, stop))
        at += 1
    return _run(said), max(at, index + 1)


def _run(said: list[tuple[str, str, int, int]]) -> Run | None:
    """Without an article or a preposition at either end (Portuguese ``o``, English ``for``)."""
    while said and said[0][1] in _ARTICLES and len(said) > 1:
        said = said[1:]
    while said and (said[-1][1] in _HOMOPHONES or said[-1][1] in _ARTICLES) and _loose(said):
        said = said[:-1]
    digits = _joined([value for value, *_ in said])
    return Run(digits, said[0][2], said[-1][3]) if digits else None


def _loose(said: list[tuple[str, str, int, int]]) -> bool:
    """Whether the last word is no digit of a long number: those come in lengths that numbers have."""
    return len(said) == 1 or len(_joined([value for value, *_ in said])) not in _NUMBER_LENGTHS


def _value(word: str, *, inside: bool) -> str | None:
    """Digits, ``x2`` and ``x3`` for what repeats the next digit, ``~40`` for a pair that may take a unit."""
    if word.isascii() and word.isdigit():  # superscripts and circled digits are digits to str, not to int
        return word
    if word in _DIGITS:
        return _DIGITS[word]
    if word in _PAIRS:
        return f"~{_PAIRS[word]}"
    if (pair := _GERMAN_PAIR.fullmatch(word)) and pair[1] in _DIGITS and pair[2] in _PAIRS:
        return _PAIRS[pair[2]][0] + _DIGITS[pair[1]]
    if word in _REPEATS:
        return f"x{_REPEATS[word]}"
    return _HOMOPHONES.get(word) if inside else None


def _joined(said: list[str]) -> str:
    digits, repeat, tens = "", 1, ""
    for value in said:
        if value.startswith("x"):
            digits, tens, repeat = digits + tens, "", int(value[1])
        elif value.startswith("~"):
            digits, tens, repeat = digits + tens, value[1:], 1
        elif tens and len(value) == 1 and tens.endswith("0") and value != "0":
            digits, tens = digits + tens[0] + value, ""
        else:
            digits, tens, repeat = digits + tens + value[:1] * (repeat - 1) + value, "", 1
    return digits + tens
