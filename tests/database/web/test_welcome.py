"""From an empty organisation to the first scored call."""

import re
import uuid

from sqlalchemy import text

from calltrace.data import sample_call_path
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.conftest import waiting_jobs
from database.reviews.factory import judged_call
from database.web.conftest import Browser, NewPerson, hidden

PATH = "/welcome"
TAKEN = """
    SELECT a.id, a.file_name, u.size_bytes, u.status FROM analyses a JOIN uploads u ON u.id = a.upload_id
"""
FAILED = """
    UPDATE analyses SET status = 'failed',
        error = '{"code": "x", "message": "It is no audio.", "stage": "decoding", "retryable": false}'
"""


async def test_an_empty_organisation_is_led_to_its_first_call_and_no_longer(
    platform: Platform, org: uuid.UUID, admin: Browser, person: NewPerson
) -> None:
    assert (await admin.get("/")).headers["location"] == PATH
    assert (await (await person("reviewer")).get("/")).headers["location"] == "/calls"
    assert "Try the sample call" in (await admin.get(PATH)).text
    assert f'href="{PATH}"' in (await admin.get("/calls")).text
    await judged_call(platform, org, file_name="first.mp3")
    assert (await admin.get("/")).headers["location"] == "/calls"
    shown = (await admin.get(PATH)).text
    assert "Try the sample call" not in shown
    assert "first.mp3" in shown
    assert "See the call" in shown


async def test_the_sample_is_taken_in_once_for_each_form(
    database: Database, org: uuid.UUID, admin: Browser
) -> None:
    form = hidden(await admin.get(PATH))
    done = await admin.send(f"{PATH}/sample", form)
    assert (done.status_code, done.headers["location"]) == (303, PATH)
    assert (await admin.send(f"{PATH}/sample", form)).status_code == 409
    async with database.tenant(org) as session:
        rows = (await session.execute(text(TAKEN))).all()
    assert [(row[1], row[2], row[3]) for row in rows] == [
        ("sample call.mp3", sample_call_path().stat().st_size, "used")
    ]
    assert await waiting_jobs(database, str(rows[0][0])) == 1
    shown = (await admin.get(PATH)).text
    assert "sample call.mp3" in shown
    assert 'data-live="pending"' in shown
    assert "<progress" in shown


async def test_a_key_is_made_and_its_command_shown_once(
    database: Database, org: uuid.UUID, admin: Browser
) -> None:
    form = hidden(await admin.get(PATH))
    made = await admin.send(f"{PATH}/key", form)
    token = re.search(r"ct_live_\w+", made.text)
    assert (made.status_code, token is not None) == (201, True)
    assert "https://calls.test/api/v1/analyses" in made.text
    assert (await admin.send(f"{PATH}/key", form)).status_code == 409
    async with database.tenant(org) as session:
        keys = (await session.execute(text("SELECT name, scopes FROM api_keys"))).all()
    assert [tuple(one) for one in keys] == [("First call", ["analysis:write", "analysis:read"])]
    assert token
    assert token[0] not in (await admin.get(PATH)).text


async def test_a_call_that_failed_says_what_to_do(database: Database, org: uuid.UUID, admin: Browser) -> None:
    await admin.submit(PATH, to=f"{PATH}/sample")
    async with database.tenant(org) as session:
        await session.execute(text(FAILED))
    shown = (await admin.get(PATH)).text
    assert "It is no audio." in shown
    assert "See what went wrong" in shown
