"""Attempts that end together are written down together, each as if it were alone; an outage loses none."""

import asyncio
import tempfile
import uuid
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from sqlalchemy import text

from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.outbound import Answer
from calltrace.pipeline.context import Platform
from calltrace.pipeline.recorder import Recorder
from calltrace.webhooks import deliver, service
from calltrace.webhooks.claims import Holder
from calltrace.webhooks.prepared import Outcome, Prepared
from calltrace.webhooks.record import record_known
from calltrace.webhooks.wire import Pace


class Line:
    """The way to the database server, which can be cut."""

    def __init__(self, dsn: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="line-", dir="/tmp")  # socket paths must be short
        parts = urlsplit(dsn)
        where = parse_qs(parts.query)
        self._real = Path(where["host"][0]) / f".s.PGSQL.{where['port'][0]}"
        self._ours = Path(self._folder.name) / self._real.name
        self.dsn = dsn.replace(quote(where["host"][0], safe=""), quote(self._folder.name, safe=""))
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def mend(self) -> None:
        self._server = await asyncio.start_unix_server(self._connection, self._ours)

    def cut(self) -> None:
        assert self._server
        self._server.close()
        self._ours.unlink(missing_ok=True)
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(self._real)
        self._writers += [writer, there_writer]
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


@pytest.fixture
async def line(migrated: str) -> AsyncGenerator[Line]:
    line = Line(migrated)
    await line.mend()
    yield line
    line.cut()


async def taken(platform: Platform, org: uuid.UUID, count: int) -> list[Prepared]:
    """Deliveries of an endpoint of their own, in the hands of a worker."""
    async with platform.database.tenant(org) as session:
        endpoint, _secret = await service.create_endpoint(
            session, org, url="https://127.0.0.1/hook", events=["analysis.completed"], box=platform.box,
            policy=platform.policy,
        )  # fmt: skip
        for _ in range(count):
            await service.send_ping(session, endpoint)
    async with platform.database.tenant(org) as session:
        return await deliver.take(session, Holder(uuid.uuid4(), 30), {endpoint.id: count})


def went(status: int) -> Outcome:
    import httpx2

    moment = clock.now()
    error = None if status < 300 else f"HTTP {status}"
    return Outcome(moment, moment, Answer(status, httpx2.Headers(), b"body"), error)


async def rows(platform: Platform, org: uuid.UUID, statement: str) -> Any:
    async with platform.database.tenant(org) as session:
        return (await session.execute(text(statement))).all()


PACES = {"calltrace": Pace((1,), 10)}
STATES = "SELECT status, attempts, leased_by IS NULL, count(*) FROM webhook_deliveries GROUP BY 1, 2, 3"
ATTEMPTS = "SELECT number, status, response_code, answer FROM webhook_attempts"


async def test_many_of_several_organisations_at_once(
    platform: Platform, org: uuid.UUID, new_org: Any
) -> None:
    other = await new_org()
    recorder = Recorder(platform)
    prepared = await taken(platform, org, 20) + await taken(platform, other, 5)
    await asyncio.gather(*(recorder.record(one, went(204)) for one in prepared))
    assert await rows(platform, org, STATES) == [("delivered", 1, True, 20)]
    assert await rows(platform, other, STATES) == [("delivered", 1, True, 5)]
    assert await rows(platform, org, ATTEMPTS) == [(1, "delivered", 204, b"body")] * 20


async def test_failures_among_successes(platform: Platform, org: uuid.UUID) -> None:
    recorder = Recorder(platform)
    prepared = await taken(platform, org, 10)
    outcomes = [went(500 if number < 3 else 204) for number in range(10)]
    await asyncio.gather(*map(recorder.record, prepared, outcomes))
    assert set(await rows(platform, org, STATES)) == {("delivered", 1, True, 7), ("pending", 1, True, 3)}
    failing = "SELECT failing_since IS NOT NULL FROM webhook_endpoints"
    assert await rows(platform, org, failing) == [(True,)]


async def test_an_attempt_that_two_workers_made_is_recorded_once(platform: Platform, org: uuid.UUID) -> None:
    recorder = Recorder(platform)
    [one] = await taken(platform, org, 1)
    await recorder.record(one, went(204))
    await recorder.record(one, went(204))
    await recorder.record(one, went(500))
    assert await rows(platform, org, STATES) == [("delivered", 1, True, 1)]
    assert len(await rows(platform, org, ATTEMPTS)) == 1


async def test_one_that_is_held_by_somebody_else_keeps_no_other_waiting(
    platform: Platform, org: uuid.UUID
) -> None:
    recorder = Recorder(platform)
    held, free = await taken(platform, org, 2)
    async with platform.database.tenant(org) as session:
        lock = text("SELECT id FROM webhook_deliveries WHERE id = :id FOR UPDATE")
        await session.execute(lock, {"id": held.delivery_id})
        waiting = asyncio.create_task(recorder.record(held, went(204)))
        await recorder.record(free, went(204))
        assert not waiting.done()
    await waiting
    assert await rows(platform, org, STATES) == [("delivered", 1, True, 2)]


async def test_one_that_was_replayed_meanwhile_counts_as_delivered(
    platform: Platform, org: uuid.UUID
) -> None:
    [one] = await taken(platform, org, 1)
    async with platform.database.tenant(org) as session:
        await session.execute(text("UPDATE webhook_deliveries SET attempts = 2, first_of_round = 2"))
    renumbered = replace(one, number=3)
    async with platform.database.tenant(org) as session:
        await service.replay(session, one.delivery_id)
    assert await record_known(platform.database, org, [(renumbered, went(204))], PACES) == set()
    await Recorder(platform).record(renumbered, went(204))
    assert await rows(platform, org, STATES) == [("delivered", 3, True, 1)]


async def test_one_that_was_erased_meanwhile_is_no_matter(platform: Platform, org: uuid.UUID) -> None:
    one, other = await taken(platform, org, 2)
    async with platform.database.tenant(org) as session:
        erase = text("DELETE FROM webhook_deliveries WHERE id = :id")
        await session.execute(erase, {"id": one.delivery_id})
    recorder = Recorder(platform)
    await asyncio.gather(recorder.record(one, went(204)), recorder.record(other, went(204)))
    assert await rows(platform, org, STATES) == [("delivered", 1, True, 1)]


@pytest.mark.parametrize("status", [204, 500])
async def test_an_attempt_that_ends_while_the_database_is_away_is_recorded_when_it_is_back(
    platform: Platform, org: uuid.UUID, line: Line, status: int
) -> None:
    [one] = await taken(platform, org, 1)
    database = Database(line.dsn)
    recorder = Recorder(replace(platform, database=database))
    line.cut()
    recording = asyncio.create_task(recorder.record(one, went(status)))
    await asyncio.wait([recording], timeout=0.2)
    assert not recording.done()
    await line.mend()
    await recording
    await database.close()
    assert [(row[0], row[2]) for row in await rows(platform, org, ATTEMPTS)] == [(1, status)]
    assert (await rows(platform, org, STATES))[0][:3] == (
        "delivered" if status == 204 else "pending",
        1,
        True,
    )
