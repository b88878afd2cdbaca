"""What an API key may do, by contract (acceptance CT-022 and AU-030, and what the product adds)."""

from collections.abc import Iterable

from calltrace.accounts.models import Contract
from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.words import Words

SCOPES = (
    "analysis:write",
    "analysis:read",
    "calls:read",
    "storage:write",
    "webhooks:read",
    "webhooks:write",
    "catalog:read",
    "catalog:write",
    "reviews:read",
    "reviews:write",
    "insights:read",
    "insights:export",
    "conversations:read",
    "conversations:write",
    "surveys:read",
    "surveys:write",
    "users:read",
    "users:write",
)
ONLY_BY_NAME = frozenset({"users:read", "users:write"})
"""Never granted unasked: whoever has them can let people in."""

AURALYTIK_SCOPES = (
    "evaluations:read",
    "audio:read",
    "audio:download",
    "audio:write",
    "analytics:read",
    "analytics:export",
    "engagements:read",
    "engagements:write",
    "conversations:read",
    "voice:read",
    "campaigns:read",
    "webhooks:manage",
    "keys:manage",
    "usage:read",
)
SCOPES_OF: dict[Contract, tuple[str, ...]] = {
    "calltrace": SCOPES,
    "callcov": (),
    "callcenterrate": (),
    "auralytik": AURALYTIK_SCOPES,
}
"""Keys of a contract without scopes may do all that it has."""


def checked(scopes: Iterable[str], contract: Contract = "calltrace") -> list[str]:
    """The scopes without duplicates, in the contract's order; none given means all but ONLY_BY_NAME.

    Raises:
        InvalidRequestError: naming the scopes that do not exist.
    """
    known, wanted = SCOPES_OF[contract], set(scopes)
    unknown = sorted(wanted - set(known))
    if unknown:
        there = f"known are {', '.join(known)}" if known else "keys of this contract have none"
        detail = Words("Unknown scope %(unknown)s; %(there)s.", unknown=", ".join(unknown), there=there)
        raise InvalidRequestError(detail, errors=[FieldError("/scopes", detail)])
    wanted = wanted or set(known) - ONLY_BY_NAME
    return [scope for scope in known if scope in wanted]
