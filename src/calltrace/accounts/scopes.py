"""What a native API key may do (acceptance CT-022, and what the product adds)."""

from collections.abc import Iterable

from calltrace.kit.errors import FieldError, InvalidRequestError

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
    "users:read",
    "users:write",
)
ONLY_BY_NAME = frozenset({"users:read", "users:write"})
"""Never granted unasked: whoever has them can let people in."""


def checked(scopes: Iterable[str]) -> list[str]:
    """The scopes without duplicates, in the order of SCOPES; none given means all but ONLY_BY_NAME.

    Raises:
        InvalidRequestError: naming the scopes that do not exist.
    """
    wanted = set(scopes)
    unknown = sorted(wanted - set(SCOPES))
    if unknown:
        detail = f"Unknown scope {', '.join(unknown)}; known are {', '.join(SCOPES)}."
        raise InvalidRequestError(detail, errors=[FieldError("/scopes", detail)])
    wanted = wanted or set(SCOPES) - ONLY_BY_NAME
    return [scope for scope in SCOPES if scope in wanted]
