"""The end of a number that both sides know: ``the one ending four oh six``, ``88 am Ende``."""

import re

from calltrace.evaluation.sensitive_turn import Finding, Turn
from calltrace.evaluation.spoken_numbers import Run

_ENDING = re.compile(
    r"\b(?:end(?:s|ing|ed)?(?: (?:in|with|on))?|finish(?:es|ing) (?:in|with)"
    r"|endet (?:auf|mit)|endend auf|endziffern?|endnummer"
    r"|(?:finit|finissant|finissait|(?:se )?termin(?:e|ee?|ant|ait)) (?:par|en)"
    r"|(?:acaba|acabad[oa]|acababa|termina|terminad[oa]|terminaba|finaliza|terminacion|final)"
    r" (?:en|con|em|com)"
    r"|(?:finisce|finiva|termina|terminante) (?:con|per|in)) (?:the |a |el |la |le |o |um |uno )?$"
)
_AT_THE_END = re.compile(
    r",? (?:am (?:ende|schluss)|hinten|al final|no fim|a la fin|alla fine|finale|(?:at|on) the end)\b"
    r"(?! (?:of|de|del|des|du|da|do|di|dell\w*|vom|von|july?|june)\b)"
)
_SAYS_MORE = re.compile(r" ?(?:[.,;:?!]|$|and\b|on\b|und\b|y\b|e\b|et\b|right|verdad|correct|yes|si\b|oui)")
"""After two digits, which may count something: ``it ends in ten``."""
_BEFORE = 24
_LENGTHS = (2, 6)
_FEW = 2
_KINDS = {
    "payment_card": re.compile(r"\b(?:card|tarjeta|carte|\w*karte|cartao|carta|visa|mastercard|amex)\b"),
    "phone": re.compile(
        r"\b(?:mobile|phone|cell\w*|line|linea|linha|celu\w*|movil|telefon\w*|telemovel|handy|portable|calling)\b"
    ),
}
_NAMED = 40
"""Characters before the end of a number in which its name stands."""


def ends(turn: Turn) -> list[Finding]:
    """Numbers of two to six digits that are said to be an end, whoever says it; no amounts, years, dates."""
    return [
        turn.found(_kind(turn, run), run.start, run.end)
        for run in turn.runs
        if _LENGTHS[0] <= len(run.digits) <= _LENGTHS[1] and _is_end(turn, run)
    ]


def _is_end(turn: Turn, run: Run) -> bool:
    if turn.is_amount(run) or turn.is_count(run):
        return False
    if _AT_THE_END.match(turn.readable, run.end):
        return True
    is_announced = _ENDING.search(turn.readable, max(run.start - _BEFORE, 0), run.start)
    return bool(is_announced and (len(run.digits) > _FEW or _SAYS_MORE.match(turn.readable, run.end)))


def _kind(turn: Turn, run: Run) -> str:
    """What was named last before it; else a number of whatever its owner is found by."""
    before = turn.readable[max(run.start - _NAMED, 0) : run.start]
    named = [(one.end(), kind) for kind, pattern in _KINDS.items() for one in pattern.finditer(before)]
    return max(named)[1] if named else "account_number"
