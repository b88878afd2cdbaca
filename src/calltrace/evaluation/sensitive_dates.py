"""Dates of birth and of expiry, as people write and say them: ``6/14/1971``, ``dritter elfter siebzig``.

A date is a run of days, months and years with little words between. Which date it is, the turn or the
question tells; a whole date of a year in which callers were born is one of birth even without.
"""

import re
from collections.abc import Iterator, Sequence

from calltrace.evaluation.sensitive_turn import Finding, Place, Turn
from calltrace.evaluation.spoken_numbers import Run, digit_of, digit_runs
from calltrace.kit.kept import kept_with
from calltrace.scorecards.patterns import plain

MONTHS = re.compile(
    r"(?:january|jan|february|feb|march|april|apr|may|june|jun|july|jul|august|aug|september|sept?"
    r"|october|oct"
    r"|november|nov|december|dec|enero|febrero|mar[sz]o|abril|mayo|junio|julio|agosto|septiembre|setiembre"
    r"|octubre|noviembre|diciembre|januar|janner|jaenner|februar|marz|maerz|mai|juni|juli|oktober|dezember"
    r"|janvier|fevrier|mars|avril|juin|juillet|aout|septembre|octobre|novembre|decembre|janeiro|fevereiro"
    r"|marco|maio|junho|julho|setembro|outubro|novembro|dezembro|gennaio|febbraio|aprile|maggio|giugno"
    r"|luglio|settembre|ottobre|dicembre)"
)
_ORDINALS = re.compile(
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\w+teenth"
    r"|twentieth"
    r"|thirtieth|primero|premier|primeiro|primo|ersten?r?|zweiten?r?|dritten?r?|vierten?r?|funften?r?"
    r"|sechsten?r?|siebten?r?|achten?r?|neunten?r?|zehnten?r?|elften?r?|zwolften?r?|\w+zehnten?r?"
    r"|\w+zigsten?r?|\d{1,2}(?:st|nd|rd|th))"
)
_SCALE_WORDS = (
    "hundred thousand mil cientos novecientos novecentos mille neuf cent cento millenovecento duemila"
    " neunzehnhundert zweitausend hundert tausend"
)
_SCALES = frozenset(_SCALE_WORDS.split())
_COMPOUND_YEAR = re.compile(r"(?:neunzehn ?hundert|zweitausend|millenovecento|duemila)\w*")
_FILLER_WORDS = (
    "uh um er em eh ah ahm euh ehm the of a de del di du d den der dem la le el il dos do da and und y et e"
    " in im vom"
)
_FILLERS = frozenset(_FILLER_WORDS.split())
_TOKEN = re.compile(r"\d+(?:st|nd|rd|th)\b|\d+|[^\W\d_]+")
_WRITTEN = re.compile(r"\b(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2})\b")
_BORN = re.compile(r"\b(?:19[2-9]\d|200\d|201[0-2])\b")
_BIRTH = r"born|geboren|nacid[oa]|naci|nee?|nat[oa]|nasci(?:d[oa])?"
_WAS_BORN = re.compile(rf"\b(?:{_BIRTH}|jahrgang)(?: (?:in|en|em|nel|im jahr))? $")
_BORN_ON = re.compile(rf"\b(?:{_BIRTH})(?: (?:on|am|el|le|il|a|em|no dia))? $")
_ON_ENOUGH_DIGITS = (4, 8)
"""Of a date that follows on ``born``: ``nata il nove nove sessantuno``."""
_GAP = re.compile(r"[\s,./'\-\u2019\u2026\u2013\u2014]*(?:\.\s*)?")
_EXPIRES = re.compile(r"\b(?:0?[1-9]|1[0-2])\s?[/.-]\s?(?:20)?[2-4]\d\b")
_AT_TIME = re.compile(r"\b(?:at|alle|um|gegen|vers|a las|las|as|until) $")
_EXPIRY_DIGITS = re.compile(r"(?:0?[1-9]|1[0-2])(?:20)?[2-4]\d")
_BORN_YEARS = (1920, 2012)
_FAR = 2
_SHORT_ANSWER = 60
_LITTLE_ELSE = 16
_Part = tuple[str, int, int]
_WHOLE = 3
"""Parts of a date in numbers alone: ``quinze do três de setenta e sete``."""
_ENOUGH_DIGITS = (5, 8)


def dates_of_birth(turn: Turn) -> list[Finding]:
    """Dates that somebody asked for as one of birth, that are named so, or that can be little else."""
    found = [turn.found("date_of_birth", a, b) for a, b in _dates(turn) if _is_birth(turn, a, b)]
    asked = turn.answers("date_of_birth", 1) or (turn.speaker != "agent" and "date_of_birth" in turn.own)
    if not found and asked:
        low, high = _ENOUGH_DIGITS
        runs = [run for run in turn.runs if low <= len(run.digits) <= high and not turn.is_amount(run)]
        found = [
            turn.found("date_of_birth", run.start, run.end)
            for run in runs[:1]
            if not turn.near("account_number", run.start)
            and not any(_overlap(run, one) for one in turn.codes)
        ]
    if not found and turn.speaker != "agent":
        places = (*_year_after_born(turn), *_numbers_after_born(turn))
        found = [turn.found("date_of_birth", a, b) for a, b in places[:1]]
    if not found and (turn.answers("date_of_birth", 1) or _is_asked_for_year(turn)):
        places = [*_dates(turn, 1), *_dates(turn, _WHOLE, named=False), *_bare_year(turn)]
        found = [turn.found("date_of_birth", a, b) for a, b in places[:1]]
    if not found and "date_of_birth" in turn.awaited:
        found = [turn.found("date_of_birth", a, b) for a, b in _read_back(turn)]
    return found


def _overlap(run: Run, code: Run) -> bool:
    """Whether a number is a part of a code with letters."""
    return run.start < code.end and code.start < run.end


def _read_back(turn: Turn) -> Iterator[Place]:
    """What whoever asked for it says of a date again: in the same words, or a whole one of that year."""
    words = frozenset(_TOKEN.findall(plain(turn.before)))
    for start, end in _dates(turn):
        if words.issuperset(_TOKEN.findall(turn.readable[start:end])):
            yield start, end
            return
    years = {run.digits[-2:] for run in digit_runs(turn.before, details=True)}
    for start, end in (*_dates(turn, _WHOLE), *_dates(turn, _WHOLE, named=False)):
        if start <= _LITTLE_ELSE and _digits(turn.text[start:end])[-2:] in years:
            yield start, end
            return


def _numbers_after_born(turn: Turn) -> Iterator[Place]:
    """Day, month and year as numbers alone."""
    low, high = _ON_ENOUGH_DIGITS
    for run in turn.runs:
        follows = _BORN_ON.search(turn.readable, max(run.start - 24, 0), run.start)
        if follows and low <= len(run.digits) <= high and not turn.is_amount(run):
            yield run.start, run.end


def _is_asked_for_year(turn: Turn) -> bool:
    """Of birth: ``the fourteenth of march`` - ``and what year?``."""
    return turn.answers("year", 1) and turn.answers("date_of_birth")


def _bare_year(turn: Turn) -> Iterator[Place]:
    """Somebody who was asked for the year alone says just that: ``1974``, ``sixty eight``."""
    for run in turn.runs:
        if len(run.digits) in (2, 4) and len(turn.text) - (run.end - run.start) < _LITTLE_ELSE:
            yield run.start, run.end


def _year_after_born(turn: Turn) -> Iterator[Place]:
    """``born in 1948``: a year alone, right after the word."""
    for run in turn.runs:
        is_year = len(run.digits) == len("1948") and turn.is_year(run)
        if is_year and _WAS_BORN.search(turn.readable[max(run.start - _LITTLE_ELSE, 0) : run.start]):
            yield run.start, run.end


def expiries(turn: Turn) -> list[Finding]:
    """Months and years after a word for expiring, or when they were asked for."""
    near = [
        m.span()
        for m in _EXPIRES.finditer(turn.readable)
        if not _AT_TIME.search(turn.readable[max(m.start() - _LITTLE_ELSE, 0) : m.start()])
    ]
    near += [place for place in _dates(turn) if _has_year(turn.readable[slice(*place)])]
    near += [place for place in _dates(turn, named=False) if is_expiry(_digits(turn.text[slice(*place)]))]
    near += [
        (run.start, run.end)
        for run in turn.runs
        if _EXPIRY_DIGITS.fullmatch(run.digits) and not turn.is_code(run)
    ]
    other = turn.answers("date_of_birth", _FAR) or turn.answers("cvv", 1)
    alone = len(turn.text) < _SHORT_ANSWER and not other
    asked = (turn.answers("payment_card") and alone) or (turn.of_cards and turn.answers("expiry", 1))
    asked = asked or (turn.reads_card and len(turn.text) < _SHORT_ANSWER and not other)
    return [
        turn.found("expiry", a, b)
        for a, b in near
        if asked or (turn.near("expiry", a) and turn.speaker != "agent")
    ]


def _has_year(date: str) -> bool:
    """Whether something is said after the month: ``april of twenty nine``, not ``the fourth of april``."""
    month = MONTHS.search(date)
    return month is not None and bool(_TOKEN.search(date, month.end()))


def _digits(text: str) -> str:
    return "".join(run.digits for run in digit_runs(text))


def is_expiry(digits: str) -> bool:
    """A month and a year to come."""
    return _EXPIRY_DIGITS.fullmatch(digits) is not None


def _is_birth(turn: Turn, start: int, end: int) -> bool:
    text = turn.readable[start:end]
    if turn.near("date_of_birth", start) or turn.answers("date_of_birth", _FAR):
        return True
    return turn.speaker != "agent" and bool(_BORN.search(text)) and bool(MONTHS.search(text))


def _dates(turn: Turn, least: int = 2, *, named: bool = True) -> Iterator[Place]:
    """Written dates, and runs of ``least`` parts of one; if ``named`` with a month, an ordinal or a year."""
    yield from (match.span() for match in _WRITTEN.finditer(turn.readable))
    for part in _told(turn):
        yield from _run(part, least, named=named)


@kept_with
def _told(turn: Turn) -> Sequence[Sequence[_Part]]:
    """Words of dates, those side by side together."""
    told: list[list[_Part]] = []
    part: list[_Part] = []
    for match in [*_TOKEN.finditer(turn.readable), None]:
        kind = _kind(match[0]) if match else ""
        gap = turn.readable[part[-1][2] : match.start()] if match and part else ""
        if part and (not kind or not _GAP.fullmatch(gap)):
            told.append(part)
            part = []
        if match and kind:
            part.append((kind, match.start(), match.end()))
    return told


def _run(part: Sequence[_Part], least: int, *, named: bool) -> Iterator[Place]:
    while part and part[0][0] == "filler":
        part = part[1:]
    while part and part[-1][0] == "filler":
        part = part[:-1]
    kinds = [kind for kind, _, _ in part if kind != "filler"]
    if len(kinds) >= least and (not named or {"month", "ordinal", "year"} & set(kinds)):
        yield part[0][1], part[-1][2]


def _kind(word: str) -> str:
    if MONTHS.fullmatch(word):
        return "month"
    if _ORDINALS.fullmatch(word):
        return "ordinal"
    if word in _FILLERS:
        return "filler"
    if word in _SCALES or _COMPOUND_YEAR.fullmatch(word) or _is_year(word):
        return "year"
    return "number" if digit_of(plain(word)) is not None else ""


def _is_year(word: str) -> bool:
    low, high = _BORN_YEARS
    return word.isascii() and word.isdigit() and low <= int(word) <= high
