"""Chats, voice calls and what belongs to them, over REST."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.analyses import retention, submit
from calltrace.analyses.retention import Kept
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.analyses.factory import claimed, recorded
from database.api.conftest import Api, refused
from database.conftest import Caller, NewOrg, count, new_token, waiting_jobs
from database.recordings.sending import opened, send

CHAT: dict[str, Any] = {
    "externalId": "chat-1", "channelId": "whatsapp", "startedAt": "2026-03-01T10:00:00Z",
    "endedAt": "2026-03-01T10:15:00Z", "language": "en",
    "messages": [
        {"role": "customer", "content": "My mail is ana@example.com", "sentAt": "2026-03-01T10:00:00Z"},
        {"role": "agent", "content": "Thank you.", "sentAt": "2026-03-01T10:01:00Z"},
    ],
}  # fmt: skip
CALL: dict[str, Any] = {
    "externalId": "vc-1", "direction": "outbound", "state": "noAnswer", "startedAt": "2026-03-02T09:00:00Z",
    "durationSeconds": 12, "outcome": "Later",
    "messages": [{"role": "bot", "content": "Hello?", "sentAt": "2026-03-02T09:00:01Z"}],
}  # fmt: skip


async def _stranger(api: httpx2.AsyncClient, database: Database, new_org: NewOrg) -> Api:
    return Api(api, await new_token(database, await new_org()))


async def _deeds(database: Database, org: uuid.UUID) -> list[str]:
    async with database.tenant(org) as session:
        query = "SELECT action FROM audit_entries WHERE action ~ '^(conversation|voice|survey)' ORDER BY id"
        return list((await session.scalars(text(query))).all())


async def test_a_chat_is_taken_in_evaluated_found_and_put_in_place(
    call: Api, caller: Caller, database: Database
) -> None:
    agent = await call.made("agents", name="Ana")
    queue = await call.made("queues", name="Renewals")
    work = await call.made("engagements", name="Acme")
    filed = {"agentId": agent["id"], "queueId": queue["id"], "engagementId": work["id"]}
    answer = await call("POST", "conversations", CHAT | filed)
    made = answer.json()
    assert answer.status_code == 201, made
    assert answer.headers["location"] == f"/api/v1/conversations/{made['id']}"
    assert made == filed | {
        "id": made["id"], "externalId": "chat-1", "kind": "text", "channelId": "whatsapp",
        "status": "completed", "startedAt": "2026-03-01T10:00:00.000Z", "messageCount": 2,
        "endedAt": "2026-03-01T10:15:00.000Z", "analysisId": made["analysisId"], "participantCount": 2,
        "createdAt": made["createdAt"],
    }  # fmt: skip
    assert (await call("GET", f"conversations/{made['id']}")).json() == made
    analysis = (await call("GET", f"analyses/{made['analysisId']}")).json()
    assert {name: analysis["call"][name] for name in filed} == filed
    assert await waiting_jobs(database, made["analysisId"]) == 1
    first = (await call("GET", f"conversations/{made['id']}/messages?limit=1")).json()
    assert [one["content"] for one in first["data"]] == ["My mail is ana@example.com"]
    rest = await call("GET", f"conversations/{made['id']}/messages?cursor={first['nextCursor']}")
    assert [one["role"] for one in rest.json()["data"]] == ["agent"]
    assert rest.json()["nextCursor"] is None
    again = await asyncio.gather(*(call("POST", "conversations", CHAT | filed) for _ in range(3)))
    assert [(one.status_code, one.json()) for one in again] == [(200, made)] * 3
    assert await count(database, "analyses", caller.org_id) == 1
    assert set(await _deeds(database, caller.org_id)) == {"conversation.created", "conversation.updated"}


async def test_an_active_chat_is_evaluated_when_it_is_completed(
    call: Api, caller: Caller, database: Database
) -> None:
    made = await call.made("conversations", **CHAT | {"status": "active", "messages": []})
    assert (made["analysisId"], made["messageCount"]) == (None, 0)
    path = f"conversations/{made['id']}"
    grown = (await call("PATCH", path, {"messages": CHAT["messages"]})).json()
    assert (grown["messageCount"], grown["analysisId"], grown["channelId"]) == (2, None, "whatsapp")
    done = (await call("PATCH", path, {"status": "completed", "channelId": None})).json()
    assert done["channelId"] is None
    queue = await call.made("queues", name="Other")
    moved = (await call("PATCH", path, {"queueId": queue["id"]})).json()
    assert moved["analysisId"] == done["analysisId"] is not None
    analysis = (await call("GET", f"analyses/{done['analysisId']}")).json()
    assert (analysis["call"]["queueId"], analysis["status"]) == (queue["id"], "queued")
    for body, field in (
        ({"status": None}, "/status"), ({"messages": [{"role": "x", "content": ""}]}, "/messages/0/role"),
    ):  # fmt: skip
        refused(await call("PATCH", path, body), 400, "invalid_request", field)
    assert await count(database, "analyses", caller.org_id) == 1


async def test_messages_that_are_wrong_are_named_one_by_one(call: Api) -> None:
    bad = [
        {"role": "robot", "content": "x", "sentAt": "2026-03-01T10:00:00Z"},
        {"role": "agent", "content": "", "sentAt": "2026-03-01T10:00:00Z"},
        {"role": "agent", "content": "x", "sentAt": "yesterday"},
    ]
    answer = await call("POST", "conversations", CHAT | {"messages": bad})
    for field in ("/messages/0/role", "/messages/1/content", "/messages/2/sentAt"):
        refused(answer, 400, "invalid_request", field)
    long = CHAT["messages"][0] | {"content": "x" * 50_001}
    refused(await call("POST", "conversations", CHAT | {"messages": [long]}), 400, "invalid_request")
    huge = CHAT["messages"][0] | {"content": "x" * 40_000}
    answer = await call("POST", "conversations", CHAT | {"messages": [huge] * 30})
    refused(answer, 413, "request_too_large")
    assert (await call("GET", "conversations")).json()["data"] == []


async def test_a_voice_call_without_a_recording(call: Api, caller: Caller, database: Database) -> None:
    answer = await call("POST", "voice-calls", CALL)
    made = answer.json()
    assert answer.status_code == 201, made
    assert made == {
        "id": made["id"], "externalId": "vc-1", "queueId": None, "agentId": None, "engagementId": None,
        "startedAt": "2026-03-02T09:00:00.000Z", "endedAt": "2026-03-02T09:00:12.000Z", "analysisId": None,
        "messageCount": 1, "participantCount": 1, "createdAt": made["createdAt"], "direction": "outbound",
        "state": "noAnswer", "durationSeconds": 12.0, "talkTimeSeconds": None, "outcome": "Later",
        "recordingUrl": None,
    }  # fmt: skip
    path = f"voice-calls/{made['id']}"
    assert (await call("POST", "voice-calls", CALL)).status_code == 200
    changed = (await call("PATCH", path, {"state": "completed", "outcome": None})).json()
    assert (changed["state"], changed["outcome"], changed["direction"]) == ("completed", None, "outbound")
    assert (await call("GET", path)).json() == changed
    assert (await call("GET", f"conversations/{made['id']}")).json()["kind"] == "voice"
    refused(await call("PATCH", f"conversations/{made['id']}", {"status": "active"}), 400, "invalid_request")
    chat = await call.made("conversations", **CHAT)
    for method in ("GET", "DELETE"):
        refused(await call(method, f"voice-calls/{chat['id']}"), 404, "not_found")
    assert (await call("DELETE", path)).status_code == 204
    refused(await call("GET", path), 404, "not_found")
    assert await count(database, "conversation_messages", caller.org_id) == 2
    assert "voice_call.erased" in await _deeds(database, caller.org_id)


async def test_a_voice_call_with_its_recording(
    call: Api, platform: Platform, caller: Caller, intake: submit.Intake, tmp_path: Path
) -> None:
    upload = await opened(platform.uploads, caller.org_id)
    await send(platform.uploads, caller.org_id, upload, b"audio")
    told: dict[str, Any] = CALL | {
        "uploadId": str(upload),
        "state": "completed",
        "messages": [],
        "durationSeconds": None,
    }
    made = await call.made("voice-calls", **told)
    assert made["analysisId"] == made["id"]
    assert (await call("POST", "voice-calls", told)).status_code == 200, "the recording is taken once"
    claim = await claimed(intake, caller.org_id, uuid.UUID(made["id"]))
    await recorded(platform, claim, tmp_path)
    shown = (await call("GET", f"voice-calls/{made['id']}")).json()
    assert f"/recordings/{made['id']}?" in shown["recordingUrl"]
    assert (await call("GET", f"analyses/{made['id']}")).json()["call"]["aiCall"]
    both = CALL | {"externalId": "b", "uploadId": str(upload), "fileUrl": "https://127.0.0.1/a.mp3"}
    refused(await call("POST", "voice-calls", both), 400, "invalid_request", "/fileUrl")
    used = CALL | {"externalId": "c", "uploadId": str(upload)}
    refused(await call("POST", "voice-calls", used), 409, "upload_used")
    refused(
        await call("POST", "voice-calls", CALL | {"externalId": "d", "fileUrl": "https://10.0.0.1/a.mp3"}),
        422, "url_blocked",
    )  # fmt: skip
    assert len((await call("GET", "voice-calls")).json()["data"]) == 1, "what is refused leaves nothing"
    assert (await call("DELETE", f"voice-calls/{made['id']}")).status_code == 204
    [receipt] = (await call("GET", f"erasures?analysisId={made['id']}")).json()["data"]
    assert receipt["erased"]["conversations"] == receipt["erased"]["recordings"] == 1


async def test_lists_are_filtered_and_paged(call: Api) -> None:
    agent = await call.made("agents", name="Ana")
    chats = [
        await call.made("conversations", **CHAT | {"externalId": f"c{n}", "agentId": agent["id"]})
        for n in range(3)
    ]
    await call.made("conversations", **CHAT | {"externalId": None, "status": "active", "channelId": "web"})
    voice = await call.made("voice-calls", **CALL)
    for query, found in (
        ("", 5), ("kind=text", 4), ("kind=voice", 1), ("status=active", 1), ("channelId=web", 1),
        (f"agentId={agent['id']}", 3), ("externalId=c1", 1), ("startedFrom=2026-03-02T00:00:00Z", 1),
        ("startedTo=2026-03-01T10:00:00Z", 4), ("to=2020-01-01T00:00:00Z", 0),
        (f"queueId={uuid.uuid4()}", 0), (f"engagementId={uuid.uuid4()}", 0),
    ):  # fmt: skip
        assert len((await call("GET", f"conversations?{query}")).json()["data"]) == found, query
    for query, found in (("", 1), ("state=noAnswer", 1), ("state=busy", 0), ("direction=inbound", 0)):
        assert len((await call("GET", f"voice-calls?{query}")).json()["data"]) == found, query
    seen, cursor = list[str](), ""
    while cursor is not None:
        page = (await call("GET", f"conversations?limit=2{f'&cursor={cursor}' if cursor else ''}")).json()
        seen += [one["id"] for one in page["data"]]
        cursor = page["nextCursor"]
    assert (seen[0], seen[-1], len(set(seen))) == (voice["id"], chats[0]["id"], 5)
    for path in ("conversations?colour=red", "conversations?kind=x", "voice-calls?state=Busy", "surveys?x=1"):
        refused(await call("GET", path), 400, "invalid_request")


async def test_modes_and_organisations_are_kept_apart(
    call: Api, api: httpx2.AsyncClient, database: Database, caller: Caller, new_org: NewOrg
) -> None:
    chat, voice = await call.made("conversations", **CHAT), await call.made("voice-calls", **CALL)
    survey = await call.made("surveys", conversationId=voice["id"], score=4)
    trial = Api(api, await new_token(database, caller.org_id, mode="test"))
    assert (await trial.made("conversations", **CHAT))["id"] != chat["id"]
    for other in (trial, await _stranger(api, database, new_org)):
        for path in (f"conversations/{chat['id']}", f"voice-calls/{voice['id']}", f"surveys/{survey['id']}"):
            refused(await other("GET", path), 404, "not_found")
            refused(await other("DELETE", path), 404, "not_found")
            if not path.startswith("surveys"):
                refused(await other("PATCH", path, {"endedAt": None}), 404, "not_found")
        refused(await other("GET", f"conversations/{chat['id']}/messages"), 404, "not_found")
        assert (await other("GET", "voice-calls")).json()["data"] == []
        assert (await other("GET", "surveys")).json()["data"] == []
        for about in ({"conversationId": voice["id"]}, {"callExternalId": "vc-1"}):
            refused(await other("POST", "surveys", about), 400, "invalid_request", f"/{next(iter(about))}")


async def test_erasing_the_evaluation_erases_chat_and_survey(
    call: Api, caller: Caller, database: Database
) -> None:
    chat = await call.made("conversations", **CHAT)
    await call.made("surveys", callExternalId="chat-1", responses=[{"question": "Well?", "score": 5}])
    receipt = (await call("DELETE", f"analyses/{chat['analysisId']}")).json()
    assert (receipt["erased"]["conversations"], receipt["erased"]["surveys"]) == (1, 1)
    for table in ("conversations", "conversation_messages", "surveys", "transcripts"):
        assert await count(database, table, caller.org_id) == 0, table


async def test_what_is_too_old_goes_also_where_nothing_was_evaluated(
    call: Api, caller: Caller, platform: Platform
) -> None:
    await call.made("conversations", **CHAT | {"status": "active"})
    await call.made("conversations", **CHAT | {"externalId": "done", "messages": []})
    await call.made("conversations", **CHAT | {"externalId": "evaluated"})
    await call.made("voice-calls", **CALL)
    kept = Kept(None, 30)
    async with platform.database.tenant(caller.org_id) as session:
        assert (await retention.count(session, kept)).calls == 0
        await session.execute(text("UPDATE conversations SET created_at = created_at - interval '31 days'"))
        assert (await retention.count(session, kept)).calls == 2, "people still write in the active one"
        await session.execute(
            text("UPDATE conversation_messages SET created_at = created_at - interval '31 days'")
        )
        assert (await retention.count(session, kept)).calls == 3
    assert (await retention.enforce(platform.database, platform.vault, caller.org_id, kept)).calls == 3
    left = (await call("GET", "conversations")).json()["data"]
    assert [one["externalId"] for one in left] == ["evaluated"], "its analysis is under way"


@pytest.mark.parametrize(("kind", "body"), [("conversations", CHAT), ("voice-calls", CALL)])
async def test_labels_of_nobody(
    call: Api, api: httpx2.AsyncClient, database: Database, new_org: NewOrg, kind: str, body: dict[str, Any]
) -> None:
    other = await _stranger(api, database, new_org)
    for field, catalog in (("agentId", "agents"), ("queueId", "queues"), ("engagementId", "engagements")):
        for wrong in ((await other.made(catalog, name="x"))["id"], str(uuid.uuid4())):
            told = body | {"externalId": "other", field: wrong}
            refused(await call("POST", kind, told), 400, "invalid_request", f"/{field}")
            path = f"{kind}/{(await call('POST', kind, body)).json()['id']}"
            refused(await call("PATCH", path, {field: wrong}), 400, "invalid_request", f"/{field}")
    assert [one["externalId"] for one in (await call("GET", kind)).json()["data"]] == [body["externalId"]]
