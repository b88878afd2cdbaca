"""Verbs on endpoints, and telling subscribers what happened."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.db import jobs
from calltrace.kit import clock, ids, signatures
from calltrace.kit.encryption import SecretBox
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.outbound import OutboundPolicy, judge_url
from calltrace.webhooks import queries
from calltrace.webhooks.events import EVENT_TYPES, Event, PingEvent, body_of
from calltrace.webhooks.models import Delivery, Endpoint


def checked_events(events: Sequence[str]) -> list[str]:
    """The chosen events without duplicates.

    Raises:
        InvalidRequestError: none, or one that does not exist.
    """
    unknown = sorted(set(events) - set(EVENT_TYPES))
    if unknown or not events:
        detail = f"events must be among {', '.join(EVENT_TYPES)}" + (
            f"; not {', '.join(unknown)}." if unknown else "."
        )
        raise InvalidRequestError(detail, errors=[FieldError("/events", detail)])
    return [event for event in EVENT_TYPES if event in events]


async def create_endpoint(
    session: AsyncSession,
    org_id: uuid.UUID,
    url: str,
    events: Sequence[str],
    box: SecretBox,
    policy: OutboundPolicy,
    *,
    mode: Mode = "live",
) -> tuple[Endpoint, str]:
    """Subscribe a URL and answer its signing secret: the only time that it is known (CT-133).

    Raises:
        InvalidRequestError: unknown events. CallTraceError: the URL is refused by the outbound guard.
    """
    chosen = checked_events(events)
    judge_url(url, policy)
    secret = signatures.new_endpoint_secret()
    endpoint = Endpoint(
        org_id=org_id, contract="calltrace", mode=mode, url=url, events=chosen, sealed_secret=box.seal(secret)
    )
    session.add(endpoint)
    await session.flush()
    return endpoint, secret


async def find_endpoint(session: AsyncSession, text: str) -> Endpoint:
    """An endpoint by id or URL.

    Raises:
        NotFoundError: there is none.
    """
    found = await queries.endpoint(session, text)
    if found is None:
        raise NotFoundError(f"There is no webhook endpoint {text!r}.")
    return found


async def disable(session: AsyncSession, endpoint: Endpoint, reason: str) -> None:
    """Stop sending to an endpoint; again is not an error."""
    if endpoint.disabled_at is None:
        endpoint.disabled_at = clock.now()
        endpoint.disabled_reason = reason
        await session.flush()


async def publish(
    session: AsyncSession, org_id: uuid.UUID, mode: Mode, event: Event, analysis_id: uuid.UUID | None
) -> None:
    """Tell every subscriber, in the transaction of the change itself: both happen or neither does."""
    for endpoint in await queries.subscribers(session, event.event, mode):
        await send(session, org_id, endpoint, event, analysis_id)


async def send(
    session: AsyncSession,
    org_id: uuid.UUID,
    endpoint: Endpoint,
    event: Event,
    analysis_id: uuid.UUID | None = None,
) -> Delivery:
    """Write down one delivery and the job that makes its attempts."""
    delivery_id = ids.delivery_id()
    delivery = Delivery(
        id=delivery_id, org_id=org_id, endpoint_id=endpoint.id, analysis_id=analysis_id, event=event.event,
        body=body_of(event, delivery_id), next_attempt_at=clock.now(),
    )  # fmt: skip
    session.add(delivery)
    await session.flush()
    await jobs.enqueue(session, jobs.DELIVER, f"{org_id}/{delivery_id}")
    return delivery


async def send_ping(session: AsyncSession, endpoint: Endpoint) -> Delivery:
    """Send a test event to one endpoint."""
    return await send(session, endpoint.org_id, endpoint, PingEvent(occurred_at=clock.iso(clock.now())))


async def replay(session: AsyncSession, delivery_id: str) -> Delivery:
    """Deliver once more, with the same ``deliveryId``, body and a fresh schedule.

    Raises:
        NotFoundError: no such delivery.
    """
    found = await queries.delivery_with_endpoint(session, delivery_id)
    if found is None:
        raise NotFoundError(f"There is no delivery {delivery_id!r}.")
    delivery, _endpoint = found
    delivery.status, delivery.next_attempt_at = "pending", clock.now()
    delivery.first_of_round = delivery.attempts + 1
    await session.flush()
    await jobs.enqueue_now(session, jobs.DELIVER, f"{delivery.org_id}/{delivery_id}")
    return delivery
