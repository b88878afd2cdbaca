"""System health, for owners."""

import uuid

import pytest
from sqlalchemy import text

from calltrace.db.session import Database
from calltrace.pipeline import life
from database.web.conftest import Browser, NewPerson

PATH = "/admin/health"


@pytest.fixture
async def owner(person: NewPerson) -> Browser:
    return await person("owner")


async def test_it_shows_what_waits_and_who_works(database: Database, owner: Browser) -> None:
    async with database.operator() as session:
        await session.execute(text("DELETE FROM workers"))
        await life.sign(session, uuid.uuid4(), "machine worker-1", begins=True)
    shown = (await owner.get(PATH)).text
    for part in (
        "machine worker-1",
        "alive",
        "nothing in hand",
        "Calls",
        "Deliveries",
        "Last backup",
        "unknown",
    ):
        assert part in shown, part
    assert 'data-live="pending"' in shown
    assert "What was checked" not in shown


async def test_everything_is_checked_when_asked(owner: Browser) -> None:
    shown = await owner.submit(PATH)
    assert shown.status_code == 200
    for part in ("What was checked just now", "PostgreSQL", "an object was written, read and deleted"):
        assert part in shown.text, part


async def test_it_is_for_owners_only(admin: Browser) -> None:
    assert (await admin.get(PATH)).status_code == 403
    assert PATH not in (await admin.get("/admin/settings")).text
