"""The database goes away while an analysis is at work: that is nobody's failure."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from calltrace.analyses import lifecycle, submit
from calltrace.analyses.lifecycle import Claim
from calltrace.analyses.models import Analysis
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform, build_child
from calltrace.pipeline.errors import TryAgainLater
from calltrace.pipeline.process import Processor
from database.analyses.factory import claimed, submitted
from database.line import Line

Serve = Callable[[Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]], Awaitable[int]]
SOUND = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(5000)
HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: {len(SOUND)}\r\n\r\n".encode()


async def read(database: Database, org: uuid.UUID, analysis_id: uuid.UUID) -> Analysis:
    async with database.tenant(org) as session:
        found = await session.get(Analysis, analysis_id)
    assert found
    return found


@pytest.fixture
async def cutting(line: tuple[Line, str], serve: Serve) -> str:
    """The address of a recording; whoever fetches it finds the database away."""

    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        line[0].die()
        writer.write(HEAD + SOUND)

    return f"https://127.0.0.1:{await serve(script)}/call.mp3"


@pytest.fixture
def processor_of(tmp_path: Path) -> Callable[[Platform, list[Claim]], Processor]:
    return lambda platform, owed: Processor(
        platform, build_child(platform.settings, tmp_path), tmp_path, owed
    )


async def test_a_claim_is_given_back_when_the_database_is_there_again(
    platform: Platform, intake: submit.Intake, org: uuid.UUID, line: tuple[Line, str], cutting: str,
    processor_of: Callable[[Platform, list[Claim]], Processor],
) -> None:  # fmt: skip
    analysis_id, owed = await submitted(intake, org, file_url=cutting), list[Claim]()
    database = Database(line[1], pool_size=2)
    processor = processor_of(replace(platform, database=database), owed)
    with pytest.raises(DatabaseAwayError):
        await processor.process(org, analysis_id)
    with pytest.raises(DatabaseAwayError):
        await processor.settle()
    assert [one.analysis_id for one in owed] == [analysis_id]
    line[0].revive()
    await processor.settle()
    assert owed == []
    shown = await read(platform.database, org, analysis_id)
    assert (shown.claimed, shown.lost_leases, shown.tries) == (False, 0, 0)
    await claimed(intake, org, analysis_id)
    assert (await read(platform.database, org, analysis_id)).lost_leases == 0
    await database.close()


async def test_what_somebody_else_has_taken_over_meanwhile_stays_theirs(
    platform: Platform, intake: submit.Intake, org: uuid.UUID,
    processor_of: Callable[[Platform, list[Claim]], Processor],
) -> None:  # fmt: skip
    analysis_id = await submitted(intake, org)
    owed = [await claimed(intake, org, analysis_id)]
    await claimed(intake, org, analysis_id)
    await processor_of(platform, owed).settle()
    shown = await read(platform.database, org, analysis_id)
    assert (shown.claimed, shown.attempt, owed) == (True, 2, [])


async def test_a_statement_that_failed_costs_no_worker(
    platform: Platform, intake: submit.Intake, org: uuid.UUID, line: tuple[Line, str], cutting: str,
    processor_of: Callable[[Platform, list[Claim]], Processor],
) -> None:  # fmt: skip
    """The worker lives on, and the job comes again to the same processor."""
    analysis_id = await submitted(intake, org, file_url=cutting)
    database = Database(line[1], pool_size=2)
    processor = processor_of(replace(platform, database=database), list[Claim]())
    for _ in range(2):
        line[0].revive()
        with pytest.raises(DatabaseAwayError):
            await processor.process(org, analysis_id)
    shown = await read(platform.database, org, analysis_id)
    assert (shown.attempt, shown.lost_leases, shown.tries) == (2, 0, 0)
    await database.close()


async def test_what_was_begun_anew_meanwhile_goes_on_at_once(
    platform: Platform, intake: submit.Intake, org: uuid.UUID, serve: Serve,
    processor_of: Callable[[Platform, list[Claim]], Processor],
) -> None:  # fmt: skip
    """Its own job was skipped, as this one was in hand."""

    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        async with platform.database.tenant(org) as session:
            analysis = await session.get_one(Analysis, analysis_id)
            analysis.attempt += 1
            await lifecycle.start_again(session, analysis)
        writer.write(HEAD + SOUND)

    url = f"https://127.0.0.1:{await serve(script)}/call.mp3"
    analysis_id = await submitted(intake, org, file_url=url)
    with pytest.raises(TryAgainLater):
        await processor_of(platform, []).process(org, analysis_id)
    assert (await read(platform.database, org, analysis_id)).status == "queued"
