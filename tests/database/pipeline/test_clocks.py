"""Clocks that are hours apart, or jump by hours: nothing is taken, put off or forgotten because of it."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from calltrace.analyses import lifecycle, submit
from calltrace.analyses.document import Stage
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.mail import sending, service
from calltrace.pipeline.context import Platform
from calltrace.pipeline.housekeeping import tidy
from calltrace.pipeline.mailing import Mailer
from calltrace.pipeline.rewind import Horizon
from calltrace.settings import load_settings
from database.analyses.factory import claimed, submitted
from database.conftest import count, submission
from database.moments import execute, seconds_ahead

LEASE = 30.0
HORIZON = Horizon.of(load_settings())
STAGE: Stage = "transcribing"


async def jobs_of(database: Database, key: object) -> int:
    async with database.operator() as session:
        query = text("SELECT count(*) FROM pgqueuer WHERE dedupe_key LIKE :key AND execute_after <= now()")
        return await session.scalar(query, {"key": f"%{key}"}) or 0


TOUCHED = "(SELECT touched_at FROM analyses WHERE id = :id)"
WITHOUT_JOB = "DELETE FROM pgqueuer WHERE dedupe_key LIKE :key"


async def test_a_sign_of_life_is_one_by_the_clock_of_those_who_look_for_it(
    database: Database, org: uuid.UUID, intake: submit.Intake, apart: timedelta
) -> None:
    del apart
    analysis_id = await submitted(intake, org)
    assert abs(await seconds_ahead(database, TOUCHED, id=analysis_id)) < LEASE
    claim = await claimed(intake, org, analysis_id)
    assert abs(await seconds_ahead(database, TOUCHED, id=analysis_id)) < LEASE
    async with database.tenant(org) as session:
        await lifecycle.report(session, claim, STAGE, 40)
    assert abs(await seconds_ahead(database, TOUCHED, id=analysis_id)) < LEASE


async def test_a_job_that_got_lost_is_found_whatever_the_clock_of_its_machine_said(
    database: Database, org: uuid.UUID, intake: submit.Intake, apart: timedelta
) -> None:
    del apart
    analysis_id = await submitted(intake, org)
    await execute(database, WITHOUT_JOB, key=f"%{analysis_id}")
    await tidy(database, LEASE)
    assert await jobs_of(database, analysis_id) == 0, "its transaction may just have ended"
    await execute(
        database, "UPDATE analyses SET touched_at = now() - interval '5 min' WHERE id = :id", id=analysis_id
    )
    await tidy(database, LEASE)
    assert await jobs_of(database, analysis_id) == 1


async def test_a_mail_is_neither_put_off_by_hours_nor_sent_twice(
    platform: Platform, org: uuid.UUID, apart: timedelta
) -> None:
    del apart
    async with platform.database.tenant(org) as session:
        mail = await service.send(session, org, "admin@crm.test", "Hello", "Text.")
    due = "(SELECT next_attempt_at FROM mails WHERE id = :id)"
    assert await seconds_ahead(platform.database, due, id=mail.id) <= 0
    async with platform.database.tenant(org) as session:
        now = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
        assert await sending.claim(session, mail.id, now)
    with pytest.raises(Exception, match="again in"):
        await Mailer(platform).send(org, str(mail.id))
    ahead = await seconds_ahead(platform.database, due, id=mail.id)
    assert 0 < ahead <= sending.CLAIM.total_seconds()


async def test_a_retried_submission_is_known_again(
    database: Database, org: uuid.UUID, intake: submit.Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key was used before the machine's clock jumped a week ahead, and back again."""
    wanted = submission(idempotency_key="k")
    first = await submit.submit(intake, org, None, wanted)
    for by in (timedelta(days=7), timedelta(days=-7)):
        monkeypatch.setattr(clock, "now", lambda by=by: datetime.now(UTC) + by)
        await tidy(database, LEASE)
        again = await submit.submit(intake, org, None, wanted)
        assert (again.analysis_id, again.replayed) == (first.analysis_id, True)
    assert await count(database, "analyses", org) == 1


AHEAD = "now() + interval '6 hours'"
Planned = Callable[[Platform, uuid.UUID, submit.Intake], Awaitable[tuple[str, str, object]]]


async def planned_job(platform: Platform, org: uuid.UUID, intake: submit.Intake) -> tuple[str, str, object]:
    analysis_id = await submitted(intake, org)
    return "pgqueuer", "execute_after", await job_id(platform.database, analysis_id)


async def job_id(database: Database, key: object) -> object:
    async with database.operator() as session:
        query = text("SELECT id FROM pgqueuer WHERE dedupe_key LIKE :key")
        return (await session.execute(query, {"key": f"%{key}"})).scalar_one()


async def held_job(platform: Platform, org: uuid.UUID, intake: submit.Intake) -> tuple[str, str, object]:
    _table, _column, one = await planned_job(platform, org, intake)
    await execute(platform.database, "UPDATE pgqueuer SET status = 'picked' WHERE id = :id", id=one)
    return "pgqueuer", "heartbeat", one


async def living(_platform: Platform, org: uuid.UUID, intake: submit.Intake) -> tuple[str, str, object]:
    return "analyses", "touched_at", await submitted(intake, org)


async def mail(platform: Platform, org: uuid.UUID, intake: submit.Intake) -> tuple[str, str, object]:
    del intake
    async with platform.database.tenant(org) as session:
        one = await service.send(session, org, "admin@crm.test", "Hello", "Text.")
    return "mails", "next_attempt_at", one.id


@pytest.mark.parametrize("planned", [planned_job, held_job, living, mail])
async def test_what_a_clock_that_was_set_back_put_off_is_brought_near(
    platform: Platform, org: uuid.UUID, intake: submit.Intake, planned: Planned
) -> None:
    table, column, one = await planned(platform, org, intake)
    await execute(platform.database, f"UPDATE {table} SET {column} = {AHEAD} WHERE id = :id", id=one)
    await tidy(platform.database, LEASE, HORIZON)
    where = f"(SELECT {column} FROM {table} WHERE id = :id)"
    assert await seconds_ahead(platform.database, where, id=one) <= 0
