"""Where sensitive data were spoken: kinds and segments, never the values themselves.

Own rules, no model: numbers by length, check digits and what was asked for; the rest by form. A spoken
number is often cut into several turns, so what the agent asked stays in mind for a few turns.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from calltrace.evaluation.results import SensitiveSpan
from calltrace.evaluation.sensitive_words import TOPICS
from calltrace.evaluation.spoken_numbers import Run, digit_runs
from calltrace.scorecards.patterns import plain
from calltrace.speech.transcript import Segment

_MEMORY = 3
"""Turns after which a question no longer explains a number."""
_CARD_LENGTHS = (15, 16)
_PHONE_LENGTHS = (10, 11)
_CVV_LENGTH = 3
_ONE_BREATH = 60
_EXPIRY_DATE = re.compile(r"(?:0?[1-9]|1[0-2])(?:20)?[2-4]\d")
_FAR_LENGTH = 7
_LENGTHS: dict[str, tuple[int, int]] = {
    "cvv": (3, 4),
    "expiry": (3, 6),
    "national_id": (4, 15),
    "phone": (7, 13),
    "account_number": (4, 12),
    "date_of_birth": (3, 8),
}
_LONGEST_CARD = 19
_SHORTEST_CARD = 13
_LETTER_CODE = re.compile(r"\b(?=[A-Z0-9\-]*\d)(?=[A-Z0-9\-]*[A-Z])[A-Z0-9][A-Z0-9\-]{4,}\b")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]){11,30}\b")
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("national_id", re.compile(r"\b\d{3}-\d{2}-\d{4}\b")),  # US social security number
    ("national_id", re.compile(r"\b[STFG]\d{7}[A-Z]\b")),  # Singapore
    ("national_id", re.compile(r"\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b")),  # Italy, codice fiscale
    ("national_id", re.compile(r"\b\d{2}[ .]?\d{3}[ .]?\d{3}[ -]?[A-Z]\b")),  # Spain, DNI
    ("national_id", re.compile(r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b")),  # Brazil, CPF
    ("national_id", re.compile(r"\b\d{1,2}\.\d{3}\.\d{3}-[\dkK]\b")),  # Chile, RUT
    ("email", re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")),
)
_SPOKEN_EMAIL = re.compile(
    r"\w+ (?:at|arroba|arobase|chiocciola|klammeraffe) (?:\w+ ){1,4}(?:dot|punto|punkt|point|ponto) \w{2,}"
)
_MONTH = re.compile(
    r"\b(?:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|ene|abr|ago|dic|fev|avr|jui|aou|out"
    r"|gen|mag|giu|lug|set|ott)\w*(?:\W+(?:the\W+)?\w+){0,2}"
)
_MIN_CODE = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """A sensitive value in a segment's text: kind and where it stands, in characters."""

    kind: str
    index: int
    start: int
    end: int


def sensitive_spans(segments: Sequence[Segment], found: Sequence[Finding]) -> list[SensitiveSpan]:
    """``found`` as spans, in the order of the call; each kind once per segment."""
    pairs = dict.fromkeys((finding.index, finding.kind) for finding in found)
    return [SensitiveSpan(kind=kind, segment_id=segments[index].id) for index, kind in sorted(pairs)]


def masked(text: str, found: Sequence[Finding]) -> str:
    """``text`` with every finding replaced by its kind in brackets."""
    for finding in sorted(found, key=lambda one: -one.start):
        text = f"{text[: finding.start]}[{finding.kind}]{text[finding.end :]}"
    return text


def findings(segments: Sequence[Segment]) -> list[Finding]:
    """Every sensitive value, with its place; overlapping kinds only once, the more specific first."""
    found: list[Finding] = _split_cards(segments)
    named = [_named(segment.text) for segment in segments]
    for index in range(len(segments)):
        taken = [one for one in found if one.index == index]
        for new in _in_segment(segments, index, _topics(segments, index, named)):
            if not any(new.start < old.end and old.start < new.end for old in taken):
                taken.append(new)
                found.append(new)
    return found


def _in_segment(segments: Sequence[Segment], index: int, topics: dict[str, int]) -> list[Finding]:
    text = segments[index].text
    runs = digit_runs(text)
    cards = [Finding("payment_card", index, r.start, r.end) for r in runs if _is_card(r.digits, topics)]
    forms = [Finding(kind, index, m.start(), m.end()) for kind, form in _FORMS for m in form.finditer(text)]
    ibans = [Finding("iban", index, m.start(), m.end()) for m in _IBAN.finditer(text) if _is_iban(m[0])]
    spoken = [Finding("email", index, m.start(), m.end()) for m in _SPOKEN_EMAIL.finditer(plain(text))]
    after = _after_card(index, runs, cards)
    phones = [Finding("phone", index, r.start, r.end) for r in runs if len(r.digits) in _PHONE_LENGTHS]
    return [*cards, *ibans, *forms, *spoken, *after, *_by_topic(segments, index, runs, topics), *phones]


def _after_card(index: int, runs: list[Run], cards: list[Finding]) -> list[Finding]:
    """What follows a card number in one breath: its expiry (a month and a year), its security code."""
    if not cards:
        return []
    rest = [run for run in runs if run.start >= cards[-1].end and run.start - cards[-1].end < _ONE_BREATH]
    found = [Finding("expiry", index, r.start, r.end) for r in rest if _EXPIRY_DATE.fullmatch(r.digits)]
    codes = [r for r in rest if len(r.digits) == _CVV_LENGTH and not _EXPIRY_DATE.fullmatch(r.digits)]
    return [*found, *(Finding("cvv", index, r.start, r.end) for r in codes)]


def _topics(segments: Sequence[Segment], index: int, named: list[list[str]]) -> dict[str, int]:
    """What this segment speaks of itself (0), and what was asked for so many turns before."""
    topics = dict.fromkeys(named[index], 0)
    for back in range(1, min(_MEMORY, index) + 1):
        if segments[index - back].speaker != segments[index].speaker:
            for kind in named[index - back]:
                topics.setdefault(kind, back)
    return topics


def _named(text: str) -> list[str]:
    readable = plain(text)
    return [kind for kind, pattern in TOPICS if pattern.search(readable)]


def _by_topic(
    segments: Sequence[Segment], index: int, runs: list[Run], topics: dict[str, int]
) -> list[Finding]:
    """Numbers and dates that are sensitive because of what they answer; far questions explain less."""
    found: list[Finding] = []
    for kind, distance in topics.items():
        if kind == "date_of_birth" and segments[index].speaker == "agent":
            continue
        spans = _values(kind, segments[index].text, runs, distance)
        found += [Finding(kind, index, a, b) for a, b in spans]
    return found


def _values(kind: str, text: str, runs: list[Run], distance: int) -> list[tuple[int, int]]:
    low, high = _LENGTHS.get(kind, (1, 0))
    low = low if distance <= 1 or kind == "date_of_birth" else max(low, _FAR_LENGTH)
    numbers = [(run.start, run.end) for run in runs if low <= len(run.digits) <= high]
    if kind == "date_of_birth":
        return numbers or [m.span() for m in _MONTH.finditer(plain(text)) if runs]
    if kind == "account_number":
        return numbers + [m.span() for m in _LETTER_CODE.finditer(text)]
    return numbers


def _is_card(digits: str, topics: dict[str, int]) -> bool:
    """By length and first digit; recognisers mishear digits, a failed check digit acquits nothing.

    They also repeat groups: where a card is spoken of, a longer number is one, too.
    """
    if len(digits) < _SHORTEST_CARD or digits[0] not in "23456":
        return False
    if "payment_card" in topics:
        return True
    return len(digits) in _CARD_LENGTHS or (len(digits) <= _LONGEST_CARD and luhn(digits))


def luhn(digits: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1, annex B)."""
    doubled = [int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 -- digit sum


def _is_iban(text: str) -> bool:
    """The check digits of ISO 13616: the rearranged number leaves 1 when divided by 97."""
    compact = re.sub(r"\s", "", text)
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def _split_cards(segments: Sequence[Segment]) -> list[Finding]:
    """A card number that one speaker reads out over several turns, the other only saying "go on"."""
    found: list[Finding] = []
    for side in ("agent", "customer", "unknown"):
        pieces = [
            (index, run)
            for index, segment in enumerate(segments)
            if segment.speaker == side
            for run in digit_runs(segment.text)
            if _MIN_CODE <= len(run.digits) < _SHORTEST_CARD
        ]
        found += _joined_cards(pieces)
    return found


def _joined_cards(pieces: list[tuple[int, Run]]) -> list[Finding]:
    for first in range(len(pieces)):
        digits = ""
        for last in range(first, min(first + 5, len(pieces))):
            if last > first and pieces[last][0] - pieces[last - 1][0] > 2:  # noqa: PLR2004 -- one turn
                break
            digits += pieces[last][1].digits
            several = last > first and pieces[last][0] > pieces[first][0]
            if several and len(digits) in _CARD_LENGTHS and digits[0] in "3456" and luhn(digits):
                return [Finding("payment_card", i, r.start, r.end) for i, r in pieces[first : last + 1]]
    return []
