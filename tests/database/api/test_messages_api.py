"""Messages that come one at a time, as they are written."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.analyses import conversations
from calltrace.db.session import Database
from database.api.conftest import Api, refused
from database.conftest import Caller, NewOrg, count, new_token, waiting_jobs

CHAT = {"externalId": "c-1", "startedAt": "2026-03-01T10:00:00Z", "language": "en", "status": "active"}


def said(number: int, content: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "externalId": f"m-{number}", "role": "agent" if number % 2 else "customer",
        "content": content or f"Line {number}.", "sentAt": f"2026-03-01T10:0{number}:00Z",
    } | more  # fmt: skip


@pytest.fixture
async def path(call: Api) -> str:
    made = await call.made("conversations", **CHAT)
    return f"conversations/{made['id']}"


async def _written(call: Api, path: str) -> list[str]:
    return [one["content"] for one in (await call("GET", f"{path}/messages")).json()["data"]]


async def _transcript(call: Api, path: str) -> list[str]:
    analysis = (await call("GET", path)).json()["analysisId"]
    found = (await call("GET", f"analyses/{analysis}")).json()
    return [one["text"] for one in found["transcript"]["segments"]]


async def test_messages_come_one_by_one_and_the_chat_is_evaluated_when_it_is_closed(
    call: Api, path: str, caller: Caller, database: Database
) -> None:
    first = await call("POST", f"{path}/messages", said(0))
    assert first.status_code == 201
    assert first.json() == {
        "id": first.json()["id"], "externalId": "m-0", "role": "customer", "content": "Line 0.",
        "sentAt": "2026-03-01T10:00:00.000Z",
    }  # fmt: skip
    for number in (3, 1, 2):  # some are late
        assert (await call("POST", f"{path}/messages", said(number))).status_code == 201
    assert await _written(call, path) == [f"Line {number}." for number in range(4)]
    assert await count(database, "analyses", caller.org_id) == 0
    done = (await call("PATCH", path, {"status": "completed"})).json()
    assert (done["messageCount"], done["participantCount"]) == (4, 2)
    assert await waiting_jobs(database, done["analysisId"]) == 1
    assert await _transcript(call, path) == [f"Line {number}." for number in range(4)]


async def test_the_same_message_again_adds_nothing(call: Api, path: str) -> None:
    answers = await asyncio.gather(*(call("POST", f"{path}/messages", said(0)) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 200, 201]
    assert len({one.json()["id"] for one in answers}) == 1
    for other in (said(0, "Other words."), said(0, role="agent"), said(0, sentAt="2026-03-01T10:00:01Z")):
        refused(await call("POST", f"{path}/messages", other), 409, "message_conflict")
    assert await _written(call, path) == ["Line 0."]


async def test_many_at_once_all_stand_where_their_times_say(call: Api, path: str) -> None:
    order = (5, 2, 8, 1, 9, 0, 3, 7, 4, 6)
    answers = await asyncio.gather(*(call("POST", f"{path}/messages", said(one)) for one in order))
    assert {one.status_code for one in answers} == {201}
    assert await _written(call, path) == [f"Line {number}." for number in range(10)]


async def test_a_message_to_a_completed_chat_has_it_evaluated_anew(
    call: Api, path: str, caller: Caller, database: Database
) -> None:
    await call("PATCH", path, {"status": "completed"})
    assert (await call("GET", path)).json()["analysisId"] is None, "there is nothing to evaluate yet"
    await call("POST", f"{path}/messages", said(0))
    assert await _transcript(call, path) == ["Line 0."]
    await call("POST", f"{path}/messages", said(1))
    assert await _transcript(call, path) == ["Line 0.", "Line 1."]
    assert await count(database, "analyses", caller.org_id) == 1


async def test_a_chat_that_is_opened_again_is_evaluated_when_it_is_closed_again(call: Api, path: str) -> None:
    await call("POST", f"{path}/messages", said(0))
    await call("PATCH", path, {"status": "completed"})
    await call("PATCH", path, {"status": "active"})
    await call("POST", f"{path}/messages", said(1))
    assert await _transcript(call, path) == ["Line 0."]
    await call("PATCH", path, {"status": "completed"})
    assert await _transcript(call, path) == ["Line 0.", "Line 1."]


async def test_a_chat_put_in_place_as_a_whole_knows_the_ids_of_its_messages(call: Api, path: str) -> None:
    await call("POST", f"{path}/messages", said(0))
    whole = CHAT | {"messages": [said(0), said(1)]}
    assert (await call("POST", "conversations", whole)).status_code == 200
    assert (await call("POST", f"{path}/messages", said(1))).status_code == 200
    assert await _written(call, path) == ["Line 0.", "Line 1."]
    twice = CHAT | {"messages": [said(0), said(0)]}
    refused(await call("POST", "conversations", twice), 400, "invalid_request", "/messages")


async def test_what_is_sensitive_is_taken_out_before_a_message_is_kept(
    call: Api, path: str, caller: Caller, database: Database
) -> None:
    async with database.tenant(caller.org_id) as session:
        wanted = """UPDATE organisations SET redaction = '{"transcript": ["email"], "audio": false}'"""
        await session.execute(text(wanted))
    mail = said(1, "It is ana@example.com, as I said.")
    answer = await call("POST", f"{path}/messages", mail)
    assert (answer.status_code, answer.json()["content"]) == (201, "It is [email], as I said.")
    assert (await call("POST", f"{path}/messages", mail)).status_code == 200


async def test_other_organisations_and_modes_add_nothing(
    path: str, api: httpx2.AsyncClient, caller: Caller, database: Database, new_org: NewOrg
) -> None:
    stranger = Api(api, await new_token(database, await new_org()))
    test_mode = Api(api, await new_token(database, caller.org_id, mode="test"))
    for other in (stranger, test_mode):
        refused(await other("POST", f"{path}/messages", said(0)), 404, "not_found")


async def test_where_no_message_can_be_added(call: Api, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nameless = {name: value for name, value in said(0).items() if name != "externalId"}
    refused(await call("POST", f"{path}/messages", nameless), 400, "invalid_request", "/externalId")
    long = said(0, "x" * 50_001)
    refused(await call("POST", f"{path}/messages", long), 400, "invalid_request", "/content")
    monkeypatch.setattr(conversations, "MOST_MESSAGES", 1)
    assert (await call("POST", f"{path}/messages", said(0))).status_code == 201
    refused(await call("POST", f"{path}/messages", said(1)), 409, "too_many_messages")
    assert (await call("POST", f"{path}/messages", said(0))).status_code == 200
    spoken = await call.made(
        "voice-calls", direction="inbound", state="completed", startedAt="2026-03-01T10:00:00Z"
    )
    refused(await call("POST", f"conversations/{spoken['id']}/messages", said(0)), 400, "invalid_request")
    assert (await call("DELETE", path)).status_code == 204
    refused(await call("POST", f"{path}/messages", said(0)), 404, "not_found")
