"""One attempt of one delivery up to its outcome: take it, call. No transaction is open while we call."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.kit import clock
from calltrace.kit.encryption import SecretBox
from calltrace.kit.errors import CallTraceError
from calltrace.kit.outbound import OutboundClient
from calltrace.webhooks import claims, rotation
from calltrace.webhooks.claims import Holder
from calltrace.webhooks.models import Delivery, Endpoint
from calltrace.webhooks.prepared import Outcome, Prepared
from calltrace.webhooks.service import ended
from calltrace.webhooks.wire import Sent
from calltrace.webhooks.wires import wire_of

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def take(session: AsyncSession, holder: Holder, shares: Mapping[UUID, int]) -> list[Prepared]:
    """Claim deliveries that are due and read what to send; those whose endpoint is not in use end here.

    Args:
        session: a transaction of the organisation that the endpoints belong to.
        holder: who makes the attempts.
        shares: how many of each endpoint at most.
    """
    claimed = await claims.claim(session, holder, shares)
    found = await claims.read(session, claimed) if claimed else ()
    return [_prepared(delivery, endpoint) for delivery, endpoint in found if not _end(delivery, endpoint)]


def _end(delivery: Delivery, endpoint: Endpoint) -> bool:
    """End what was written down while its endpoint was being disabled."""
    if why := ended(endpoint):
        delivery.status, delivery.next_attempt_at, delivery.error = "failed", None, why
    return why is not None


def _prepared(delivery: Delivery, endpoint: Endpoint) -> Prepared:
    return Prepared(
        org_id=delivery.org_id, delivery_id=delivery.id, endpoint_id=endpoint.id,
        number=delivery.attempts + 1, first_of_round=delivery.first_of_round,
        contract=endpoint.contract, event=delivery.event, url=endpoint.url,
        sealed_secrets=rotation.good_secrets(endpoint, clock.now()), body=delivery.body,
        failing_since=endpoint.failing_since, slow_since=endpoint.slow_since,
    )  # fmt: skip


async def call(client: OutboundClient, box: SecretBox, prepared: Prepared, seconds: float) -> Outcome:
    """Make the attempt. Whatever goes wrong on the way is part of the outcome, not an exception."""
    started = clock.now()
    try:
        secrets = [box.open(one) for one in prepared.sealed_secrets]
        sent = Sent(prepared.delivery_id, prepared.event, prepared.body)
        headers = wire_of(prepared.contract).headers(secrets, sent, started)
        answer = await client.post(
            prepared.url, content=prepared.body.encode(), headers=headers, timeout=seconds
        )
    except CallTraceError as error:
        return Outcome(started, clock.now(), None, f"{error.code}: {error.detail}")
    except Exception:
        log.exception("delivery_bug", delivery=prepared.delivery_id)
        return Outcome(started, clock.now(), None, "internal_error: the attempt could not be made.")
    error = None if HTTPStatus(200) <= answer.status < HTTPStatus(300) else f"HTTP {answer.status}"
    return Outcome(started, clock.now(), answer, error)
