"""Whose a number is: a person's, or nobody's, as a model's; lines, shops and offices of a company.

Sensitive is what is told of a person: a card, an identity, a home, and every number that a customer is found
by, be it of a contract, an order or a parcel. A number that an agent gives out was made a moment ago: it is
taken out where somebody asks for redaction, for it may lead to whoever ordered, and is not reported. A
company's own telephone and address are neither.
"""

import re

from calltrace.evaluation.sensitive_turn import Turn
from calltrace.evaluation.spoken_numbers import Run

OF_THINGS = frozenset(("account_number", "phone"))
"""What the number of a thing looks like."""
_FREE_CALL = re.compile(r"(?:0800|0808|0845|0300|1800|1888|800|900)\d{5,7}$")
_BEFORE = 60
"""Characters before a number or a street in which whose it is stands."""
_SOMEBODYS = re.compile(
    r"\b(?:account|iban|konto\w*|kunden\w*|mitglied\w*|vers\w+nummer|cuenta|compte|conta|conto|member\w*"
    r"|policy|poliza|police|polizza|apolice|cliente|client)"
    r"(?: (?:is|as|the|number|no|es|e|ist|est|nummer|numero|lautet|de|da|con|com|with|i have))*:? *$"
)
_COMPANY_LINE = re.compile(
    r"\b(?:us|them|lines?|team|desk|office|department|branch|helpline|hotline|switchboard|service"
    r"|linea|oficina|atencion|sucursal|uns|zentrale|abteilung|kundendienst|bureau|standard|agence"
    r"|linha|loja|balcao|ufficio|sportello|numero verde|assistenza|depot|(?:ring|dial|call|phone|fale? para"
    r"|ligue? (?:para|ao)|llame al?|marque|appelez|contactez|chiami|rufen sie|wahlen sie)"
    r"(?! (?:you|him|her|back)))\b[^.?!]{0,30}$"
)
_PREMISES = re.compile(
    r"\b(?:branch|store|shop|outlet|showroom|office|offices|warehouse|depot|clinic|station|bus|tram|line"
    r"|our|tienda|oficina|sucursal|local|clinica|nuestr[ao]|filiale|geschaft|laden|praxis|werkstatt|unsere?n?"
    r"|magasin|agence|boutique|cabinet|notre|loja|agencia|balcao|nossa|negozio|ufficio|sede|filiale"
    r"|\w*ambulatorio|nostr[ao]|punto vendita"
    r"|sportello|unidade|unidad|cajero|mostrador|guichet|courrier|rotura)\b[^.?!,;]{0,30}$"
)


def is_given_out(turn: Turn, kind: str, start: int) -> bool:
    """The number of a thing or of a file that an agent tells; one that was told before is as it was then."""
    if turn.speaker == "customer":
        return turn.near("model", start) or turn.answers("model", 1)
    before = turn.readable[max(start - _BEFORE, 0) : start]
    is_files = turn.speaker == "agent" and kind == "account_number" and not _SOMEBODYS.search(before)
    return is_files or is_of_thing(turn, start)


def is_of_thing(turn: Turn, start: int) -> bool:
    """Whether what was named last before a number, in its turn or in the question, is a thing."""
    thing, person = turn.last("thing", start), turn.last("person", start)
    if thing is not None or person is not None:
        return thing is not None and (person is None or thing > person)
    never = len(turn.asked) + turn.index + 1
    return "thing" in turn.asked and turn.asked["thing"] < turn.asked.get("person", never)


def is_company_line(turn: Turn, run: Run) -> bool:
    """A telephone that an agent tells callers to ring, or that is free to call."""
    before = turn.readable[max(run.start - _BEFORE, 0) : run.start]
    return bool(_FREE_CALL.match(run.digits)) or (
        turn.speaker == "agent" and bool(_COMPANY_LINE.search(before))
    )


def is_premises(turn: Turn, start: int) -> bool:
    """Where a shop, an office or a bus line is."""
    return bool(_PREMISES.search(turn.readable[max(start - _BEFORE, 0) : start]))
