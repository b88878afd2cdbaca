"""Deliveries do not pile up for ever: what is over and old goes, what still waits stays."""

from datetime import timedelta

import pytest

from calltrace.db.clock import database_now
from calltrace.webhooks import cleanup
from database.conftest import count
from database.moments import execute
from database.webhooks.conftest import Receiver, Sent, status

KEPT = timedelta(days=90)


async def _prune(sent: Sent) -> None:
    async with sent.platform.database.operator() as session:
        await cleanup.prune(session, await database_now(session), KEPT)


async def _grown_old(sent: Sent, days: int) -> None:
    old = f"UPDATE webhook_deliveries SET created_at = now() - interval '{days} days' WHERE id = :id"
    await execute(sent.platform.database, old, id=sent.id)


async def _left(sent: Sent) -> tuple[int, int]:
    database = sent.platform.database
    return await count(database, "webhook_deliveries", sent.org), await count(
        database, "webhook_attempts", sent.org
    )


@pytest.mark.parametrize(("days", "left"), [(89, (1, 1)), (91, (0, 0))])
async def test_one_that_arrived_goes_with_its_attempts_once_it_is_old(
    sent: Sent, days: int, left: tuple[int, int]
) -> None:
    await sent.attempt()
    await _grown_old(sent, days)
    await _prune(sent)
    assert await _left(sent) == left


async def test_one_that_still_waits_stays_however_old(sent: Sent, receiver: Receiver) -> None:
    receiver.answers = [status(503)]
    await sent.attempt()
    await _grown_old(sent, 400)
    await _prune(sent)
    assert await _left(sent) == (1, 1)


async def test_the_next_round_takes_what_one_could_not(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "MOST_REMOVED", 2)
    await sent.attempt()
    await _grown_old(sent, 100)
    copies = (
        "INSERT INTO webhook_deliveries (id, org_id, endpoint_id, event, body, status, created_at)"
        " SELECT id || n, org_id, endpoint_id, event, body, status, created_at"
        " FROM webhook_deliveries, generate_series(1, 4) AS n WHERE id = :id"
    )
    await execute(sent.platform.database, copies, id=sent.id)
    for left in (3, 1, 0):
        await _prune(sent)
        assert (await _left(sent))[0] == left
