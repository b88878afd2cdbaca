"""What holds for the organisation, through its page."""

import uuid
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts import queries
from calltrace.accounts.models import Organisation
from calltrace.analyses.models import Analysis
from calltrace.db.session import Database
from database.analyses.aged import aged_call
from database.web.conftest import Browser, NewPerson

PATH = "/admin/settings"


async def _organisation(database: Database, org: uuid.UUID) -> Organisation:
    async with database.tenant(org) as session:
        found = await queries.organisation(session, org)
    assert found
    return found


async def test_name_and_time_zone_are_saved(database: Database, org: uuid.UUID, admin: Browser) -> None:
    name = f"Harbor {uuid.uuid4()}"
    done = await admin.submit(PATH, {"name": f"  {name} ", "timeZone": "America/Bogota"})
    assert done.headers["location"] == f"{PATH}?done=settings-saved"
    found = await _organisation(database, org)
    assert (found.name, found.time_zone) == (name, "America/Bogota")
    shown = (await admin.get(PATH)).text
    assert "<option selected>America/Bogota" in shown
    assert f'value="{name}"' in shown


async def test_hearing_is_saved(database: Database, org: uuid.UUID, admin: Browser) -> None:
    words = " Harbor   Broadband \r\n\r\nOyelaran"
    done = await admin.submit(
        PATH, {"languages": ["es", "en"], "agentChannels": "agent-right", "vocabulary": words},
        to=f"{PATH}/hearing",
    )  # fmt: skip
    assert done.status_code == 303
    found = await _organisation(database, org)
    assert found.languages == ["es", "en"]
    assert "<summary>English, Spanish</summary>" in (await admin.get(PATH)).text
    assert (found.agent_channels, found.vocabulary) == ("agent-right", ["Harbor Broadband", "Oyelaran"])
    await admin.submit(PATH, {"agentChannels": "auto", "vocabulary": ""}, to=f"{PATH}/hearing")
    found = await _organisation(database, org)
    assert (found.agent_channels, found.vocabulary, found.languages) == (None, [], [])


async def test_redaction_is_saved_and_turned_off(database: Database, org: uuid.UUID, admin: Browser) -> None:
    fields = {"kinds": ["payment_card", "cvv"], "audio": "yes"}
    await admin.submit(PATH, fields, to=f"{PATH}/redaction")
    assert (await _organisation(database, org)).redaction == {
        "transcript": ["payment_card", "cvv"], "audio": True,
    }  # fmt: skip
    assert (await admin.get(PATH)).text.count('name="kinds" value="cvv" checked') == 1
    await admin.submit(PATH, {}, to=f"{PATH}/redaction")
    assert (await _organisation(database, org)).redaction is None


@pytest.mark.parametrize(
    ("form", "fields", "field"),
    [("", {"name": " ", "timeZone": "UTC"}, "name"), ("", {"name": "x", "timeZone": "Mars/Base"}, "timeZone"),
     ("/hearing", {"agentChannels": "above"}, "agentChannels"),
     ("/hearing", {"agentChannels": "auto", "vocabulary": "x" * 81}, "vocabulary"),
     ("/hearing", {"agentChannels": "auto", "languages": ["en", "EN"]}, "languages"),
     ("/redaction", {"kinds": ["secrets"]}, "kinds"), ("/redaction", {"audio": "yes"}, "kinds"),
     ("/retention", {"callsKeptDays": "0"}, "callsKeptDays"),
     ("/retention", {"recordingsKeptDays": "ten"}, "recordingsKeptDays"),
     ("/retention", {"recordingsKeptDays": "40000"}, "recordingsKeptDays"),
     ("/retention", {"callsKeptDays": "0000000011"}, "callsKeptDays"),
     ("/retention", {"recordingsKeptDays": "20", "callsKeptDays": "10"}, "recordingsKeptDays")],
)  # fmt: skip
async def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(
    database: Database, org: uuid.UUID, admin: Browser, form: str, fields: dict[str, Any], field: str
) -> None:
    before = await _organisation(database, org)
    refused = await admin.submit(PATH, fields, to=PATH + form)
    assert (refused.status_code, f'id="{field}-mistake"' in refused.text) == (400, True)
    after = await _organisation(database, org)
    assert (after.name, after.redaction, after.calls_kept_days) == (before.name, None, None)


async def test_a_name_of_another_organisation_is_taken(
    database: Database, admin: Browser, new_org: Any
) -> None:
    other = await _organisation(database, await new_org())
    refused = await admin.submit(PATH, {"name": other.name, "timeZone": "UTC"})
    assert (refused.status_code, "another organisation" in refused.text) == (409, True)


async def test_what_would_be_erased_is_told_before_anything_is_saved(
    database: Database, org: uuid.UUID, admin: Browser
) -> None:
    for days in (100, 50, 20, 1):
        await aged_call(database, org, days=days)
    fields = {"recordingsKeptDays": "10", "callsKeptDays": "30"}
    asked = await admin.submit(PATH, fields, to=f"{PATH}/retention")
    assert asked.status_code == 200
    assert "2 calls are older than 30 days" in asked.text
    assert "The recordings of 1 call are older than 10 days" in asked.text
    assert (await _organisation(database, org)).calls_kept_days is None
    done = await admin.submit(PATH, fields | {"confirmed": "yes"}, to=f"{PATH}/retention")
    assert done.headers["location"] == f"{PATH}?done=settings-saved"
    found = await _organisation(database, org)
    assert (found.recordings_kept_days, found.calls_kept_days) == (10, 30)
    async with database.tenant(org) as session:
        assert await session.scalar(text("SELECT count(*) FROM analyses")) == 4, "erasing is housekeeping's"
    cleared = await admin.submit(PATH, {}, to=f"{PATH}/retention")
    assert cleared.status_code == 303
    assert (await _organisation(database, org)).calls_kept_days is None


async def test_asking_for_a_second_factor_begins_with_oneself(
    database: Database, org: uuid.UUID, admin: Browser
) -> None:
    await admin.submit(PATH, {"secondFactor": "yes"}, to=f"{PATH}/security")
    assert (await _organisation(database, org)).second_factor_required
    assert (await admin.get(PATH)).headers["location"] == "/account/second-factor"


async def test_what_the_operator_set_is_shown_to_owners_without_secrets(
    admin: Browser, person: NewPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLTRACE_FETCH_PROBE", "off")
    shown = (await (await person("owner")).get(PATH)).text
    assert "CALLTRACE_LEASE_SECONDS" in shown
    assert "environment" in shown
    assert "(set)" in shown or "CALLTRACE_SECRET_KEY" in shown
    assert "CALLTRACE_LEASE_SECONDS" not in (await admin.get(PATH)).text


async def test_every_change_is_in_the_audit_trail(database: Database, org: uuid.UUID, admin: Browser) -> None:
    await admin.submit(PATH, {"callsKeptDays": "90"}, to=f"{PATH}/retention")
    await admin.submit(PATH, {"callsKeptDays": "90"}, to=f"{PATH}/retention")
    async with database.tenant(org) as session:
        found = await queries.deeds_on(session, org, "organisation.", 10)
    assert len(found) == 1, "the same again is no deed"
    assert found[0].details == {"fields": ["callsKeptDays"], "callsKeptDays": 90}
    assert found[0].actor == admin.email


async def test_calls_under_way_are_not_counted(database: Database, org: uuid.UUID, admin: Browser) -> None:
    async with database.tenant(org) as session:
        session.add(Analysis(org_id=org, file_url="https://127.0.0.1/x.mp3"))
        await session.flush()
        await session.execute(text("UPDATE analyses SET created_at = now() - interval '9 days'"))
    done = await admin.submit(PATH, {"callsKeptDays": "1"}, to=f"{PATH}/retention")
    assert done.status_code == 303
