"""Codes as people read them out: ``K 7 Q double T 2``, ``erre dê quatro quatro um oito``, ``S as in Sierra``.

Single letters, their names and digits in one go. Many names of letters are words, too (``are``, ``see``,
``de``): those only count between others.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from calltrace.evaluation.spoken_numbers import HOMOPHONES, Run, digit_of
from calltrace.scorecards.patterns import plain

_SURE_NAMES_WORDS = (
    "aitch haitch kay jay zed zee queue efe hache jota equis uve zeta erre eme ene effe acca emme enne esse"
    " bravo foxtrot tango sierra romeo whiskey zulu aga xis ypsilon dabliu iks gamma eff cee gee ell ess"
    " vee dee pee vau zett jot jott"
)
_SURE_NAMES = frozenset(_SURE_NAMES_WORDS.split())
_MAYBE_NAMES_WORDS = (
    "alpha alfa charlie delta echo golf hotel india juliet kilo lima mike november oscar papa quebec uniform"
    " victor yankee bee see are you why ex oh eye tea el em en ar be ce de ge te ve pe cu ka i ele ese ye"
    " bi ci di pi ti vu"
    " elle si ka ku ji ze ef es"
)
_MAYBE_NAMES = frozenset(_MAYBE_NAMES_WORDS.split())
NAMES_OF_LETTERS = _SURE_NAMES | _MAYBE_NAMES
_WORDS_OF_ONE_LETTER = frozenset("aioeyu")
_REPEATS_WORDS = "double triple treble doble doppel doppelt duplo dobro doppio dreifach"
_REPEATS = frozenset(_REPEATS_WORDS.split())
_JOINTS_WORDS = (
    "dash hyphen slash strich bindestrich schragstrich traco guion tiret barra trattino punto punkt ponto"
    " point stroke underscore"
)
JOINTS = frozenset(_JOINTS_WORDS.split())
_UNIT_WORDS = (
    "gb mb kb tb am pm usd eur gbp kwh kw km kg cm mm ml tv id ok st nd rd th hz mhz ghz lte sms pin atm"
    " ac dc vat iva ust g"
)
UNITS = frozenset(_UNIT_WORDS.split())
_AS_IN = re.compile(
    r"(?: ?[,\u2013\u2014-])? ?(?:as in|like|wie|como|comme|come|for|von|de|di) ([^\W\d_]{3,})"
    r"(?:,? (?:(?:and|et|e|ed|y|und) )?([^\W\d_]{3,}))?"
)
_NAMED_BY = re.compile(r", ([A-Z][^\W\d_]{2,}),? ([A-Z][^\W\d_]{2,})(?=,)")
"""``HL, Heinrich Ludwig, K M 807``: two names in place of two letters."""
_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+")
_BREAK = re.compile(r"[^\s,.\-\u2013\u2014/#]|[,.]\s*[,.]")
HOUR = re.compile(r"\b\d{1,2} ?h(?: ?\d{2})?\b")
"""French and Portuguese times: ``8 h 12``."""
_CAPITALS, _PAIR = 5, 2
_SHORTEST, _FEWEST_DIGITS, _SHORTEST_NAME = 4, 1, 4


@dataclass(frozen=True, slots=True)
class Token:
    """``sure`` of a letter or digit that is no word; ``value`` what it is worth."""

    value: str
    sure: bool
    start: int
    end: int


def codes(text: str, said: Sequence[Token] | None = None) -> list[Run]:
    """Runs of letters and digits with at least one digit and one letter, in order.

    ``said``: the words of ``text``, where they are known.
    """
    readable = plain(text)
    return [
        run
        for run in _runs(text, tokens(text) if said is None else said)
        if any(map(str.isdigit, run.digits))
        and any(map(str.isalpha, run.digits))
        and _has_more_than_o(readable[run.start : run.end])
        and not HOUR.search(text, run.start, run.end)
    ]


def _has_more_than_o(said: str) -> bool:
    """``o`` is nothing only beside other digits: ``b o l d u c`` is a name."""
    return any(digit_of(match[0]) is not None for match in _TOKEN.finditer(said) if match[0] != "o")


def letters(said: Sequence[Token]) -> list[Token]:
    """Every letter that may be one of a code, also several written as one: ``K``, ``erre``, ``RX``."""
    return [token for token in said if token.value.isalpha()]


def spelled_words(text: str) -> list[Run]:
    """Runs of letters alone: a name that somebody spells."""
    found = (run for run in _runs(text, tokens(text), letters=True) if run.digits.replace("0", "o").isalpha())
    return [run for run in found if len(run.digits) >= _SHORTEST_NAME]


def _runs(text: str, said: Sequence[Token], *, letters: bool = False) -> list[Run]:
    readable = plain(text)
    runs: list[Run] = []
    part: list[Token] = []
    last = 0
    for token in [*said, None]:
        if token is None or not token.value or _BREAK.search(readable[last : token.start]):
            runs += _run(part, letters=letters)
            part = []
        if token and token.value:
            part.append(token)
        last = token.end if token else last
    return runs


def tokens(text: str) -> list[Token]:
    """Every word; one that is no part of a code has no value."""
    readable = plain(text)
    found: list[Token] = []
    at = 0
    while match := _TOKEN.search(readable, at):
        beside = readable[match.start() - 1 : match.start()], readable[match.end() : match.end() + 1]
        is_ending = "'" in beside  # there's, I'm, l'ho
        value, sure = ("", False) if is_ending else _value(match[0], text[slice(*match.span())])
        end = match.end()
        if value.isalpha() and (after := _after_example(text, readable, value, match)):
            end, sure = after, True
        found.append(Token(value, sure, match.start(), end))
        at = end
    return found


def _after_example(text: str, readable: str, value: str, said: re.Match[str]) -> int | None:
    """Where words end that stand for one or two letters: ``comme Denise et Jacques``."""
    as_in = _AS_IN.match(readable, said.end()) or _NAMED_BY.match(text, said.end())
    if as_in is None:
        return None
    first, second = as_in[1].lower(), (as_in[2] or "").lower()
    # The name of a letter begins with it, or with a vowel before it: "ene", "effe".
    if len(value) == 1 and as_in.re is _AS_IN and first[0] in said[0][:2]:
        return as_in.end(1)
    is_pair = len(value) == _PAIR and first[0] == value[0] and second[:1] == value[1]
    return as_in.end(2) if is_pair else None


def _value(word: str, written: str) -> tuple[str, bool]:
    """What a word is worth in a code, and whether it can be nothing else; nothing for other words."""
    if word in _REPEATS or word in JOINTS:
        return "-", False
    if (digits := HOMOPHONES.get(word) or digit_of(word)) is not None:
        return (
            digits,
            word not in HOMOPHONES and word not in _MAYBE_NAMES and word not in _WORDS_OF_ONE_LETTER,
        )
    if len(word) == 1 and word.isalpha():
        return word, word not in _WORDS_OF_ONE_LETTER or (written.isupper() and written not in "AI")
    if (word in _SURE_NAMES or word in _MAYBE_NAMES) and not (written.isupper() and len(word) == _PAIR):
        return word[0], word in _SURE_NAMES
    is_code = written.isupper() and len(word) <= _CAPITALS and word not in UNITS
    return (word, True) if is_code else ("", False)


def _run(part: list[Token], *, letters: bool) -> list[Run]:
    """The run without what may be a word at its ends."""
    while part and not part[0].sure and not (letters and part[0].value.isalpha()):
        part = part[1:]
    while part and not part[-1].sure and not (letters and part[-1].value.isalpha()):
        part = part[:-1]
    value = "".join(token.value for token in part).replace("-", "")
    sure_letters = sum(token.sure and token.value.isalpha() for token in part)
    enough = sure_letters or (letters and len(part) > _SHORTEST)
    if len(value) < _SHORTEST or not enough or len(part) < 2:  # noqa: PLR2004 - a code has parts
        return []
    return [Run(value, part[0].start, part[-1].end)]
