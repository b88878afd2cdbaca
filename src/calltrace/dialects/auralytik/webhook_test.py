"""Sending one test event at once, without the queue and without another try."""

import uuid
from datetime import timedelta

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.dialects.auralytik.wire import TIMEOUT_SECONDS, WIRE, test_message
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.webhooks import deliver, record, rotation
from calltrace.webhooks.models import Delivery, Endpoint
from calltrace.webhooks.prepared import Outcome, Prepared
from calltrace.webhooks.wire import Pace

_LEASE = timedelta(seconds=60)
"""Workers leave it alone for longer than the attempt can take."""


async def prepare(session: AsyncSession, endpoint: Endpoint) -> Prepared:
    """Write the delivery down as one that somebody is at already."""
    told, delivery_id = test_message(endpoint.id), WIRE.delivery_id()
    session.add(
        Delivery(
            id=delivery_id, org_id=endpoint.org_id, endpoint_id=endpoint.id, event=told.event,
            body=told.body(delivery_id), created_at=clock.now_ms(), leased_by=uuid.uuid4(),
            leased_until=func.clock_timestamp() + _LEASE,
        )
    )  # fmt: skip
    await session.flush()
    return Prepared(
        org_id=endpoint.org_id, delivery_id=delivery_id, endpoint_id=endpoint.id, number=1, first_of_round=1,
        contract=endpoint.contract, event=told.event, url=endpoint.url,
        sealed_secrets=rotation.good_secrets(endpoint, clock.now()), body=told.body(delivery_id),
        failing_since=endpoint.failing_since, slow_since=endpoint.slow_since,
    )  # fmt: skip


async def make(platform: Platform, prepared: Prepared) -> Outcome:
    """Make the attempt and write down how it went; there is no other one."""
    outcome = await deliver.call(platform.client, platform.box, prepared, TIMEOUT_SECONDS)
    once = {prepared.contract: Pace((), TIMEOUT_SECONDS)}
    await record.record(platform.database, prepared, outcome, once)
    return outcome
