"""The organisation over REST: its vocabulary, who may see and change it, and what is refused."""

import zoneinfo
from typing import Any

import httpx2
import pytest

from calltrace.accounts import queries
from calltrace.db.session import Database
from database.api.conftest import Api, refused
from database.conftest import Caller, NewOrg, new_token

PATH = "organization"
TERMS = ["Harbor Broadband", "Oyelaran", "C++", "Ελένη", "小梅", "O'Neill & Sons"]


async def test_the_vocabulary_is_kept_in_order_and_only_what_is_sent_changes(
    call: Api, caller: Caller
) -> None:
    before = (await call("GET", PATH)).json()
    assert (before["id"], before["vocabulary"]) == (str(caller.org_id), [])
    fields = {
        "id",
        "name",
        "vocabulary",
        "languages",
        "agentChannels",
        "scorecardId",
        "redaction",
        "timeZone",
        "createdAt",
    }
    assert set(before) == fields
    changed = await call("PATCH", PATH, {"vocabulary": TERMS})
    assert (changed.status_code, changed.json()) == (200, before | {"vocabulary": TERMS})
    assert (await call("PATCH", PATH, {"name": "ignored"})).json() == changed.json()
    assert (await call("GET", PATH)).json() == changed.json()
    assert (await call("PATCH", PATH, {"vocabulary": []})).json() == before


async def test_the_languages_of_calls_are_named_once_by_their_code(call: Api) -> None:
    assert (await call("GET", PATH)).json()["languages"] == []
    for wanted, kept in ((["en-US", "ES", "en"], ["en", "es"]), ([], [])):
        assert (await call("PATCH", PATH, {"languages": wanted})).json()["languages"] == kept
    refused(await call("PATCH", PATH, {"languages": ["klingon"]}), 400, "invalid_request", "/languages/0")
    refused(await call("PATCH", PATH, {"languages": ["en"] * 21}), 400, "invalid_request", "/languages")


async def test_where_the_agent_is_can_be_said_and_taken_back(call: Api) -> None:
    assert (await call("GET", PATH)).json()["agentChannels"] is None
    for wanted in ("agent-right", "mono", "auto", None):
        assert (await call("PATCH", PATH, {"agentChannels": wanted})).json()["agentChannels"] == wanted
    refused(await call("PATCH", PATH, {"agentChannels": "left"}), 400, "invalid_request", "/agentChannels")
    queue = (await call("POST", "queues", {"name": "Renewals", "agentChannels": "agent-left"})).json()
    assert queue["agentChannels"] == "agent-left"
    changed = await call("PATCH", f"queues/{queue['id']}", {"agentChannels": None})
    assert changed.json()["agentChannels"] is None


async def test_redaction_is_off_until_it_is_wanted_and_names_its_kinds_in_order(
    call: Api, caller: Caller, database: Database
) -> None:
    assert (await call("GET", PATH)).json()["redaction"] is None
    wanted = {"redaction": {"transcript": ["phone", "payment_card"], "audio": True}}
    kept = {"transcript": ["payment_card", "phone"], "audio": True}
    assert (await call("PATCH", PATH, wanted)).json()["redaction"] == kept
    assert (await call("PATCH", PATH, {"agentChannels": "mono"})).json()["redaction"] == kept
    only = await call("PATCH", PATH, {"redaction": {"transcript": ["cvv"]}})
    assert only.json()["redaction"] == {"transcript": ["cvv"], "audio": False}
    assert (await call("PATCH", PATH, {"redaction": None})).json()["redaction"] is None
    async with database.tenant(caller.org_id) as session:
        entries = await queries.audit_entries(session, None, 10)
    assert [entry.details["redaction"] for entry in entries if "redaction" in entry.details] == [
        None, {"transcript": ["cvv"], "audio": False}, kept,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ("all", "/redaction"),
        ({}, "/redaction/transcript"),
        ({"transcript": []}, "/redaction/transcript"),
        ({"transcript": ["cvv", "shoes"]}, "/redaction/transcript/1"),
        ({"transcript": ["cvv", "cvv"]}, "/redaction/transcript"),
        ({"transcript": ["cvv"], "audio": 1}, "/redaction/audio"),
        ({"transcript": ["cvv"], "names": True}, "/redaction/names"),
    ],
)
async def test_a_redaction_that_means_nothing_is_400(call: Api, wanted: Any, field: str) -> None:
    refused(await call("PATCH", PATH, {"redaction": wanted}), 400, "invalid_request", field)
    assert (await call("GET", PATH)).json()["redaction"] is None


async def test_the_largest_list_is_taken(call: Api) -> None:
    terms = [f"{n:03} {'x' * 76}" for n in range(200)]
    assert (await call("PATCH", PATH, {"vocabulary": terms})).json()["vocabulary"] == terms


BAD: dict[str, tuple[Any, str]] = {
    "null": (None, "/vocabulary"),
    "text": ("Grace", "/vocabulary"),
    "too many": ([f"n{n}" for n in range(201)], "/vocabulary"),
    "a number": (["Grace", 7], "/vocabulary/1"),
    "empty": (["Grace", ""], "/vocabulary/1"),
    "blank": (["  "], "/vocabulary/0"),
    "space around": ([" Grace"], "/vocabulary/0"),
    "two spaces": (["Harbor  Broadband"], "/vocabulary/0"),
    "two lines": (["Harbor\nBroadband"], "/vocabulary/0"),
    "a control character": (["Har\x07bor"], "/vocabulary/0"),
    "a mark of direction": (["Har\u202ebor"], "/vocabulary/0"),
    "signs only": (["Grace", "?!"], "/vocabulary/1"),
    "too long": (["x" * 81], "/vocabulary/0"),
    "twice": (["Grace", "Price", "Grace"], "/vocabulary/2"),
}


@pytest.mark.parametrize(("terms", "field"), BAD.values(), ids=BAD)
async def test_bad_lists_are_400_and_change_nothing(call: Api, terms: Any, field: str) -> None:
    await call("PATCH", PATH, {"vocabulary": ["Grace"]})
    refused(await call("PATCH", PATH, {"vocabulary": terms}), 400, "invalid_request", field)
    assert (await call("GET", PATH)).json()["vocabulary"] == ["Grace"]


async def test_scopes_and_test_keys(api: httpx2.AsyncClient, caller: Caller, database: Database) -> None:
    def with_key(token: str) -> Api:
        return Api(api, token)

    reader = with_key(await new_token(database, caller.org_id, ("catalog:read",)))
    writer = with_key(await new_token(database, caller.org_id, ("catalog:write",)))
    tester = with_key(await new_token(database, caller.org_id, mode="test"))
    assert (await reader("GET", PATH)).status_code == 200
    refused(await reader("PATCH", PATH, {}), 403, "insufficient_scope")
    assert (await writer("PATCH", PATH, {"vocabulary": ["Grace"]})).status_code == 200
    refused(await writer("GET", PATH), 403, "insufficient_scope")
    assert (await tester("GET", PATH)).json()["vocabulary"] == ["Grace"]
    refused(await tester("PATCH", PATH, {}), 403, "live_key_required")
    refused(await with_key("ct_live_nothing")("GET", PATH), 401, "unauthorized")


async def test_each_organisation_has_its_own(
    call: Api, api: httpx2.AsyncClient, database: Database, new_org: NewOrg
) -> None:
    stranger = Api(api, await new_token(database, await new_org()))
    await call("PATCH", PATH, {"vocabulary": ["Grace"]})
    assert (await stranger("GET", PATH)).json()["vocabulary"] == []


async def test_a_change_is_in_the_audit_trail_without_its_words(
    call: Api, caller: Caller, database: Database
) -> None:
    for terms in (["Grace", "Price"], ["Grace", "Price"], []):
        await call("PATCH", PATH, {"vocabulary": terms})
    async with database.tenant(caller.org_id) as session:
        entries = await queries.audit_entries(session, None, 10)
    deeds = [entry for entry in entries if entry.action == "organisation.updated"]
    assert [deed.details for deed in deeds] == [
        {"fields": ["vocabulary"], "terms": 0}, {"fields": ["vocabulary"], "terms": 2},
    ]  # fmt: skip
    assert {deed.target_id for deed in deeds} == {str(caller.org_id)}


async def test_a_time_zone_that_the_server_of_the_database_lacks_is_refused(
    call: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoneinfo, "available_timezones", lambda: {"America/Newtown", "Asia/Kathmandu"})
    refused(await call("PATCH", PATH, {"timeZone": "America/Newtown"}), 400, "invalid_request", "/timeZone")
    assert (await call("PATCH", PATH, {"timeZone": "Asia/Kathmandu"})).status_code == 200


async def test_the_time_zone_is_one_that_there_is(call: Api) -> None:
    assert (await call("GET", PATH)).json()["timeZone"] == "UTC"
    assert (await call("PATCH", PATH, {"timeZone": "Europe/Madrid"})).json()["timeZone"] == "Europe/Madrid"
    refused(await call("PATCH", PATH, {"timeZone": "Mars/Base"}), 400, "invalid_request", "/timeZone")
    refused(await call("PATCH", PATH, {"timeZone": None}), 400, "invalid_request", "/timeZone")
    assert (await call("GET", PATH)).json()["timeZone"] == "Europe/Madrid"
