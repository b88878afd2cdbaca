"""What an address goes on with: floor, door, town, the rest of a name."""

import re

from calltrace.evaluation.sensitive_turn import Turn

_FLOORS = r"(?:piso|piano|andar|etage|stock|stockwerk|floor|etaj)"
_ORDINAL = (
    r"(?:\d{1,2}(?:st|nd|rd|th|er|eme|e|[.oa\u00b0\u00ba\u00aa])?|primo|secondo|terzo|quarto|quinto|sesto"
    r"|primer[oa]?|segund[oa]|tercer[oa]?|cuart[oa]|quint[oa]|sext[oa]|primeir[oa]|terceir[oa]|quart[oa]"
    r"|premier|deuxieme|troisieme|quatrieme|cinquieme|erster?|zweiter?|dritter?|vierter?|first|second|third"
    r"|fourth|fifth)"
)
_DOORS = (
    r"(?:esquerdo|direito|frente|izquierda|izq|derecha|dcha|esq|dto|links|rechts|mitte|sinistra|destra"
    r"|gauche|droite|fundos)"
)
_PARTS = (
    r"(?:scala|escalera|interno|int|portal|puerta|porta|bloque|bloco|bloc|block|flat|apt|apto|apartment|unit"
    r"|appartement|appartamento|apartamento|batiment|palazzina|torre|tower|wohnung|aufgang|suite|numero"
    r"|stiege|tur|top|lote"
    r"|sur|norte|este|oeste|bis)"
)
_CAPITAL = re.compile(
    r"(?:,? (?:de|la|do|da|del|di|des|du|in|en|em|a|\u00e0|bei"
    r"|near))?,? (?:\d{4,5} )?[A-Z\u00c0-\u00dd][\w'\u2019-]+"
)
_TAIL = re.compile(
    rf",? (?:{_ORDINAL},? (?:{_FLOORS}|{_DOORS}|[a-h]\b|be\b|ce\b)(?: {_DOORS})?|{_FLOORS} {_ORDINAL}"
    rf"|{_PARTS} (?:\d{{1,4}}[a-z]?|[a-z])\b|bajo\b|{_DOORS})"
)
OF_HOUSES = re.compile(rf"{_FLOORS}|{_ORDINAL}|{_DOORS}|{_PARTS}|bajo")
"""Words that an address has besides names and numbers."""
_SPOKEN_PART = re.compile(rf",? {_PARTS} ")
_MOST_CAPITALS = 8


def whole_address(turn: Turn, end: int) -> int:
    """Where an address ends: floor, door, town, the rest of a name; so many words with a capital at most."""
    for _ in range(_MOST_CAPITALS):
        more = _TAIL.match(turn.readable, end) or _CAPITAL.match(turn.text, end)
        after = more.end() if more else _after_spoken_part(turn, end)
        if after is None:
            break
        end = after
    return end


def _after_spoken_part(turn: Turn, end: int) -> int | None:
    """Behind ``stiege zwei``: a part of a house and its number in words."""
    part = _SPOKEN_PART.match(turn.readable, end)
    return next((run.end for run in turn.runs if part and run.start == part.end()), None)
