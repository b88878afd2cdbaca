"""Postal addresses: streets with their numbers, postal codes of many countries, and what answers "where"."""

import re
from collections.abc import Iterator, Sequence

from calltrace.evaluation.sensitive_companies import is_premises
from calltrace.evaluation.sensitive_tails import whole_address
from calltrace.evaluation.sensitive_turn import Finding, Place, Turn
from calltrace.evaluation.spoken_numbers import Run, digit_of

STREETS = (
    r"street|road|avenue|lane|boulevard|crescent|terrace|drive|highway|parkway|gardens|mews|freeway|turnpike"
    r"|strasse|estate|esplanade|promenade"
)
_DOUBTFUL_STREETS = (
    r"st|rd|ave|av|ln|blvd|dr|court|ct|place|pl|close|way|walk|row|hill|grove|park|square|circle|quay"
    r"|loop|trail"
    r"|pike|view|rise|green|vale|wharf|heights|brow|plaza|path|bend|run|ridge|point|landing|meadow"
    r"|croft|crossing|commons|manor|trace|glen|cove|estates|villas|harbor|yard|mount|cottages|mansions|parade"
)
_NAME = r"(?:[^\W\d_][\w'\u2019]*\.?,? ){1,3}?"
_UNIT = (
    r"(?:(?:flat|unit|apartment|apt|suite|block|piso|apartamento|wohnung|appartement|int(?:erno)?)"
    r"\.? [\w-]+,? )?"
)
_BEFORE = re.compile(rf"{_UNIT}\b\d{{1,5}}[a-z]?,? {_NAME}(?:{STREETS}|{_DOUBTFUL_STREETS})\b")
_AFTER_NUMBER = re.compile(rf"[ ,]{{1,2}}{_NAME}(?:{STREETS}|{_DOUBTFUL_STREETS})\b")
_NAMED = re.compile(
    rf"\b(?:live|lives|living|house|home|property|flat|apartment|stay\w*|moved)(?: \w+){{0,2}} (?:on|at"
    rf"|to|in) "
    rf"((?:[^\W\d_][\w'\u2019]* ){{1,2}}(?:{STREETS}|court|close))\b"
)
NOT_NAMES = re.compile(
    r"\b(?:the|a|an|this|that|my|your|our|his|her|their|same|next|main|other|any|every|whole|in|on|of"
    r"|down|across"
    r"|wrong|right|mile|miles|minutes?|hours?|days?|weeks?|inch|foot|feet|county|one|two|tonight|either"
    r"|to|noon|half|tomorrow|today|dont|don't|by|what|which|with|till|until|o'clock|am|pm|and|or|is|was|i"
    r"|you|it|up|high|seats?|rows|goes|runs|leaves|from|tram|bus|train|nobody|me|something)\b"
)
_ROMANCE = re.compile(
    r"\b(?:calle|avenida|avda|plaza|paseo|pasaje|privada|jiron|camino|carrera|calzada|rua|travessa|praca|largo|estrada|alameda"
    r"|rue|montee|chemin|venelle|impasse|allee|boulevard|quai|via|viale|piazza|corso|vicolo|vico|salita"
    r"|piazzale|contrada|strada|colonia|carrer|beco|ladeira|viela|glorieta|rambla|cuesta|travesia|callejon"
    r"|urbanizacion|faubourg|hameau|lotissement|sentier|borgo|localita|frazione|lungomare"
    r"|(?:place|route|avenue)(?= d))(?!\w)"
    r"((?: (?:de|del|la|las|los|el|da|do|das|dos|della|dei|delle|des|du|di)\b| [dl](?=')){0,2}"
    r"(?:[ '][^\W\d_][\w\u2019]*){1,3}?)(?P<number>,? ?(?:numero |n[.o\u00ba]* ?)?\d{1,5}[a-z]?\b)?"
)
_VERBS = re.compile(
    r"\b(?:alle|as|il a|elle a|on a"
    r"|abre|cierra|debe|apre|chiude|ouvre|ferme|abrimos|abriu|fecha|hay|a las|e a|e l[ao]|mi[ao]|tu[ao]"
    r"|su[ao]|nostr[ao])\b"
)
"""After a street's name they begin something else: ``la avenida Bonampak abre a las nueve``."""
_DAY_BEFORE = re.compile(r"\b(?:el|los|il|le|dia|jour|giorno)[ ,]*$")
"""Before a number that is a day or a time: ``la calle Larga el 9``."""
_GERMAN = re.compile(
    r"\b(?:(?:[a-z]{3,}er )?[a-z]*(?:stra(?:ss|\u00df)e|str\.|gasse|allee|platz|weg|damm|ufer|steig)"
    r"|[a-z]{2,}ring|am (?!schalter|gleis|tresen|empfang|ausgang|tisch|gate|stand)[a-z]+)"
    r",? (?:nummer )?\d{1,4}(?:\s?[a-z]\b|\b)"
)
_GERMAN_SPOKEN = re.compile(
    r"\b(?:(?!(?:der|die|das|dem|den|am|im|zur|zum|von|und) )[a-z]+ )?"
    r"[a-z]*(?:stra(?:ss|\u00df)e|gasse|allee|platz|weg)\b"
)
_CODES: tuple[re.Pattern[str], ...] = (
    re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"),  # United Kingdom
    re.compile(r"\b[A-Z]\d[\dW] ?[A-Z0-9]{4}\b"),  # Ireland
    re.compile(r"\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b"),  # Canada
    re.compile(r"\b\d{4} [A-Z]{2}\b"),  # the Netherlands
    re.compile(r"\b[A-Z\u00c0-\u00dd][\w-]{3,} \d{1,3} ?[a-z]?,? (?:in )?\d{4,5} [A-Z\u00c0-\u00dd]\w+"),
    re.compile(r"\b\d{1,5},? rang [A-Z\u00c0-\u00dd][\w-]+"),  # Quebec
    re.compile(r"\b\d{4}-\d{3}\b(?!-)"),  # Portugal
    re.compile(r"\b\d{5}-\d{3}\b(?!-)"),  # Brazil
    re.compile(r"\b(?:AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH"
               r"|NJ|NM|NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY) \d{5}(?:-\d{4})?\b"),
)  # fmt: skip
_CODE_LENGTHS = (4, 9)
_ENDS = re.compile(
    r"[.?!;]|,(?= (?:and|y|und|et|e|the|it|my|we|i)\b)|\b(?:here|in|and|but|then|little|upstairs|thats"
    r"|that's|is|my|its"
    r"|it's|i|we|so|please|with|for|if|because|the|y|und|et|e|aqui|hier|ici|qui|mein|mi|mon|meu|since"
    r"|where)\b"
)
_ARTICLES = frozenset(
    ("un", "una", "uno", "um", "uma", "une", "ein", "eine", "einen", "einer", "one", "o", "oh", "sei")
)
_OF_THE = re.compile(r"\b(?:rua|avenida|travessa|praca|largo|estrada|alameda|bairro) $")
_WITH_ARTICLE = re.compile(
    r"(?:rue (?:des|du|de la|de l|d')|via (?:dei|delle|del|della|degli|dello)|rua (?:da|do|das|dos|de)"
    r"|calle (?:de|del)|avenida (?:da|do|das|dos|de|del)) ?\w{3,}"
)
_STREET_WORD = re.compile(
    r"\b(?!inst|emb|deb|haupt|einbahn|seiten|neben|durchgangs|che|entre|carre|conse|obri|casti|empre"
    r"|desli)[a-z]{3,}(?:strasse|stra\u00dfe|gasse|allee)\b"
)
_VERB_BEFORE = re.compile(r"\b(?:mi|ti|ci|vi|si|se|lo|la|ne|che|que|nao|non|lei|lui|io|eu|ele|ela|me|te) $")
"""Of Italian and Portuguese verbs that end as German streets do: ``se mi pregasse``."""
_LONGEST_VERB = 5
_LONGEST_HOUSE = 5
_SOON = 16
_LONGEST_ANSWER = 40


def addresses(turn: Turn) -> list[Finding]:
    """Streets with a number, postal codes, streets of a name, numbers that answer where somebody lives."""
    places = [*_streets(turn), *_postal(turn), *_answers(turn)]
    return [turn.found("address", a, b, of_thing=is_premises(turn, a)) for a, b in places if b > a]


def _streets(turn: Turn) -> Iterator[Place]:
    text = turn.readable
    for match in (*_BEFORE.finditer(text), *_GERMAN.finditer(text)):
        if not NOT_NAMES.search(match[0].removeprefix("am ")):
            yield match.start(), whole_address(turn, match.end())
    numbers = _numbers(turn)
    for match in _ROMANCE.finditer(text):
        if place := _romance(turn, match, numbers):
            yield place
    for run in numbers:
        after = _AFTER_NUMBER.match(text, run.end)
        is_house = len(run.digits) <= _LONGEST_HOUSE and not turn.is_amount(run)
        if after and is_house and not NOT_NAMES.search(after[0]) and not _counts(after[0]):
            yield run.start, after.end()
        nearby = _GERMAN_SPOKEN.finditer(text, max(run.start - 40, 0), run.start)
        before = [match for match in nearby if match.end() == run.start - 1]
        if before:
            yield before[0].start(), whole_address(turn, run.end)
    yield from (
        match.span()
        for match in _STREET_WORD.finditer(text)
        if not _VERB_BEFORE.search(text, max(match.start() - _LONGEST_VERB, 0), match.start())
    )
    for match in _NAMED.finditer(text):
        if not NOT_NAMES.search(match[1]):
            yield match.span(1)


def _counts(name: str) -> bool:
    """Whether a number is said again in a name: ``nine hes fourteen point two``."""
    return any(digit_of(word) is not None for word in name.split())


def _romance(turn: Turn, match: re.Match[str], numbers: Sequence[Run]) -> Place | None:
    """A street whose name is written as one, or that has a number, before or after."""
    leading = turn.readable[: match.start()].rstrip(" ,").removesuffix(" bis").removesuffix(" ter")
    before = next((r for r in numbers if len(leading) - 2 <= r.end <= len(leading)), None)
    after = next((r for r in numbers if match.end("number") < 0 and _follows(turn, match, r)), None)
    if match["number"] or after:
        return match.start(), whole_address(turn, after.end if after else match.end())
    start = before.start if before and len(before.digits) <= _LONGEST_HOUSE else match.start()
    name = turn.text[match.start(1) : match.end(1)].split()
    if before or _WITH_ARTICLE.match(match[0]) or (name and name[-1][:1].isupper()):
        return start, whole_address(turn, match.end())
    return None


def _numbers(turn: Turn) -> list[Run]:
    """Numbers that are no articles, also of another language: ``rua dos Jacarandás``."""
    return [
        run
        for run in turn.runs
        if turn.readable[run.start : run.end] not in _ARTICLES
        and not (
            turn.readable[run.start : run.end] == "dos"
            and _OF_THE.search(turn.readable, max(run.start - _SOON, 0), run.start)
        )
    ]


def _follows(turn: Turn, match: re.Match[str], run: Run) -> bool:
    between = turn.readable[match.start(1) : run.start]
    is_name = 0 < len(between) <= 32 and "." not in between and not _VERBS.search(between)  # noqa: PLR2004
    is_name = is_name and not _DAY_BEFORE.search(between)
    return is_name and len(run.digits) <= _LONGEST_HOUSE


def _postal(turn: Turn) -> Iterator[Place]:
    for pattern in _CODES:
        yield from (match.span() for match in pattern.finditer(turn.text))
    asked = turn.answers("address", 1)
    low, high = _CODE_LENGTHS
    for run in (*turn.codes, *turn.runs):
        said = turn.near("address", run.start) and turn.speaker != "agent"
        if low <= len(run.digits) <= high and (asked or said) and not turn.is_amount(run):
            yield run.start, run.end


def _answers(turn: Turn) -> Iterator[Place]:
    """A house number and what follows it, right after the question."""
    yield from _house_alone(turn)
    if not turn.answers("address", 1):
        return
    for run in _numbers(turn):
        if len(run.digits) > _LONGEST_HOUSE or turn.is_amount(run) or turn.is_year(run):
            continue
        rest = turn.readable[run.end : run.end + _LONGEST_ANSWER]
        stop = _ENDS.search(rest)
        words = rest[: stop.start() if stop else len(rest)].rstrip(" ,")
        if (
            not NOT_NAMES.search(words)
            and len(words.split()) in range(1, 5)
            and words.strip().replace(" ", "").isalpha()
        ):
            yield run.start, run.end + len(words)


def _house_alone(turn: Turn) -> Iterator[Place]:
    """The number that was asked for, without a street: ``61, and it's BS6 5QT``."""
    if turn.answers("house", 1):
        for run in _numbers(turn)[:1]:
            is_house = len(run.digits) < _LONGEST_HOUSE and not turn.is_amount(run)
            in_code = any(code.start < run.end and run.start < code.end for code in turn.codes)
            if run.start <= _SOON and is_house and not in_code:
                yield run.start, run.end
