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
    "insights:read",
    "insights:export",
)


def checked(scopes: Iterable[str]) -> list[str]:
    """The scopes without duplicates, in the order of SCOPES; none given means all.

    Raises:
        InvalidRequestError: naming the scopes that do not exist.
    """
    wanted = set(scopes)
    unknown = sorted(wanted - set(SCOPES))
    if unknown:
        detail = f"Unknown scope {', '.join(unknown)}; known are {', '.join(SCOPES)}."
        raise InvalidRequestError(detail, errors=[FieldError("/scopes", detail)])
    return [scope for scope in SCOPES if not wanted or scope in wanted]
