"""Values that their form gives away, wherever they are written: check digits by python-stdnum."""

import re
from collections.abc import Callable, Iterator, Sequence

from stdnum import iban
from stdnum.be import nn
from stdnum.br import cnpj, cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fr import nir
from stdnum.ie import pps
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.mx import curp, rfc
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.us import itin, ssn

from calltrace.evaluation.sensitive_turn import Finding, Turn
from calltrace.evaluation.spoken_numbers import digit_of

_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]){11,30}\b")
_CHECKED: Sequence[tuple[Callable[[str], bool], re.Pattern[str]]] = tuple(
    (is_valid, re.compile(pattern))
    for is_valid, pattern in (
        (dni.is_valid, r"\b\d{2}[ .]?\d{3}[ .]?\d{3}[ -]?[A-Z]\b"),
        (nie.is_valid, r"\b[XYZ][ -]?\d{7}[ -]?[A-Z]\b"),
        (codicefiscale.is_valid, r"\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b"),
        (nir.is_valid, r"\b[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}\b"),
        (idnr.is_valid, r"\b\d{2} ?\d{3} ?\d{3} ?\d{3}\b"),
        (nif.is_valid, r"\b[12356789]\d{2} ?\d{3} ?\d{3}\b"),
        (cpf.is_valid, r"\b\d{3}\.?\d{3}\.?\d{3}-?\d{2}\b"),
        (cnpj.is_valid, r"\b\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}\b"),
        (aadhaar.is_valid, r"\b[2-9]\d{3} ?\d{4} ?\d{4}\b"),
        (pan.is_valid, r"\b[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]\b"),
        (rut.is_valid, r"\b\d{1,2}\.?\d{3}\.?\d{3}-?[\dkK]\b"),
        (bsn.is_valid, r"\b\d{4}\.?\d{2}\.?\d{3}\b"),
        (pesel.is_valid, r"\b\d{11}\b"),
        (ahv.is_valid, r"\b756\.?\d{4}\.?\d{4}\.?\d{2}\b"),
        (nn.is_valid, r"\b\d{2}\.?\d{2}\.?\d{2}-?\d{3}\.?\d{2}\b"),
        (curp.is_valid, r"\b[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z\d]\d\b"),
        (rfc.is_valid, r"\b[A-Z&]{4} ?\d{6} ?[A-Z\d]{3}\b"),
        (ssn.is_valid, r"\b\d{3}-\d{2}-\d{4}\b"),
        (itin.is_valid, r"\b9\d{2}-\d{2}-\d{4}\b"),
        (sin.is_valid, r"\b\d{3}[ -]\d{3}[ -]\d{3}\b"),
        (pps.is_valid, r"\b\d{7}[A-W][ABW]?\b"),
    )
)
"""How such a number is written, and whether its check digits are right: without, any number has that form."""
_FORMS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("national_id", re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),  # US social security number, in any range
    ("national_id", re.compile(r"\b[STFGM]\d{7}[A-Z]\b")),  # Singapore
    ("national_id", re.compile(r"\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b")),  # misheard letters, too
    ("national_id", re.compile(r"\b\d{2}[ .]?\d{3}[ .]?\d{3}[ -]?[A-Z]\b")),
    ("national_id", re.compile(r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b")),
    ("national_id", re.compile(r"\b\d{1,2}\.\d{3}\.\d{3}-[\dkK]\b")),
    (
        "national_id",
        re.compile(r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z]{2} ?(?:\d{2} ?){3}[A-D]\b"),
    ),  # UK
    ("national_id", re.compile(r"\b[LMNPRTVWXYCFGHJK][0-9CFGHJKLMNPRTVWXYZ]{8}\d\b(?<=\d[A-Z0-9]{8}\d)")),
    ("phone", re.compile(r"\(\d{3}\) ?\d{3}[ -]?\d{4}\b|(?<!\w)\+\d{1,3}(?:[ ().-]{0,2}\d){7,12}\b")),
    ("phone", re.compile(r"\b\d{3}[-.]\d{3}[-.]\d{4}\b")),
    ("email", re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,6}\b")),
)
_AT = r"(?:at|arroba|arobas|arobase|chiocciola|klammeraffe|aet|at-zeichen)"
_LAST = r"(?!yeah\b|yes\b|so\b|but\b)(?:[a-z] [a-z]\b(?! [a-z]\b)|[^\W\d_]{2,24})"
"""What an address ends with, also spelled: ``dot f r``."""
_DOT = r"(?:dot|punto|punkt|point|ponto|period)"
_JOINT_WORDS = (
    "dot punto punkt point ponto period underscore score dash hyphen minus unterstrich bindestrich guion bajo"
    " tiret bas trattino underline sottolineato traco"
)
_LITTLE_WORDS = "aioeyu"
_AND = frozenset(("y", "e", "und", "et", "and"))
_JOINTS = frozenset(_JOINT_WORDS.split())
_HOST = re.compile(
    rf" *(?:\b{_AT}\b) +(?!(?:some|this|that|which|what|any|one|no|the (?!numbers?))\b)"
    rf"(?:[\w-]{{1,64}} +){{1,6}}?{_DOT} +{_LAST}(?: +{_DOT} +{_LAST})?"
)
_HALF_SPOKEN = re.compile(
    rf"\b[\w.+-]{{1,64}} {{0,12}}(?:@|\b{_AT}\b) {{0,12}}(?!(?:some|this|that|which|what|any|no)\b)"
    rf"[\w-]{{1,64}}(?:\.| {_DOT} )[^\W\d_]{{2,24}}(?:\.[^\W\d_]{{2,24}})?"
)
_PAUSES = re.compile(r",|\.{2,}|\u2026|\b(?:uh|um|er|erm|em|euh|ehm|ah|eh|ahm)\b")
"""Between the parts of an address that is read out: ``lio Punkt frehner, at, bergpost, Punkt ch``."""
_LAST_WORD = re.compile(r"[^\W_]+$")
_WORD = re.compile(r"[\w.+'-]+")
_BOX_LENGTH = 160
"""Characters before the at sign in which the name of a mailbox is looked for."""


def forms(turn: Turn) -> list[Finding]:
    """Everything that is told by its form alone."""
    found = [
        turn.found("iban", *match.span()) for match in _IBAN.finditer(turn.text) if iban.is_valid(match[0])
    ]
    found += [turn.found("national_id", a, b) for a, b in _national(turn)]
    for kind, form in _FORMS:
        found += [turn.found(kind, *match.span()) for match in form.finditer(turn.text)]
    said = _PAUSES.sub(_blank, turn.readable)
    spoken = [(_mailbox(said, match.start()), match.end()) for match in _HOST.finditer(said)]
    spoken += [match.span() for match in _HALF_SPOKEN.finditer(said)]
    for start, end in spoken:
        if digit_of(_LAST_WORD.findall(said[start:end])[0]) is None:  # fixed at four point one
            found.append(turn.found("email", start, end))
    return found


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def mailbox(email: str) -> str:
    """What stands before the at sign, written or spoken."""
    return re.split(rf" ?(?:@|\b{_AT}\b)", email, maxsplit=1)[0].strip()


def _mailbox(text: str, at: int) -> int:
    """Where the name before an at sign begins: words that dots and dashes join, single letters, digits."""
    first = max(at - _BOX_LENGTH, 0)
    words = list(_WORD.finditer(text, first, at))
    if not words:
        return at
    here = len(words) - 1
    while here > 0:
        word, before = words[here][0], words[here - 1][0]
        spelled = len(before) == 1 and (len(word) == 1 or before not in _LITTLE_WORDS)
        in_number = word in _AND and digit_of(before) is not None
        if not (before in _JOINTS or word in _JOINTS or spelled or in_number or digit_of(word) is not None):
            break
        here -= 1
    return words[here].start()


def _national(turn: Turn) -> Iterator[tuple[int, int]]:
    for is_valid, form in _CHECKED:
        for match in form.finditer(turn.text):
            if is_valid(match[0]):
                yield match.span()
