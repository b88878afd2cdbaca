"""Homes told without what gives an address away: by where in a call they are said.

Somebody who answers "and the address?" or gives a name first ("Farrow, Linden Lane.") says where a home
is with whatever words; the same words elsewhere are a shop's or a bus stop's.
"""

import re
from collections.abc import Iterator

from calltrace.evaluation.sensitive_companies import is_premises
from calltrace.evaluation.sensitive_places import NOT_NAMES, STREETS
from calltrace.evaluation.sensitive_tails import whole_address
from calltrace.evaluation.sensitive_turn import Finding, Place, Turn

_CLAUSE = re.compile(r"[^,.?!;:]+")
_LEAD = re.compile(
    r"(?: *\b(?:uh|um|er|erm|ah|eh|oh|euh|yes|yeah|si|sim|ja|oui|also|bueno|pues|alors|allora|well|sure"
    r"|ok|okay)\b)*\s*"
)
STREET_WORDS = re.compile(
    rf"\b(?:{STREETS}|grove|court|close|place|hill|row|brow|way|view|park|mount|cottages|mansions|parade"
    r"|calle|avenida|avda|paseo|camino|rua|travessa|praca|largo|rue|chemin|venelle|impasse|allee|quai|via|viale"
    r"|piazza|corso|vicolo|beco|ladeira|viela|glorieta|rambla|travesia|callejon|borgo|frazione|(?!bahn|flug)[a-z]*(?:stra(?:ss|\u00df)e|gasse|platz|weg|ring|damm|ufer|steig))\b"
)
_TALK = re.compile(
    r"\b(?:i|we|you|he|she|they|can|do|does|did|is|are|was|have|has|not|no|why|what|which|same|email|mail"
    r"|ich|wir|sie|ist|habe|haben|nicht|kein\w*|warum|je|j|on|vous|est|ai|pas|pourquoi|yo|es|he|tengo|que"
    r"|por|eu|nao|tenho|e|ho|non|sono|perche)\b"
)
_PREPOSITION = re.compile(r"^(?:am|an der|im|in der|auf der|zum|zur) ")
_MOST_WORDS = 6
_HOUSE = 5
_FLAT_LENGTH = 40
_AFTER_NAME = re.compile(
    r"(?:^|[A-Z\u00c0-\u00dd][\w'\u2019-]+, )"
    r"((?!Welche|Diese|Unsere|Which|What|The|Our|That|This)(?:[A-Z\u00c0-\u00dd][\w'\u2019-]+ ){1,2}"
    r"(?:Street|Road|Avenue|Lane|Crescent|Terrace|Drive|Court|Close|Gardens|Mews|Grove|Stra(?:ss"
    r"|\u00df)e|Allee|Weg))"
    r"(?=[,.]|$)"
)
_NUMBERED_YARD = re.compile(
    r"\b(?!Bahnhof|Friedhof|Flug)[A-Z]\w{2,}(?:hof|stieg|kamp|graben|zeile|winkel) \d{1,3}[a-z]?\b"
)
_FLAT = re.compile(
    r"\b(?:flat|apartment|apt|appartement|apartamento|appartamento|wohnung|stiege)"
    r"(?: (?:number|nummer|numero))? $"
)
_FLAT_AT = re.compile(r"(?:,? (?:at|in|on) (?:the )?\w+)?")
_FLOOR = re.compile(
    r"\b(?:via|viale|vicolo|corso|calle|rua|rue|travessa)(?: (?:de|da|do|di|del|della|des|du))?"
    r"(?: \w{3,}){1,2}?,? "
    r"(?:(?:primo|secondo|terzo|quarto|quinto|primero|primer|segundo|tercero|tercer|cuarto|primeiro|terceiro"
    r"|premier|deuxieme|troisieme|quatrieme|\d{1,2}[oa\u00ba\u00aa]?) (?:piano|piso|andar|etage))\b"
)


def homes(turn: Turn) -> list[Finding]:
    """What answers where somebody lives or follows a name, a flat with its number, a street with a floor."""
    if turn.speaker == "agent":
        places = (*_after_names(turn), *_floors(turn))
        return [turn.found("address", a, b, of_thing=is_premises(turn, a)) for a, b in places]
    places = [*_answered(turn), *_after_names(turn), *_flats(turn), *_floors(turn)]
    return [turn.found("address", a, b) for a, b in places]


def _answered(turn: Turn) -> Iterator[Place]:
    """Clauses of a short answer that have a street in them, or end with a number as addresses abroad do."""
    if not turn.answers("address", 1) or turn.answers("email", 1):
        return
    for clause in _CLAUSE.finditer(turn.readable):
        lead = _LEAD.match(turn.readable, clause.start(), clause.end())
        start = lead.end() if lead else clause.start()
        words = turn.readable[start : clause.end()]
        is_short = len(words.split()) in range(2, _MOST_WORDS + 1) and not _TALK.search(words)
        if is_short and (STREET_WORDS.search(words) or _ends_with_house(turn, start, clause.end())):
            yield start, clause.end()


def _ends_with_house(turn: Turn, start: int, end: int) -> bool:
    """Whether a name and then a short number that is no amount make up the clause."""
    last = next((run for run in turn.runs if run.end == end and run.start > start), None)
    name = _PREPOSITION.sub("", turn.readable[start : last.start]).strip() if last else ""
    return bool(
        last and len(last.digits) <= _HOUSE and name.replace(" ", "").isalpha() and not NOT_NAMES.search(name)
    )


def _after_names(turn: Turn) -> Iterator[Place]:
    yield from (match.span(1) for match in _AFTER_NAME.finditer(turn.text))
    yield from (match.span() for match in _NUMBERED_YARD.finditer(turn.text))


def _flats(turn: Turn) -> Iterator[Place]:
    for run in turn.runs:
        before = _FLAT.search(turn.readable, max(run.start - _FLAT_LENGTH, 0), run.start)
        if before and len(run.digits) <= _HOUSE:
            after = _FLAT_AT.match(turn.readable, run.end)
            yield before.start(), whole_address(turn, after.end() if after else run.end)


def _floors(turn: Turn) -> Iterator[Place]:
    yield from (match.span() for match in _FLOOR.finditer(turn.readable))
