"""Numbers that are broken off and taken up again: ``4024 0071, wait, 0223``, ``0171, no, 0170 44 52 918``.

Whoever reads a number out loses the place, corrects a digit, goes on. What stands beside a value with
nothing between but such words is a part of it, or an earlier try at it.
"""

import re
from collections.abc import Iterator, Sequence

from calltrace.evaluation.sensitive_turn import Finding, Turn
from calltrace.evaluation.spoken_numbers import Run, digit_runs

_NUMERIC = frozenset(
    ("payment_card", "cvv", "expiry", "national_id", "phone", "account_number", "iban", "date_of_birth")
)
_BROKEN = re.compile(
    r"\b(?:no|not|nope|sorry|wait|hold on|hang on|second|moment|scratch that|correction|rather|actually"
    r"|i mean"
    r"|again|start over|the end is|ay no|my eyes|glasses|perdon|espera|espere|digo|disculpe|aguarde"
    r"|desculp[ae]|perdao"
    r"|quer dizer|aspett[ai]|scusi|anzi|cioe|nein|momant|warte|warten|entschuldigung|attendez|attends"
    r"|pardon|non|nao|reprends|excusez|je me trompe)\b|\u2026|\.\.\.| - |\u2014|\u2013"
)
_AND_THEN_WORDS = (
    "and then after that yes yeah uh um the a last two three end ends final finally is in with y luego"
    " despues si al termina en e poi alla fine finisce con depois isso sim ai vem o no fim und"
    " dann danach ja hinten zum schluss am ende et puis ensuite oui la le cle c'est c est euh ah eh ahm"
    " ehm un une il el tiret dash hyphen traco trattino guion raya strich slash barra die das der"
)
AND_THEN = frozenset(_AND_THEN_WORDS.split())
_GOES_ON = re.compile(rf"[\s,.]*(?:\b(?:{'|'.join(sorted(AND_THEN))})\b[\s,.]*){{0,5}}")
_JOINT = re.compile(r"\b(?:cle|tiret|dash|hyphen|traco|trattino|guion|raya|strich|slash|barra)\b")
_MOST = 100
"""Numbers of one turn; whoever says more reads a list, and loses no place in it."""
_FAR = 100
"""Characters between two parts of a number."""
_MOST_WORDS = 9
_FEWEST = 2
_TELLING = 4
_ALIKE = 3
_LONG = 6
"""Digits of a number that is no amount, whatever is said after it: ``98801, one second``."""
_LETTER = (
    r"(?:[a-z]|aitch|jay|kay|efe|hache|jota|equis|erre|eme|ene|ele|ese|acca|effe|elle|emme|enne|esse|zeta|ka"
    r"|ics|be|ce|de|ge|pe|te|ve)"
)
_LAST_LETTER = re.compile(
    rf"[\s,.\u2026]*(?:\b(?!letra|lettera|letter|lettre|buchstabe)[^\W\d_]+[\s,.\u2026]+){{0,7}}?"
    rf"((?:\b(?:letra|lettera|letter|lettre|buchstabe)[\s,.\u2026]+(?:\w+[\s,]+){{0,4}}?)?"
    rf"\b{_LETTER} (?:as in|like|for|wie|von|como|comme|come|de|di) [^\W\d_]{{3,}}"
    rf"|\b(?:letra|lettera|letter|lettre|buchstabe) {_LETTER}\b)"
)


def restarts(turn: Turn, found: Sequence[Finding]) -> list[Finding]:
    """What goes on with values that were ``found`` in the turn, or was said in their place before."""
    known = sorted((one for one in found if one.kind in _NUMERIC), key=lambda one: one.start)
    if not known or len(turn.runs) > _MOST:
        return []
    runs = digit_runs(turn.text, details=True, read_out=True)
    free = [run for run in runs if _may_be_number(turn, run) and _is_free(run, found)]
    new = list(_taken_up(turn, known, free))
    new += _dropped(turn, [*known, *new], free)
    return [*new, *_letters(turn, [*known, *new])]


def _taken_up(turn: Turn, known: Sequence[Finding], free: Sequence[Run]) -> Iterator[Finding]:
    """Runs that go on with a value before them, also one that goes on itself."""
    here = list(known)
    for run in free:
        before = max((one for one in here if one.end <= run.start), key=lambda one: one.end, default=None)
        if before and run.start - before.end <= _FAR and _continues(turn, before, run):
            here.append(turn.found(before.kind, run.start, run.end))
            yield here[-1]


def _dropped(turn: Turn, known: Sequence[Finding], free: Sequence[Run]) -> Iterator[Finding]:
    """Earlier tries, the last one first."""
    here = list(known)
    for run in reversed(free):
        after = min((one for one in here if one.start >= run.end), key=lambda one: one.start, default=None)
        if after and after.start - run.end <= _FAR and _is_free(run, here) and _was_dropped(turn, run, after):
            here.append(turn.found(after.kind, run.start, run.end))
            yield here[-1]


def _may_be_number(turn: Turn, run: Run) -> bool:
    return len(run.digits) >= _LONG or not turn.is_amount(run)


def _is_free(run: Run, found: Sequence[Finding]) -> bool:
    return all(run.end <= one.start or one.end <= run.start for one in found)


def _continues(turn: Turn, before: Finding, run: Run) -> bool:
    """Whether a run takes up the value before it."""
    gap = turn.readable[before.end : run.start]
    said = turn.digits_in(before.start, before.end)
    if _ends(said, run.digits) and len(gap.split()) <= _MOST_WORDS:
        return True
    if len(run.digits) < _FEWEST or _names_another(turn, before, run):
        return False
    if before.kind == "payment_card":
        return len(run.digits) >= _TELLING and _is_broken(gap)
    if before.kind in ("expiry", "date_of_birth"):
        return _is_broken(gap) and _is_as_long(said, run)
    if before.kind == "cvv":
        return _is_broken(gap) and len(run.digits) == len(said)
    is_part = len(run.digits) > _FEWEST or before.kind == "national_id" or _JOINT.search(gap)
    return _is_broken(gap) or bool(is_part and _GOES_ON.fullmatch(gap))


def _was_dropped(turn: Turn, run: Run, after: Finding) -> bool:
    """Whether a run is an earlier try at the value after it, which begins alike."""
    said = turn.digits_in(after.start, after.end)
    if (
        after.start - run.end > _FAR
        or not _is_broken(turn.readable[run.end : after.start])
        or _names_another(turn, after, run)
    ):
        return False
    alike = run.digits.startswith(said[: min(_ALIKE, len(run.digits) - 1)])
    return len(run.digits) >= _FEWEST and (alike or len(run.digits) in (_ALIKE, len(said)))


def _is_broken(gap: str) -> bool:
    return len(gap.split()) <= _MOST_WORDS and bool(_BROKEN.search(gap))


def _is_as_long(said: str, run: Run) -> bool:
    return abs(len(said) - len(run.digits)) <= 1


def _ends(said: str, digits: str) -> bool:
    """Whether the end of a number is said once more."""
    return len(digits) >= _ALIKE and len(said) > len(digits) and said.endswith(digits)


def _names_another(turn: Turn, one: Finding, run: Run) -> bool:
    """Whether something else is named between the two."""
    low, high = min(one.end, run.end), max(one.start, run.start)
    return any(
        low <= start and end <= high
        for kind, places in turn.own.items()
        for start, end in places
        if kind not in (one.kind, "person", "account_number")
    )


def _letters(turn: Turn, found: Sequence[Finding]) -> Iterator[Finding]:
    """The letter that ends an identity, said apart: ``letra, la H de Huesca``."""
    for one in found:
        if one.kind == "national_id":
            match = _LAST_LETTER.match(turn.readable, one.end)
            if match:
                yield turn.found(one.kind, *match.span(1))
