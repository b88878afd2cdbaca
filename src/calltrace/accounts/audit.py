"""The audit trail: who did what. Written in the transaction of the deed itself."""

import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import AuditEntry

ActorKind = Literal["api_key", "user", "operator", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and where from.

    Attributes:
        kind: an API key, a person, the command line, or the platform itself.
        name: for reading: the key's prefix, the person's address.
        id: of the key or the person.
        address: IP address of the caller.
        request_id: of the request, as it was answered.
    """

    kind: ActorKind
    name: str
    id: uuid.UUID | None = None
    address: str | None = None
    request_id: str | None = None


OPERATOR = Actor("operator", "command line")
SYSTEM = Actor("system", "Call Trace")


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done, as ``thing.verb``, to what. Details hold no secret and no word of a call."""

    action: str
    target_id: object = None
    details: dict[str, Any] = field(default_factory=dict[str, Any])


async def record(session: AsyncSession, org_id: uuid.UUID, actor: Actor, deed: Deed) -> AuditEntry:
    """Write one entry; it stands if and only if the session's transaction commits."""
    entry = AuditEntry(
        org_id=org_id, actor_kind=actor.kind, actor_id=actor.id, actor=actor.name, action=deed.action,
        target_id=None if deed.target_id is None else str(deed.target_id), details=deed.details,
        address=actor.address, request_id=actor.request_id,
    )  # fmt: skip
    session.add(entry)
    await session.flush()
    return entry
