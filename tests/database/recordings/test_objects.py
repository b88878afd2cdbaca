"""Nothing in the object store is left unaccounted for, whoever dies and whenever the store is away."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from calltrace.db.session import Database
from calltrace.kit.errors import NotFoundError
from calltrace.pipeline.context import Platform
from calltrace.recordings import objects
from calltrace.recordings.objects import ObjectDoomedError
from calltrace.recordings.vault import Stored
from database.conftest import count

DAY_PASSES = text("UPDATE doomed_objects SET due_at = due_at - interval '25 hours'")


@pytest.fixture
async def stored(platform: Platform, org: uuid.UUID, tmp_path: Path) -> Stored:
    (tmp_path / "call").write_bytes(b"audio")
    return await objects.store(platform.database, platform.vault, org, tmp_path / "call")


async def _a_day_passes(database: Database, org: uuid.UUID) -> None:
    async with database.tenant(org) as session:
        await session.execute(DAY_PASSES)


async def _exists(platform: Platform, key: str) -> bool:
    try:
        return await platform.store.size(key) > 0
    except NotFoundError:
        return False


async def test_what_was_stored_by_a_worker_that_died_is_removed_after_a_day(
    platform: Platform, org: uuid.UUID, stored: Stored
) -> None:
    await objects.sweep(platform.database, platform.vault)
    assert await _exists(platform, stored.object_key)
    await _a_day_passes(platform.database, org)
    await objects.sweep(platform.database, platform.vault)
    assert not await _exists(platform, stored.object_key)
    assert await count(platform.database, "doomed_objects", org) == 0


async def test_what_was_spared_stays(platform: Platform, org: uuid.UUID, stored: Stored) -> None:
    async with platform.database.tenant(org) as session:
        await objects.spare(session, stored.object_key)
    await _a_day_passes(platform.database, org)
    await objects.sweep(platform.database, platform.vault)
    assert await _exists(platform, stored.object_key)


async def test_what_is_due_cannot_be_spared_any_more(
    platform: Platform, org: uuid.UUID, stored: Stored
) -> None:
    await _a_day_passes(platform.database, org)
    with pytest.raises(ObjectDoomedError):
        async with platform.database.tenant(org) as session:
            await objects.spare(session, stored.object_key)


async def test_a_transaction_that_fails_spares_nothing(
    platform: Platform, org: uuid.UUID, stored: Stored
) -> None:
    async def spare_and_fail() -> None:
        async with platform.database.tenant(org) as session:
            await objects.spare(session, stored.object_key)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await spare_and_fail()
    assert await count(platform.database, "doomed_objects", org) == 1


async def test_a_note_about_an_object_that_was_never_stored_is_dropped(
    platform: Platform, org: uuid.UUID
) -> None:
    async with platform.database.tenant(org) as session:
        await objects.doom(session, org, [f"{org}/never"])
    await objects.sweep(platform.database, platform.vault)
    assert await count(platform.database, "doomed_objects", org) == 0


async def test_of_two_dates_the_sooner_one_counts(platform: Platform, org: uuid.UUID) -> None:
    async with platform.database.tenant(org) as session:
        await objects.doom(session, org, [f"{org}/x"])
        await objects.doom(session, org, [f"{org}/x"], after=timedelta(days=1))
        due = "SELECT due_at <= clock_timestamp() FROM doomed_objects"
        assert await session.scalar(text(due)) is True


async def test_an_object_that_cannot_be_removed_holds_up_no_other(
    platform: Platform, org: uuid.UUID, stored: Stored, tmp_path: Path
) -> None:
    (tmp_path / "store" / "odd").write_text("a file where a folder should be")
    async with platform.database.tenant(org) as session:
        await objects.doom(session, org, ["odd/one"], after=timedelta(days=-1))
        await objects.doom(session, org, [stored.object_key])
    await objects.sweep(platform.database, platform.vault)
    assert await _exists(platform, stored.object_key), "this round ended at the odd one"
    await objects.sweep(platform.database, platform.vault)
    assert not await _exists(platform, stored.object_key)
    async with platform.database.tenant(org) as session:
        left = text("SELECT object_key, due_at > clock_timestamp() FROM doomed_objects")
        assert (await session.execute(left)).all() == [("odd/one", True)]


async def test_more_than_one_batch_is_removed_in_one_round(
    platform: Platform, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "BATCH", 3)
    async with platform.database.tenant(org) as session:
        await objects.doom(session, org, [f"{org}/{number}" for number in range(8)])
    await objects.sweep(platform.database, platform.vault)
    assert await count(platform.database, "doomed_objects", org) == 0
