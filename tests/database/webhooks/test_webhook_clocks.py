"""Deliveries of a machine whose clock is hours off, and of a database whose clock was set back by hours."""

import uuid
from datetime import timedelta

from sqlalchemy import text

from calltrace.analyses import submit
from calltrace.db import jobs
from calltrace.pipeline.housekeeping import tidy
from calltrace.pipeline.rewind import Horizon
from calltrace.settings import load_settings
from calltrace.webhooks import claims
from database.analyses.factory import submitted
from database.moments import execute, seconds_ahead
from database.webhooks.conftest import Receiver, Sent

LEASE = 30.0
HORIZON = Horizon.of(load_settings())
AHEAD = "now() + interval '6 hours'"
DUE = "(SELECT GREATEST(next_attempt_at, leased_until) FROM webhook_deliveries WHERE id = :id)"


async def test_a_failed_delivery_is_due_when_the_schedule_says(
    sent: Sent, receiver: Receiver, apart: timedelta
) -> None:
    del apart
    receiver.answers = [b"HTTP/1.1 503 X\r\nretry-after: 2\r\ncontent-length: 0\r\n\r\n"]
    await sent.attempt()
    ahead = await seconds_ahead(sent.platform.database, DUE, id=sent.id)
    assert ahead <= max(sent.platform.settings.webhook_retry_schedule) * 1.1


async def test_a_delivery_and_its_lease_are_brought_near(sent: Sent) -> None:
    database, holder = sent.platform.database, claims.Holder(uuid.uuid4(), LEASE)
    both = f"UPDATE webhook_deliveries SET next_attempt_at = {AHEAD}, leased_until = {AHEAD}, leased_by = :by"
    await execute(database, f"{both} WHERE id = :id", id=sent.id, by=holder.id)
    await tidy(database, LEASE, HORIZON)
    assert await seconds_ahead(database, DUE, id=sent.id) <= LEASE


async def test_what_is_planned_within_its_schedule_stays_where_it_is(
    sent: Sent, org: uuid.UUID, intake: submit.Intake
) -> None:
    database = sent.platform.database
    analysis_id = await submitted(intake, org)
    async with database.tenant(org) as session:
        await session.execute(text("SELECT 1"))
        await jobs.enqueue(session, jobs.EVALUATE, f"{org}/{analysis_id}", delay=120)
    await execute(database, "UPDATE webhook_deliveries SET next_attempt_at = now() + interval '5 min'")
    await tidy(database, LEASE, HORIZON)
    assert await seconds_ahead(database, DUE, id=sent.id) > 240
    planned = "(SELECT execute_after FROM pgqueuer WHERE entrypoint = :task AND dedupe_key LIKE :key)"
    values = {"task": jobs.EVALUATE, "key": f"%{analysis_id}"}
    assert await seconds_ahead(database, planned, **values) > 60
