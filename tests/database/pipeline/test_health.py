"""How an installation is doing: what waits, who works, how much room there is."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from sqlalchemy import text

from calltrace.db import jobs
from calltrace.pipeline import health as looking
from calltrace.pipeline import life, milestones
from calltrace.pipeline.checks import CHECKS, examine
from calltrace.pipeline.context import Platform
from calltrace.pipeline.health import Health, Queue, Room, health


@pytest.fixture
async def quiet(platform: Platform) -> AsyncGenerator[None]:
    """No job, worker or milestone of another test."""

    async def clear() -> None:
        async with platform.database.operator() as session:
            await session.execute(text("DELETE FROM workers"))
            await session.execute(text("DELETE FROM milestones"))
            await session.execute(text("DELETE FROM pgqueuer"))

    await clear()
    yield
    await clear()


def _queue(found: Health, kind: str) -> Queue:
    return next(one for one in found.queues if one.kind == kind)


@pytest.mark.usefixtures("quiet")
async def test_an_idle_installation_without_a_worker_says_so(platform: Platform) -> None:
    found = await health(platform)
    assert (found.alive, found.workers, found.backup) == (0, [], None)
    assert [(one.kind, one.waiting, one.waits) for one in found.queues] == [
        ("calls", 0, None), ("evaluations", 0, None), ("batches", 0, None), ("exports", 0, None),
        ("messages", 0, None),
    ]  # fmt: skip
    assert found.worries[0].startswith("No worker is there")
    assert found.answered < timedelta(seconds=5)


@pytest.mark.usefixtures("quiet")
async def test_what_waits_is_counted_from_when_it_is_due(platform: Platform, org: uuid.UUID) -> None:
    async with platform.database.operator() as session:
        for n, delay in enumerate((0.0, 0.0, 3600.0)):
            await session.execute(text("SELECT 1"))
            await jobs.enqueue(session, jobs.PROCESS, f"{org}/{n}", delay=delay)
        aged = text("""
            UPDATE pgqueuer SET created = created - interval '1 hour',
                execute_after = execute_after - interval '7 minutes'
            WHERE dedupe_key LIKE '%/0'
        """)
        await session.execute(aged)
    calls = _queue(await health(platform), "calls")
    assert (calls.waiting, calls.running) == (3, 0)
    assert calls.waits is not None
    assert timedelta(minutes=7) <= calls.waits < timedelta(minutes=9), "not since it was written down"


@pytest.mark.usefixtures("quiet")
async def test_a_worker_shows_that_it_is_there_and_what_it_has_in_hand(
    platform: Platform, org: uuid.UUID
) -> None:
    identity = uuid.uuid4()
    task = asyncio.create_task(life.show_life(platform.database, identity))
    while not (found := await health(platform)).workers:  # each look gives the worker its turn
        assert not task.done()
    assert (found.alive, found.workers[0].doing) == (1, {})
    async with platform.database.operator() as session:
        await session.execute(text("SELECT 1"))
        await jobs.enqueue(session, jobs.PROCESS, f"{org}/1")
        await session.execute(
            text("UPDATE pgqueuer SET status = 'picked', queue_manager_id = :id"), {"id": identity}
        )
    found = await health(platform)
    assert found.workers[0].doing == {"calls": 1}
    assert _queue(found, "calls").running == 1
    assert not any("worker" in one for one in found.worries)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await health(platform)).workers == [], "it said that it left"


@pytest.mark.usefixtures("quiet")
async def test_a_worker_that_was_killed_falls_silent_and_is_forgotten(platform: Platform) -> None:
    async with platform.database.operator() as session:
        await life.sign(session, uuid.uuid4(), "killed", begins=True)
        await session.execute(text("UPDATE workers SET seen_at = seen_at - interval '1 minute'"))
    found = await health(platform)
    assert (found.alive, len(found.workers), found.workers[0].alive) == (0, 1, False)
    async with platform.database.operator() as session:
        await life.forget(session)
        assert await session.scalar(text("SELECT count(*) FROM workers")) == 1
        await session.execute(text("UPDATE workers SET seen_at = seen_at - interval '2 days'"))
        await life.forget(session)
        assert await session.scalar(text("SELECT count(*) FROM workers")) == 0


@pytest.mark.usefixtures("quiet")
async def test_it_is_known_when_the_last_backup_was_made(platform: Platform) -> None:
    for rows in (1, 2):
        async with platform.database.operator() as session:
            await milestones.reach(session, milestones.BACKUP, {"rows": rows})
    found = await health(platform)
    assert found.backup is not None
    assert timedelta() <= found.at - found.backup < timedelta(minutes=1)
    async with platform.database.operator() as session:
        last = await milestones.last(session, milestones.BACKUP)
    assert last is not None
    assert last.details == {"rows": 2}


def test_a_disk_that_is_nearly_full_is_a_worry() -> None:
    assert Room("recordings", 9, 100).scarce
    assert not Room("recordings", 10, 100).scarce


async def test_one_disk_is_told_once(platform: Platform) -> None:
    rooms = (await health(platform)).rooms
    assert [one.what for one in rooms] == ["the data directory and recordings"]
    assert 0 < rooms[0].free <= rooms[0].total


async def test_the_application_reads_nothing_of_it(platform: Platform, org: uuid.UUID) -> None:
    for table in ("workers", "milestones"):
        with pytest.raises(Exception, match="permission denied"):
            async with platform.database.tenant(org) as session:
                await session.execute(text(f"SELECT * FROM {table}"))


async def test_every_check_answers_in_a_sentence(platform: Platform) -> None:
    findings = {one.check: one for one in await examine(platform)}
    assert list(findings) == list(CHECKS)
    assert findings["database"].ok
    assert findings["storage"].ok
    assert findings["mail"].detail.startswith("SMTP_URL is not set")
    assert timedelta() < looking.LATE
