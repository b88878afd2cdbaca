"""Admin > Integrations > API keys, through the pages (acceptance CT-001 to CT-017)."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts import keys, queries, request_secrets
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.web import once
from database.conftest import NewOrg
from database.web.conftest import Browser, NewPerson, hidden

LIST, NEW = "/admin/integrations/api-keys", "/admin/integrations/api-keys/new"
FORM: dict[str, Any] = {
    "name": "CRM production", "scopes": ["analysis:read"], "mode": "live", "lifetime": "permanent",
    "expiresAt": "", "allowedIps": "",
}  # fmt: skip
_TOKEN = re.compile(r"ct_(?:live|test)_\w{46}")


def _token(answer: httpx2.Response) -> str:
    found = _TOKEN.findall(answer.text)
    assert len(found) == 1, answer.text
    return found[0]


async def _rows(database: Database, org: uuid.UUID) -> list[Any]:
    async with database.tenant(org) as session:
        return list((await session.execute(text("SELECT * FROM api_keys ORDER BY created_at"))).all())


async def _api(browser: Browser, token: str) -> int:
    answer = await browser.client.get("/api/v1/analyses", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


@pytest.mark.accepts("CT-001")
async def test_integrations_lead_to_the_api_keys(admin: Browser) -> None:
    answer = await admin.get("/admin/integrations")
    assert answer.headers["location"] == LIST
    page = (await admin.get(LIST)).text
    assert ">Integrations</h1>" in page
    assert ">API keys</h2>" in page
    for path in ("/account/api-keys", "/account/webhooks"):
        assert (await admin.get(path)).headers["location"].startswith("/admin/integrations/")


@pytest.mark.accepts("CT-004", "CT-005", "CT-007", "CT-009", "CT-011")
async def test_a_key_is_created_as_asked_for_and_its_token_is_shown(
    admin: Browser, database: Database, org: uuid.UUID
) -> None:
    wanted = FORM | {
        "scopes": ["calls:read", "analysis:write"],
        "allowedIps": "203.0.113.0/24\r\n2001:db8::/32",
    }
    answer = await admin.submit(NEW, wanted)
    assert answer.status_code == 201
    token = _token(answer)
    assert token.startswith("ct_live_")
    (row,) = await _rows(database, org)
    assert (row.name, row.mode, row.expires_at, row.prefix) == ("CRM production", "live", None, token[:12])
    assert row.scopes == ["analysis:write", "calls:read"], "the chosen ones and no other"
    assert row.allowed_ips == ["203.0.113.0/24", "2001:db8::/32"]
    assert token not in str(row)


@pytest.mark.accepts("CT-007", "CT-008", "CT-010")
async def test_no_page_shows_the_token_again(admin: Browser, database: Database, org: uuid.UUID) -> None:
    fields = hidden(await admin.get(NEW)) | FORM
    first = await admin.send(NEW, fields)
    token = _token(first)
    assert first.headers["cache-control"] == "no-store"
    again = await admin.send(NEW, fields)  # what a reload of the answer sends
    assert again.status_code == 409
    assert "shown only once" in again.text
    (row,) = await _rows(database, org)
    for path in (LIST, NEW, f"{LIST}/{row.id}/revoke", f"{LIST}/{row.id}/rotate"):
        page = (await admin.get(path)).text
        assert token not in page
        assert not _TOKEN.search(page)
    assert f"{token[:12]}…" in (await admin.get(LIST)).text


async def test_a_form_of_another_session_or_of_yesterday_makes_no_key(
    person: NewPerson, database: Database, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await person(), await person()
    foreign = hidden(await one.get(NEW))["once"]
    mine = hidden(await other.get(NEW))
    assert (await other.send(NEW, mine | FORM | {"once": foreign})).status_code == 409
    assert (await other.send(NEW, mine | FORM | {"once": "nonsense"})).status_code == 409
    later = clock.now() + once.GOOD_FOR + timedelta(seconds=1)
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE web_sessions SET last_seen_at = :later"), {"later": later})
    monkeypatch.setattr(once.clock, "now", lambda: later)
    assert (await other.send(NEW, mine | FORM)).status_code == 409
    assert not await _rows(database, org)


@pytest.mark.accepts("CT-006", "CT-013", "CT-014")
async def test_a_lifetime_ends_with_its_last_day(admin: Browser, database: Database, org: uuid.UUID) -> None:
    day = clock.now().date() + timedelta(days=3)
    answer = await admin.submit(NEW, FORM | {"lifetime": "date", "expiresAt": day.isoformat()})
    (row,) = await _rows(database, org)
    assert row.expires_at == datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)
    assert await _api(admin, _token(answer)) == 200
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE api_keys SET expires_at = now() - interval '1 s'"))
    assert await _api(admin, _token(answer)) == 401
    page = (await admin.get(LIST)).text
    assert "expired" in page
    assert f"/{row.id}/rotate" not in page


async def test_a_test_key_has_its_own_prefix(admin: Browser) -> None:
    assert _token(await admin.submit(NEW, FORM | {"mode": "test"})).startswith("ct_test_")


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "no name": ({"name": " "}, "name", "needs a name"),
    "name too long": ({"name": "x" * 101}, "name", "1 to 100 characters"),
    "no scope": ({"scopes": []}, "scopes", "at least one scope"),
    "unknown scope": ({"scopes": ["calls:fly"]}, "scopes", "calls:fly"),
    "no mode": ({"mode": "both"}, "mode", "live or test"),
    "no lifetime": ({"lifetime": ""}, "lifetime", "how long"),
    "no date": ({"lifetime": "date"}, "expiresAt", "YYYY-MM-DD"),
    "date of another kind": ({"lifetime": "date", "expiresAt": "31.12.2099"}, "expiresAt", "YYYY-MM-DD"),
    "date in the past": ({"lifetime": "date", "expiresAt": "2020-01-01"}, "expiresAt", "today or a later"),
    "no address": (
        {"allowedIps": "10.0.0.0/8 <b>here</b>"},
        "allowedIps",
        "&lt;b&gt;here&lt;/b&gt; is no IP address",
    ),
}


@pytest.mark.parametrize(("changes", "field", "detail"), BAD.values(), ids=BAD)
async def test_what_is_wrong_is_said_at_the_field_and_the_rest_is_kept(
    admin: Browser, database: Database, org: uuid.UUID, changes: dict[str, Any], field: str, detail: str
) -> None:
    answer = await admin.submit(NEW, FORM | {"name": "Kept <name>"} | changes)
    assert answer.status_code == 400
    assert not await _rows(database, org)
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}-mistake"' in answer.text
    assert f'id="{field}"' in answer.text
    assert detail in answer.text
    assert "<b>here" not in answer.text
    if field != "name":
        assert 'value="Kept &lt;name&gt;"' in answer.text
    again = hidden(answer) | FORM
    assert (await admin.send(NEW, again)).status_code == 201, "the form that is shown again works"


@pytest.mark.accepts("CT-012", "CT-015")
async def test_a_revoked_key_opens_nothing_from_the_very_next_request(
    admin: Browser, database: Database, org: uuid.UUID
) -> None:
    token = _token(await admin.submit(NEW, FORM))
    (row,) = await _rows(database, org)
    assert await _api(admin, token) == 200
    path = f"{LIST}/{row.id}/revoke"
    assert "cannot be undone" in (await admin.get(path)).text
    assert await _api(admin, token) == 200, "asking revokes nothing"
    answer = await admin.submit(path)
    assert answer.headers["location"] == f"{LIST}?done=key-revoked"
    assert await _api(admin, token) == 401
    (row,) = await _rows(database, org)
    first = row.revoked_at
    await admin.send(path, {"csrf": hidden(await admin.get("/logout"))["csrf"]})
    assert (await _rows(database, org))[0].revoked_at == first
    page = (await admin.get(f"{LIST}?done=key-revoked")).text
    assert "It opens nothing any more." in page
    assert path not in page
    assert (await admin.submit(NEW, FORM)).status_code == 201, "what was lost is replaced by a new key"


@pytest.mark.accepts("CT-016")
async def test_the_last_use_is_shown(admin: Browser) -> None:
    token = _token(await admin.submit(NEW, FORM))
    assert "never used" in (await admin.get(LIST)).text
    await _api(admin, token)
    assert "last used" in (await admin.get(LIST)).text


@pytest.mark.accepts("CT-017")
async def test_rotation_leaves_two_keys_that_work(admin: Browser, database: Database, org: uuid.UUID) -> None:
    old = _token(await admin.submit(NEW, FORM | {"scopes": ["analysis:read", "calls:read"]}))
    (row,) = await _rows(database, org)
    path = f"{LIST}/{row.id}/rotate"
    fields = hidden(await admin.get(path))
    answer = await admin.send(path, fields)
    new = _token(answer)
    assert answer.status_code == 201
    assert f"/{row.id}/revoke" in answer.text
    assert [await _api(admin, token) for token in (old, new)] == [200, 200]
    assert (await admin.send(path, fields)).status_code == 409, "a reload makes no third key"
    first, second = await _rows(database, org)
    assert (second.rotated_from, second.scopes) == (first.id, first.scopes)


async def test_a_rotated_key_that_signs_comes_with_its_secret(
    admin: Browser, database: Database, org: uuid.UUID, platform: Platform
) -> None:
    async with database.tenant(org) as session:
        old, _token = await keys.create(session, org, name="signs", contract="auralytik")
    path = f"{LIST}/{old.id}/rotate"
    shown = (await admin.send(path, hidden(await admin.get(path)))).text
    async with database.tenant(org) as session:
        new = next(key for key in await queries.keys(session) if key.rotated_from == old.id)
        (secret,) = request_secrets.good(new, platform.box, clock.now())
    assert secret in shown
    assert "Copy the token and the secret now." in shown


async def test_a_revoked_key_is_not_rotated(admin: Browser, database: Database, org: uuid.UUID) -> None:
    await admin.submit(NEW, FORM)
    (row,) = await _rows(database, org)
    fields = hidden(await admin.get(f"{LIST}/{row.id}/rotate"))
    await admin.submit(f"{LIST}/{row.id}/revoke")
    answer = await admin.send(f"{LIST}/{row.id}/rotate", fields)
    assert answer.status_code == 400
    assert "cannot be rotated" in answer.text


@pytest.mark.accepts("CT-003")
async def test_a_session_does_not_open_the_api_and_a_key_does_not_open_the_pages(admin: Browser) -> None:
    token = _token(await admin.submit(NEW, FORM))
    assert (await admin.get("/api/v1/analyses")).status_code == 401
    session = admin.client.cookies["__Host-calltrace_session"]
    assert await _api(admin, session) == 401
    admin.client.cookies.clear()
    for presented in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"__Host-calltrace_session={token}"}):
        answer = await admin.client.get(LIST, headers=presented)
        assert answer.headers["location"] == f"/login?next={LIST}"


async def test_another_organisations_key_does_not_exist(
    admin: Browser, database: Database, new_org: NewOrg
) -> None:
    other = await new_org()
    async with database.tenant(other) as session:
        key, token = await keys.create(session, other, name="theirs")
    csrf = hidden(await admin.get(NEW))
    for verb in ("revoke", "rotate"):
        assert (await admin.get(f"{LIST}/{key.id}/{verb}")).status_code == 404
        assert (await admin.send(f"{LIST}/{key.id}/{verb}", csrf)).status_code == 404
    assert "theirs" not in (await admin.get(LIST)).text
    assert await _api(admin, token) == 200


async def test_every_deed_is_in_the_audit_trail_with_the_person(
    admin: Browser, database: Database, org: uuid.UUID
) -> None:
    token = _token(await admin.submit(NEW, FORM))
    (row,) = await _rows(database, org)
    await admin.submit(f"{LIST}/{row.id}/rotate")
    await admin.submit(f"{LIST}/{row.id}/revoke")
    query = text("SELECT * FROM audit_entries WHERE action LIKE 'api_key.%' ORDER BY created_at, id")
    async with database.tenant(org) as session:
        entries = (await session.execute(query)).all()
    assert [one.action for one in entries] == ["api_key.created", "api_key.rotated", "api_key.revoked"]
    assert {(one.actor_kind, one.actor) for one in entries} == {("user", admin.email)}
    assert all(one.request_id.startswith("req_") and one.address for one in entries)
    assert entries[0].details["prefix"] == token[:12]
    assert token not in str(entries)


async def test_a_list_without_keys_says_so(admin: Browser) -> None:
    assert "No API key yet." in (await admin.get(LIST)).text


async def test_names_are_escaped(admin: Browser, database: Database, org: uuid.UUID) -> None:
    await admin.submit(NEW, FORM | {"name": "<script>alert(1)</script>"})
    (row,) = await _rows(database, org)
    for path in (LIST, f"{LIST}/{row.id}/revoke"):
        page = (await admin.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
