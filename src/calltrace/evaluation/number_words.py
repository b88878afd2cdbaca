"""Number words of six languages, as digits: tables, and two digits in one word."""

import re

from calltrace.scorecards.patterns import plain

_UNITS: dict[str, str] = {
    "0": "zero oh nought naught o null cero nulla zéro zerro",
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
    "16": "sixteen dieciseis sechzehn seize dezesseis dezasseis sedici",
    "17": "seventeen diecisiete siebzehn dezessete dezassete diciassette",
    "18": "eighteen dieciocho achtzehn dezoito diciotto",
    "19": "nineteen diecinueve neunzehn dezenove dezanove diciannove",
    "20": "twenty veinte zwanzig vingt vingts vinte venti",
    "30": "thirty treinta dreissig dreißig trente trinta trenta",
    "40": "forty cuarenta vierzig quarante quarenta quaranta",
    "50": "fifty cincuenta funfzig fünfzig cinquante cinquenta cinquanta",
    "60": "sixty sesenta sechzig soixante sessenta sessanta",
    "70": "seventy setenta siebzig septante settanta",
    "80": "eighty ochenta achtzig huitante octante oitenta ottanta",
    "90": "ninety noventa neunzig nonante novanta",
}
REPEATS: dict[str, int] = {
    **dict.fromkeys(("double", "doble", "doppel", "doppelt", "dobro", "duplo", "doppio"), 2),
    **dict.fromkeys(("triple", "treble", "triplo", "dreifach"), 3),
}
HOMOPHONES: dict[str, str] = {
    "for": "4",
    "fore": "4",
    "to": "2",
    "too": "2",
    "won": "1",
    "ate": "8",
    "ait": "8",
}
FILLERS = frozenset(
    {
        *("uh", "um", "er", "erm", "ah", "eh", "ehm", "hmm", "so", "then", "and", "y", "und", "et", "e"),
        *("dash", "hyphen", "slash", "strich", "traco", "tiret", "barra", "dot", "point", "ponto", "punto"),
        *("punkt", "guion", "trattino", "coma", "comma", "space"),
    }
)


def _table(words: dict[str, str]) -> dict[str, str]:
    return {plain(word): digits for digits, spoken in words.items() for word in spoken.split()}


DIGITS = _table(_UNITS)
PAIRS = _table(_TENS)

_JOINED_PAIR = re.compile(
    r"(veinti|vent[iu]?|trent[au]?|quarant[au]?|cinquant[au]?|sessant[au]?|settant[au]?|ottant[au]?|novant[au]?)"
    r"(uno|un|no|dos|tres|cuatro|seis|siete|ocho|nueve|due|tre|quattro|cinque|cinco|sei|sette|otto|nove)"
)
"""Spanish ``veintidos``, Italian ``trentacinque``, ``ventuno``."""
_GERMAN_PAIR = re.compile(r"(\w+)und(\w+zig|drei(?:ss|ß)ig)")


def pair(word: str) -> str | None:
    """Two digits in one word: German ``zweiundvierzig``, Spanish ``veintidos``, Italian ``trentuno``."""
    if (both := _GERMAN_PAIR.fullmatch(word)) and both[1] in DIGITS and both[2] in PAIRS:
        return PAIRS[both[2]][0] + DIGITS[both[1]]
    if (both := _JOINED_PAIR.fullmatch(word)) and (unit := _unit(both[2])):
        return _tens(both[1]) + unit
    return None


def _unit(word: str) -> str | None:
    return "1" if word in ("no", "un") else DIGITS.get(word)


def _tens(stem: str) -> str:
    return next(digits[0] for word, digits in PAIRS.items() if len(digits) > 1 and word[:4] == stem[:4])
