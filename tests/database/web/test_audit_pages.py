"""The audit trail, looked through by people."""

import csv
import io
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

import calltrace
from calltrace.accounts import audit
from calltrace.accounts.audit import OPERATOR, SYSTEM, Actor, Deed
from calltrace.db.session import Database
from calltrace.web.pages.audit import AREAS
from database.conftest import NewOrg
from database.web.conftest import Browser
from database.web.people import user_id

PATH = "/admin/audit"
KEY = Actor("api_key", "ct_live_0000")


async def _done(database: Database, org: uuid.UUID, actor: Actor, action: str, **details: Any) -> str:
    target = str(uuid.uuid4())
    async with database.tenant(org) as session:
        await audit.record(session, org, actor, Deed(action, target, details))
    return target


async def test_an_entry_says_who_did_what_to_what(database: Database, org: uuid.UUID, admin: Browser) -> None:
    team = await _done(database, org, KEY, "team.created", fields=["name"])
    shown = (await admin.get(PATH)).text
    for part in ("Team created", "ct_live_0000", "API key", f'href="/admin/teams/{team}"', "fields", "name"):
        assert part in shown, part
    assert "Session created" in shown
    assert admin.email in shown.split("<main")[1]


async def test_it_is_narrowed_down(database: Database, org: uuid.UUID, admin: Browser) -> None:
    key = await _done(database, org, KEY, "api_key.created")
    call = await _done(database, org, SYSTEM, "analysis.erased")
    people = str(await user_id(database, org, admin))
    for query, there in (
        ("who=ct_live_0000", {key}), ("who=Call%20Trace", {call}), ("area=keys", {key}),
        ("area=calls", {call}), ("action=api_key.created", {key}), (f"target={call}", {call}),
        ("from=2099-01-01", set[str]()), ("to=2001-01-01", set[str]()),
        ("area=keys&who=Call%20Trace", set[str]()),
    ):  # fmt: skip
        shown = (await admin.get(f"{PATH}?{query}")).text.split("</form>")[-1]
        assert {one for one in (key, call) if one in shown} == there, query
        assert people not in shown
    assert "Nothing is like that." in (await admin.get(f"{PATH}?who=nobody")).text


@pytest.mark.parametrize(
    "query", ["area=x", "action=x", "from=x", "to=9999-12-31", "who=%00", "target=" + "x" * 400]
)
async def test_a_filter_that_no_form_offers_is_no_page(admin: Browser, query: str) -> None:
    assert (await admin.get(f"{PATH}?{query}")).status_code == 404
    assert (await admin.get(f"{PATH}/trail.csv?{query}")).status_code == 404


async def test_days_are_those_of_the_organisation(database: Database, org: uuid.UUID, admin: Browser) -> None:
    target = str(uuid.uuid4())
    written = text("""
        INSERT INTO audit_entries (id, org_id, actor_kind, actor, action, target_id, created_at)
        VALUES (gen_random_uuid(), :org, 'system', 'x', 'api_key.created', :target, '2026-03-02T23:30:00Z')
    """)
    async with database.tenant(org) as session:
        await session.execute(written, {"org": org, "target": target})
        await session.execute(text("UPDATE organisations SET time_zone = 'Europe/Madrid'"))
    for day, there in (("2026-03-02", False), ("2026-03-03", True)):
        shown = (await admin.get(f"{PATH}?from={day}&to={day}")).text
        assert (target in shown) == there, day
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE organisations SET time_zone = 'Asia/Tokyo'"))
    for path in (PATH, f"{PATH}/trail.csv"):  # a day that began there before time did
        assert (await admin.get(f"{path}?from=0001-01-01")).status_code == 404


async def test_older_entries_are_on_the_next_pages_each_once(
    database: Database, org: uuid.UUID, admin: Browser
) -> None:
    made = [await _done(database, org, KEY, "api_key.created") for _ in range(55)]
    first = (await admin.get(f"{PATH}?area=keys")).text
    cursor = first.split("cursor=")[1].split('"')[0]
    rest = (await admin.get(f"{PATH}?area=keys&cursor={cursor}")).text
    assert [first.count(one) > 0 for one in made] == [False] * 5 + [True] * 50
    assert [rest.count(one) > 0 for one in made] == [True] * 5 + [False] * 50
    assert (await admin.get(f"{PATH}?cursor=nonsense")).status_code == 400


async def test_it_is_exported_as_csv_that_spreadsheets_only_read(
    database: Database, org: uuid.UUID, admin: Browser
) -> None:
    made = [await _done(database, org, Actor("user", "=1+1@v.test"), "user.renamed", n=n) for n in range(3)]
    answer = await admin.get(f"{PATH}/trail.csv?area=people&action=user.renamed")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-trail.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["targetId"] for row in rows] == made[::-1]
    assert rows[0]["actor"] == "'=1+1@v.test"
    assert rows[0]["details"] == '{"n": 2}'


async def test_a_trail_of_thousands_is_exported_in_parts(
    database: Database, org: uuid.UUID, admin: Browser
) -> None:
    filled = text("""
        INSERT INTO audit_entries (id, org_id, actor_kind, actor, action, created_at)
        SELECT gen_random_uuid(), :org, 'system', 'x', 'api_key.created', clock_timestamp()
        FROM generate_series(1, 1203)
    """)
    async with database.tenant(org) as session:
        await session.execute(filled, {"org": org})
    rows = list(csv.DictReader(io.StringIO((await admin.get(f"{PATH}/trail.csv?area=keys")).text)))
    assert (len(rows), len({row["id"] for row in rows})) == (1203, 1203)


async def test_another_organisations_trail_is_not_there(
    database: Database, admin: Browser, new_org: NewOrg
) -> None:
    other = await _done(database, await new_org(), OPERATOR, "team.created")
    assert other not in (await admin.get(PATH)).text
    assert other not in (await admin.get(f"{PATH}/trail.csv")).text
    assert "Nothing is like that." in (await admin.get(f"{PATH}?target={other}")).text


def test_every_deed_that_is_written_down_can_be_looked_for() -> None:
    source = "\n".join(path.read_text() for path in Path(calltrace.__file__).parent.rglob("*.py"))
    found = re.findall(r'(?:Deed|record)\([^"()]*f?"([a-z_]+)\.[a-z_{}.]+"', source)
    assert len(set(found)) >= 15
    assert set(found) <= {thing for things in AREAS.values() for thing in things}
