"""Lists: each item once while rows arrive, filters combined with AND (acceptance CT-100 to CT-106)."""

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from calltrace.analyses import read, submit
from calltrace.analyses.list_queries import Filters
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import InvalidRequestError
from calltrace.pipeline.context import Platform
from database.analyses.factory import claimed, submitted


async def _page(
    platform: Platform, org: uuid.UUID, cursor: str | None, limit: int, **filters: object
) -> tuple[list[str], str | None]:
    async with platform.database.tenant(org) as session:
        found, following = await read.page(session, Filters(**filters), cursor=cursor, limit=limit)  # type: ignore[arg-type] - filters by name
    return [str(one) for one in found], following


@pytest.mark.accepts("CT-100")
async def test_each_item_comes_once_while_rows_arrive(
    platform: Platform, org: uuid.UUID, intake: submit.Intake
) -> None:
    first = [str(await submitted(intake, org)) for _ in range(7)]
    seen, cursor = await _page(platform, org, None, 3)
    while cursor:
        await submitted(intake, org)
        more, cursor = await _page(platform, org, cursor, 3)
        seen += more
    assert seen == first[::-1]


async def test_rows_of_one_moment_are_not_skipped(
    platform: Platform, org: uuid.UUID, intake: submit.Intake
) -> None:
    ids = {str(await submitted(intake, org)) for _ in range(5)}
    async with platform.database.tenant(org) as session:
        await session.execute(text("UPDATE analyses SET created_at = date_trunc('second', now())"))
    seen, cursor = await _page(platform, org, None, 2)
    while cursor:
        more, cursor = await _page(platform, org, cursor, 2)
        seen += more
    assert (len(seen), set(seen)) == (5, ids)


@pytest.mark.accepts("CT-106")
async def test_ct_106_filters_are_combined_with_and(
    platform: Platform, org: uuid.UUID, intake: submit.Intake
) -> None:
    one = await submitted(intake, org, external_id="a")
    await submitted(intake, org, external_id="b")
    await claimed(intake, org, one)
    assert await _page(platform, org, None, 9, status="processing", external_id="a") == ([str(one)], None)
    assert await _page(platform, org, None, 9, status="queued", external_id="a") == ([], None)


@pytest.mark.accepts("CT-105")
async def test_ct_105_the_date_range_is_inclusive(
    platform: Platform, org: uuid.UUID, intake: submit.Intake
) -> None:
    one = str(await submitted(intake, org))
    async with platform.database.tenant(org) as session:
        shown = read.document(await read.find(session, uuid.UUID(one)), platform.links).created_at
    moment = datetime.fromisoformat(shown)
    assert (await _page(platform, org, None, 9, created_from=moment, created_to=moment))[0] == [one]
    later = clock.now() + timedelta(hours=1)
    assert (await _page(platform, org, None, 9, created_from=later))[0] == []


@pytest.mark.parametrize("cursor", ["x", "=", "AAAA", "a" * 40, "ä"])
async def test_a_cursor_that_we_did_not_make_is_refused(
    platform: Platform, org: uuid.UUID, cursor: str
) -> None:
    with pytest.raises(InvalidRequestError):
        await _page(platform, org, cursor, 5)


def test_a_cursor_keeps_its_place_to_the_microsecond() -> None:
    cursor = Cursor(clock.now(), uuid.uuid4())
    assert Cursor.decode(cursor.encode()) == cursor
