"""Whose a number is: a person's, or nobody's, as a model's.

Sensitive is what is told of a person: a card, an identity, a home, and every number that a customer is found
by, be it of a contract, an order or a parcel. A number that an agent gives out was made a moment ago: it is
taken out where somebody asks for redaction, for it may lead to whoever ordered, and is not reported.
"""

import re

from calltrace.evaluation.sensitive_turn import Turn

OF_THINGS = frozenset(("account_number", "phone"))
"""What the number of a thing looks like."""
_BEFORE = 60
"""Characters before a number in which whose it is stands."""
_SOMEBODYS = re.compile(
    r"\b(?:account|iban|konto\w*|kunden\w*|mitglied\w*|vers\w+nummer|cuenta|compte|conta|conto|member\w*"
    r"|policy|poliza|police|polizza|apolice|cliente|client)"
    r"(?: (?:is|as|the|number|no|es|e|ist|est|nummer|numero|lautet|de|da|con|com|with|i have))*:? *$"
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
