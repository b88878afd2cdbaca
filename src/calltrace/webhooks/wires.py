"""The wires of all contracts, by name.

Whoever publishes works in a lower room than the contracts do, so a wire is found by the name of its
module and loaded when it is first needed: to add a contract is one line here.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module

from calltrace.accounts.models import Mode
from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.settings import Settings
from calltrace.webhooks.wire import Pace, Wire

_MODULES = {
    "calltrace": "calltrace.webhooks.native",
    "callcov": "calltrace.dialects.callcov.wire",
    "callcenterrate": "calltrace.dialects.callcenterrate.wire",
    "auralytik": "calltrace.dialects.auralytik.wire",
}
"""Contract to the module whose ``WIRE`` serves it."""

CONTRACTS = tuple(_MODULES)
_SILENT = frozenset({("callcov", "test")})
"""Contracts and modes in which nothing leaves the house."""


@cache
def wire_of(contract: str) -> Wire:
    """The wire of a contract; a contract without one is a bug."""
    return import_module(_MODULES[contract]).WIRE


@cache
def names_of(event: str) -> tuple[str, ...]:
    """All names under which something that happens may be told, in any contract."""
    return tuple(dict.fromkeys(name for one in CONTRACTS for name in wire_of(one).names_of(event)))


def suppressed(contract: str, mode: Mode) -> bool:
    """Whether what is told in a contract's mode is written down only."""
    return (contract, mode) in _SILENT


def paces(settings: Settings) -> Mapping[str, Pace]:
    """When attempts are made, by contract."""
    return {contract: wire_of(contract).pace(settings) for contract in CONTRACTS}


def checked_events(contract: str, events: Sequence[str]) -> list[str]:
    """The chosen events of a contract without duplicates.

    Raises:
        InvalidRequestError: none, or one that does not exist.
    """
    known = wire_of(contract).events
    unknown = sorted(set(events) - set(known))
    if unknown or not events:
        detail = f"events must be among {', '.join(known)}" + (
            f"; not {', '.join(unknown)}." if unknown else "."
        )
        missing = Words("Choose at least one event.")
        strange = Words("Nothing sends %(events)s.", events=", ".join(unknown))
        told = (strange if unknown else missing).where_programs_read(detail)
        raise InvalidRequestError(told, errors=[FieldError("/events", told)])
    return [event for event in known if event in events]
