"""Subscribing, telling subscribers what happened, and stopping to."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, plan_access
from calltrace.accounts import queries as accounts
from calltrace.accounts.audit import OPERATOR, Actor, Deed
from calltrace.accounts.models import Mode
from calltrace.kit import clock, signatures
from calltrace.kit.encryption import SecretBox
from calltrace.kit.errors import NotFoundError
from calltrace.kit.outbound import OutboundPolicy, judge_url
from calltrace.kit.words import Words
from calltrace.webhooks import claims, queries, wires
from calltrace.webhooks.errors import TooManyEndpointsError
from calltrace.webhooks.models import Delivery, Endpoint
from calltrace.webhooks.notices import without_query
from calltrace.webhooks.wire import Happening, Message, Place

MOST_ENDPOINTS = 100
"""Of one organisation, both modes together: each event is written down once for each of them."""


async def create_endpoint(  # noqa: PLR0913 - columns of an endpoint, by name
    session: AsyncSession,
    org_id: uuid.UUID,
    url: str,
    events: Sequence[str],
    box: SecretBox,
    policy: OutboundPolicy,
    *,
    contract: str = "calltrace",
    mode: Mode = "live",
    description: str | None = None,
    actor: Actor = OPERATOR,
) -> tuple[Endpoint, str]:
    """Subscribe a URL and answer its signing secret: the only time that it is known (CT-133).

    Raises:
        InvalidRequestError: unknown events. CallTraceError: the URL is refused by the outbound guard.
        TooManyEndpointsError: the organisation has MOST_ENDPOINTS.
        PlanRequiredError: the contract sells webhooks with a plan that the organisation does not have.
    """
    chosen = wires.checked_events(contract, events)
    judge_url(url, policy)
    await plan_access.require_webhooks(session, org_id, contract)
    await _check_room(session, org_id)
    secret = signatures.new_endpoint_secret()
    endpoint = Endpoint(
        org_id=org_id, contract=contract, mode=mode, url=url, events=chosen, description=description,
        sealed_secret=box.seal(secret), previous_secrets=[],
    )  # fmt: skip
    session.add(endpoint)
    await session.flush()
    details = {"url": without_query(url), "events": chosen, "mode": mode, "contract": contract}
    await audit.record(session, org_id, actor, Deed("endpoint.created", endpoint.id, details))
    return endpoint, secret


async def _check_room(session: AsyncSession, org_id: uuid.UUID) -> None:
    """One at a time: two that are created at once must not both be the last one."""
    await accounts.locked_organisation(session, org_id)
    if await queries.endpoint_count(session) >= MOST_ENDPOINTS:
        raise TooManyEndpointsError(
            Words(
                "An organisation has at most %(most_endpoints)s webhook endpoints.",
                most_endpoints=MOST_ENDPOINTS,
            )
        )


async def find_endpoint(session: AsyncSession, text: str) -> Endpoint:
    """An endpoint by id or URL.

    Raises:
        NotFoundError: there is none.
    """
    found = await queries.endpoint(session, text)
    if found is None:
        raise NotFoundError(Words("There is no webhook endpoint %(text)s.", text=f"{text!r}"))
    return found


async def disable(session: AsyncSession, endpoint: Endpoint, reason: str, actor: Actor = OPERATOR) -> None:
    """Stop sending to an endpoint; what waits for it ends as failed. Again is not an error."""
    await take(session, endpoint)
    if endpoint.disabled_at is not None:
        return
    endpoint.disabled_at, endpoint.disabled_reason = clock.now(), reason
    await session.flush()
    await end_pending(session, endpoint)
    details = {"url": without_query(endpoint.url), "reason": reason}
    await audit.record(session, endpoint.org_id, actor, Deed("endpoint.disabled", endpoint.id, details))


async def enable(session: AsyncSession, endpoint: Endpoint, actor: Actor = OPERATOR) -> None:
    """Send to an endpoint again, as if it had never failed. Again is not an error."""
    await take(session, endpoint)
    if endpoint.disabled_at is None:
        return
    endpoint.disabled_at = endpoint.disabled_reason = endpoint.failing_since = None
    await session.flush()
    details = {"url": without_query(endpoint.url)}
    await audit.record(session, endpoint.org_id, actor, Deed("endpoint.enabled", endpoint.id, details))


async def take(session: AsyncSession, endpoint: Endpoint) -> None:
    """Lock an endpoint against other changes and read it anew.

    Whoever also writes deliveries of it takes the endpoint first, so that nobody waits in a circle.

    Raises:
        NotFoundError: it was deleted meanwhile.
    """
    await session.refresh(endpoint, with_for_update={"key_share": True})
    if endpoint.deleted_at is not None:
        raise NotFoundError("There is no such webhook endpoint.")


async def end_pending(session: AsyncSession, endpoint: Endpoint) -> None:
    """End what waits for an endpoint that is disabled or deleted; an attempt under way is recorded.

    Locked in the order of ids, as a worker that renews many leases does: neither waits for the other.
    """
    waiting = (Delivery.status == "pending", Delivery.id.in_(queries.pending_of(endpoint.id)))
    values = {"status": "failed", "next_attempt_at": None, "error": ended(endpoint)}
    await session.execute(update(Delivery).where(*waiting).values(values))


def ended(endpoint: Endpoint) -> str | None:
    """Why nothing is sent to an endpoint any more; ``None`` when it is in use."""
    if endpoint.deleted_at is not None:
        return "endpoint_deleted: The webhook endpoint was deleted."
    if endpoint.disabled_at is not None:
        return f"endpoint_disabled: {endpoint.disabled_reason}"
    return None


async def publish(
    session: AsyncSession,
    org_id: uuid.UUID,
    mode: Mode,
    happening: Happening,
    analysis_id: uuid.UUID | None,
    *,
    also: uuid.UUID | None = None,
) -> None:
    """Tell every subscriber, in the transaction of the change itself: both happen or neither does.

    ``also`` is the endpoint that the analysis itself names.
    """
    place = Place(session, org_id, mode, analysis_id)
    told = dict[str, Sequence[Message]]()
    names = wires.names_of(happening.event)
    single = await queries.single(session, also) if also and names else ()
    for endpoint in (*await queries.subscribers(session, names, mode), *single):
        if endpoint.contract not in told:
            told[endpoint.contract] = await wires.wire_of(endpoint.contract).messages(place, happening)
        for message in told[endpoint.contract]:
            if message.event in endpoint.events:
                await send(session, endpoint, message, analysis_id)


async def send(
    session: AsyncSession, endpoint: Endpoint, message: Message, analysis_id: uuid.UUID | None = None
) -> Delivery:
    """Write down one delivery, due at once: the worker that sees it first makes its attempts.

    In a mode in which nothing leaves it is written down, and that is all.
    """
    silent = wires.suppressed(endpoint.contract, endpoint.mode)
    delivery_id = wires.wire_of(endpoint.contract).delivery_id()
    delivery = Delivery(
        id=delivery_id, org_id=endpoint.org_id, endpoint_id=endpoint.id, analysis_id=analysis_id,
        event=message.event, body=message.body(delivery_id), created_at=clock.now_ms(),
        status="suppressed" if silent else "pending",
    )  # fmt: skip
    session.add(delivery)
    await session.flush()
    if not silent:
        await claims.announce(session)
    return delivery


async def send_ping(session: AsyncSession, endpoint: Endpoint) -> Delivery:
    """Send a test event to one endpoint."""
    return await send(session, endpoint, wires.wire_of(endpoint.contract).ping(clock.now()))


async def replay(session: AsyncSession, delivery_id: str) -> Delivery:
    """Deliver once more, with the same ``deliveryId``, body and a fresh schedule.

    Raises:
        NotFoundError: no such delivery.
    """
    found = await queries.delivery_with_endpoint(session, delivery_id)
    if found is None:
        raise NotFoundError(Words("There is no delivery %(delivery_id)s.", delivery_id=f"{delivery_id!r}"))
    await make_due(session, [delivery_id])
    await session.refresh(found[0])
    return found[0]


async def make_due(session: AsyncSession, delivery_ids: Sequence[str]) -> None:
    """Begin a fresh round of the schedule at once. Counted from the attempts there are when it is written.

    What was suppressed stays so.
    """
    sent = Delivery.status != "suppressed"
    values = {
        "status": "pending", "next_attempt_at": func.clock_timestamp(), "delivered_at": None, "error": None,
        "first_of_round": Delivery.attempts + 1, "round_began_at": None,
    }  # fmt: skip
    await session.execute(update(Delivery).where(Delivery.id.in_(delivery_ids), sent).values(values))
    await claims.announce(session)
