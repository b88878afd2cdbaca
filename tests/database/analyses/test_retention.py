"""Recordings and calls are kept for as long as the organisation says, and no longer."""

import uuid

import pytest
from sqlalchemy import select, text

from calltrace.accounts import queries as accounts
from calltrace.accounts.models import Organisation
from calltrace.analyses import retention
from calltrace.analyses.models import Analysis
from calltrace.analyses.retention import Due, Kept
from calltrace.pipeline.context import Platform
from database.analyses.aged import aged_call
from database.conftest import NewOrg


async def _left(platform: Platform, org: uuid.UUID) -> dict[uuid.UUID, bool]:
    """The calls that are there, and whether each has its recording."""
    async with platform.database.tenant(org) as session:
        rows = (await session.execute(select(Analysis.id, Analysis.recording_id))).all()
    return {row[0]: row[1] is not None for row in rows}


async def _enforce(platform: Platform, org: uuid.UUID, kept: Kept) -> Due:
    return await retention.enforce(platform.database, platform.vault, org, kept)


async def test_what_is_too_old_is_erased_and_nothing_else(platform: Platform, org: uuid.UUID) -> None:
    oldest, older, newest = [await aged_call(platform.database, org, days=days) for days in (100, 20, 1)]
    kept = Kept(recordings=10, calls=30)
    async with platform.database.tenant(org) as session:
        assert await retention.count(session, kept) == Due(1, 1)
    assert await _enforce(platform, org, kept) == Due(1, 1)
    assert await _left(platform, org) == {older: False, newest: True}
    assert await _enforce(platform, org, kept) == Due(0, 0)
    async with platform.database.tenant(org) as session:
        assert await retention.count(session, kept) == Due(0, 0)
        trail = [(one.action, one.actor) for one in await accounts.audit_entries(session, None, 10)]
        doomed = await session.scalar(text("SELECT count(*) FROM recordings"))
    assert trail == [("recordings.expired", "Call Trace"), ("analysis.erased", "Call Trace")]
    assert doomed == 1
    assert oldest not in await _left(platform, org)


async def test_objects_go_from_the_store(platform: Platform, org: uuid.UUID) -> None:
    keys = [f"{org}/{name}" for name in ("call", "recording")]
    for key, days in zip(keys, (100, 20), strict=True):
        await platform.store.put(key, b"sealed")
        await aged_call(platform.database, org, days=days, object_key=key)
    await _enforce(platform, org, Kept(recordings=10, calls=30))
    folder = platform.settings.data_dir / "store" / str(org)
    assert not [path for path in folder.rglob("*") if path.is_file()]


async def test_what_is_under_way_is_not_too_old(platform: Platform, org: uuid.UUID) -> None:
    waiting = [
        await aged_call(platform.database, org, days=9, status=one) for one in ("queued", "processing")
    ]
    failed = await aged_call(platform.database, org, days=9, status="failed")
    assert await _enforce(platform, org, Kept(recordings=1, calls=1)) == Due(1, 0)
    assert set(await _left(platform, org)) == set(waiting)
    assert failed not in await _left(platform, org)


async def test_for_ever_erases_nothing(platform: Platform, org: uuid.UUID) -> None:
    await aged_call(platform.database, org, days=30_000)
    assert await _enforce(platform, org, Kept(None, None)) == Due(0, 0)


async def test_a_past_of_years_is_erased_in_parts(
    platform: Platform, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_A_TIME", 2)
    calls = [await aged_call(platform.database, org, days=days) for days in (40, 50, 60)]
    assert await _enforce(platform, org, Kept(None, 30)) == Due(2, 0)
    assert list(await _left(platform, org)) == calls[:1], "the oldest ones go first"
    assert await _enforce(platform, org, Kept(None, 30)) == Due(1, 0)


async def test_each_organisation_has_its_own_time(
    platform: Platform, org: uuid.UUID, new_org: NewOrg
) -> None:
    other = await new_org()
    for one in (org, other):
        await aged_call(platform.database, one, days=20)
    async with platform.database.operator() as session:
        mine = await session.get(Organisation, org)
        assert mine
        mine.calls_kept_days = 10
    await retention.keep_promises(platform.database, platform.vault)
    assert await _left(platform, org) == {}
    assert len(await _left(platform, other)) == 1
