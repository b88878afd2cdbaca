"""What an integrator or an operator does to endpoints. Every deed is in the audit trail."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.models import Mode
from calltrace.db.listing import Slice
from calltrace.db.session import Database
from calltrace.kit import clock, signatures
from calltrace.kit.cursor import Cursor
from calltrace.kit.encryption import SecretBox
from calltrace.kit.errors import InvalidRequestError, NotFoundError
from calltrace.kit.outbound import OutboundClient, OutboundPolicy
from calltrace.kit.words import Words
from calltrace.webhooks import queries, rotation, service, wires
from calltrace.webhooks.errors import EndpointDisabledError
from calltrace.webhooks.models import Delivery, Endpoint
from calltrace.webhooks.notices import without_query

DISABLED_BY_HAND = "Disabled by hand."


@dataclass(frozen=True, slots=True)
class Desk:
    """What managing endpoints needs from the outside."""

    database: Database
    client: OutboundClient
    box: SecretBox
    policy: OutboundPolicy


@dataclass(frozen=True, slots=True)
class Caller:
    """Who manages, and in which organisation.

    ``mode`` is whose endpoints are seen, ``contract`` of which contract; ``None``: of all.
    """

    org_id: uuid.UUID
    actor: Actor
    mode: Mode | None = None
    contract: str | None = None


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """A subscription that is wanted."""

    url: str
    events: Sequence[str]
    mode: Mode
    description: str | None = None
    contract: str = "calltrace"


async def create(desk: Desk, caller: Caller, wanted: NewEndpoint) -> tuple[Endpoint, str]:
    """Subscribe a URL and answer its secret: the only time that it is known (acceptance CT-133).

    The name of the URL is looked up before any transaction begins.

    Raises:
        InvalidRequestError: unknown events. UrlNotHttpsError, UrlBlockedError: it may never be called.
        TooManyEndpointsError: the organisation has as many as it may have.
    """
    wires.checked_events(wanted.contract, wanted.events)
    await desk.client.check(wanted.url)
    async with desk.database.tenant(caller.org_id) as session:
        return await service.create_endpoint(
            session, caller.org_id, wanted.url, wanted.events, desk.box, desk.policy,
            contract=wanted.contract, mode=wanted.mode, description=wanted.description, actor=caller.actor,
        )  # fmt: skip


async def find(
    session: AsyncSession, endpoint_id: uuid.UUID, mode: Mode | None, contract: str | None = None
) -> Endpoint:
    """One endpoint.

    Raises:
        NotFoundError: there is none, or it belongs to another organisation, mode or contract.
    """
    found = await queries.endpoint_by_id(session, endpoint_id, mode, contract)
    if found is None:
        raise NotFoundError("There is no webhook endpoint with this id.")
    return found


async def page(
    session: AsyncSession, mode: Mode, *, cursor: str | None, limit: int, contract: str | None = None
) -> tuple[Sequence[Endpoint], str | None]:
    """One page of endpoints, newest first, and the cursor of the next page."""
    part = Slice(Cursor.decode(cursor) if cursor else None, limit)
    found = await queries.endpoint_page(session, mode, part, contract)
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], Cursor(last.created_at, last.id).encode() if last else None


async def change(desk: Desk, caller: Caller, endpoint_id: uuid.UUID, changes: Mapping[str, Any]) -> Endpoint:
    """Change what is given of ``url``, ``events``, ``description`` and ``disabled``.

    A new URL is judged like the first one, and starts without failures.

    Raises:
        NotFoundError: as in ``find``. Otherwise as in ``create``.
    """
    wanted = dict(changes)
    if "url" in wanted:
        await desk.client.check(wanted["url"])
    async with desk.database.tenant(caller.org_id) as session:
        endpoint = await find(session, endpoint_id, caller.mode, caller.contract)
        if "events" in wanted:
            wanted["events"] = wires.checked_events(endpoint.contract, wanted["events"])
        await service.take(session, endpoint)
        endpoint.updated_at = clock.now()
        await _rewrite(session, endpoint, wanted, caller.actor)
        if wanted.get("disabled") is True:
            await service.disable(session, endpoint, DISABLED_BY_HAND, caller.actor)
        elif wanted.get("disabled") is False:
            await service.enable(session, endpoint, caller.actor)
        return endpoint


async def _rewrite(
    session: AsyncSession, endpoint: Endpoint, wanted: Mapping[str, Any], actor: Actor
) -> None:
    names = ("url", "events", "description")
    changed = [name for name in names if name in wanted and wanted[name] != getattr(endpoint, name)]
    if not changed:
        return
    for name in changed:
        setattr(endpoint, name, wanted[name])
    if "url" in changed:
        endpoint.failing_since = None
    await session.flush()
    details = {"fields": changed, "url": without_query(endpoint.url)}
    await audit.record(session, endpoint.org_id, actor, Deed("endpoint.changed", endpoint.id, details))


async def delete(session: AsyncSession, endpoint: Endpoint, actor: Actor) -> None:
    """Delete an endpoint: at once for everybody. What waits for it ends; housekeeping removes the rest.

    Raises:
        NotFoundError: somebody else deleted it meanwhile.
    """
    await service.take(session, endpoint)
    endpoint.deleted_at = clock.now()
    endpoint.sealed_secret, endpoint.previous_secrets = "", []
    await session.flush()
    await service.end_pending(session, endpoint)
    details = {"url": without_query(endpoint.url)}
    await audit.record(session, endpoint.org_id, actor, Deed("endpoint.deleted", endpoint.id, details))


async def rotate(
    session: AsyncSession, endpoint: Endpoint, box: SecretBox, overlap_hours: int, actor: Actor
) -> str:
    """Give an endpoint a new secret and answer it: the only time that it is known.

    Raises:
        InvalidRequestError: no overlap of 0 to 168 hours. TooManySecretsError: rotated too often in a row.
    """
    if not 0 <= overlap_hours <= rotation.LONGEST_OVERLAP_HOURS:
        raise InvalidRequestError(
            Words(
                "An overlap has 0 to %(longest_overlap_hours)s hours.",
                longest_overlap_hours=rotation.LONGEST_OVERLAP_HOURS,
            )
        )
    await service.take(session, endpoint)
    secret = signatures.new_endpoint_secret()
    rotation.replace(endpoint, box.seal(secret), timedelta(hours=overlap_hours), clock.now())
    await session.flush()
    details = {"overlapHours": overlap_hours}
    await audit.record(session, endpoint.org_id, actor, Deed("endpoint.secret_rotated", endpoint.id, details))
    return secret


async def test(session: AsyncSession, endpoint: Endpoint, actor: Actor) -> Delivery:
    """Send a ``webhook.ping``.

    Raises:
        EndpointDisabledError: nothing is sent to it.
    """
    require_enabled(endpoint)
    delivery = await service.send_ping(session, endpoint)
    details = {"deliveryId": delivery.id}
    await audit.record(session, endpoint.org_id, actor, Deed("endpoint.tested", endpoint.id, details))
    return delivery


def require_enabled(endpoint: Endpoint) -> None:
    """Refuse to send to a disabled endpoint.

    Raises:
        EndpointDisabledError: it is one.
    """
    if endpoint.disabled_at is not None:
        raise EndpointDisabledError("Enable the endpoint first; nothing is sent to it while it is disabled.")
