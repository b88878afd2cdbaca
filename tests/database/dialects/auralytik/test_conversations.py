"""Chats, voice calls and surveys: taken over from a file, shown by the contract (AU-080 to AU-093)."""

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import erase, lifecycle, queries, submit, waiting
from calltrace.analyses.document import ProcessingDocument
from calltrace.analyses.importing import Import, Importer
from calltrace.kit.errors import InvalidRequestError
from calltrace.pipeline.context import Platform
from calltrace.speech.transcript import Transcript
from database.analyses.factory import EVALUATION, claimed, completed
from database.conftest import count, waiting_jobs
from database.dialects.auralytik.conftest import Client, refused, stranger
from database.dialects.auralytik.test_audio_files import AUDIO, finish, local

FILE: dict[str, Any] = {
    "callCenters": [{"externalId": "cc-1", "name": "Santiago"}],
    "campaigns": [
        {
            "externalId": "camp-1", "name": "Renewals", "description": "", "type": "outbound",
            "status": "active", "callCenter": "cc-1", "startDate": "2026-01-01", "endDate": None,
        }
    ],
    "executives": [{"externalId": "ex-1", "name": "Ana Perez", "callCenter": "cc-1"}],
    "conversations": [
        {
            "externalId": "chat-1", "channelId": "ch_whatsapp", "campaign": "camp-1", "executive": "ex-1",
            "status": "completed", "startedAt": "2026-03-01T10:00:00Z", "endedAt": "2026-03-01T10:15:00Z",
            "messages": [
                {
                    "role": "customer", "content": "Hi, call me at +56912345678",
                    "timestamp": "2026-03-01T10:00:00Z",
                },
                {"role": "bot", "content": "Hello, how can I help?", "timestamp": "2026-03-01T10:00:30Z"},
                {
                    "role": "customer", "content": "Mail me: ana@example.com",
                    "timestamp": "2026-03-01T10:01:00Z",
                },
            ],
        }
    ],
    "voiceCalls": [
        {
            "externalId": "vc-1", "campaign": "camp-1", "direction": "Outbound", "state": "Completed",
            "startTime": "2026-03-02T09:00:00Z", "endTime": "2026-03-02T09:05:12Z", "durationSeconds": 312,
            "talkTimeSeconds": 287, "outcome": "Successful", "recordingFile": None,
            "transcript": [{"role": "agent", "text": "Hello", "timestamp": "00:00:01"}],
            "epaResults": {
                "state": "Completed", "completionReason": "AllAnswered", "totalQuestions": 3,
                "questionsAnswered": 3, "calculatedScore": 85.5,
                "responses": [{"question": "How satisfied are you?", "answer": "Very satisfied", "score": 5}],
            },
        }
    ],
}  # fmt: skip


async def imported(client: Client, content: dict[str, Any] = FILE, folder: Path = Path()) -> dict[str, Any]:
    importer = Importer(client.platform.intake, client.org, folder=folder)
    return await importer.run(Import.model_validate(content))


@pytest.mark.accepts("AU-080", "AU-081", "AU-082")
async def test_a_chat(client: Client) -> None:
    ids = await imported(client)
    chat = f"conv_{ids['conversations']['chat-1'].hex}"
    shown = await client.data("GET", f"conversations/{chat}")
    assert shown == {
        "id": chat, "type": "text", "channelId": "ch_whatsapp",
        "campaignId": f"camp_{ids['campaigns']['camp-1'].hex}",
        "executiveId": f"exec_{ids['executives']['ex-1'].hex}", "status": "completed", "participantCount": 2,
        "messageCount": 3, "startedAt": "2026-03-01T10:00:00Z", "endedAt": "2026-03-01T10:15:00Z",
        "createdAt": shown["createdAt"],
    }  # fmt: skip
    answer = (await client("GET", f"conversations/{chat}/messages?pageSize=2")).json()
    assert answer["data"]["conversationId"] == chat
    assert [one["content"] for one in answer["data"]["messages"]] == [
        "Hi, call me at +56912345678", "Hello, how can I help?",
    ]  # fmt: skip
    assert answer["data"]["messages"][0] | {"id": ""} == {
        "id": "", "role": "customer", "content": "Hi, call me at +56912345678",
        "timestamp": "2026-03-01T10:00:00Z",
    }  # fmt: skip
    assert answer["pagination"] == {"page": 1, "pageSize": 2, "totalCount": 3, "totalPages": 2}
    masked = await client("GET", f"conversations/{chat}/messages", headers={"X-Exclude-PII": "true"})
    assert [one["content"] for one in masked.json()["data"]["messages"]] == [
        "Hi, call me at ****", "Hello, how can I help?", "Mail me: ****",
    ]  # fmt: skip


@pytest.mark.accepts("AU-080", "AU-090")
async def test_filters_of_conversations_and_voice_calls(client: Client) -> None:
    ids = await imported(client)
    campaign = f"camp_{ids['campaigns']['camp-1'].hex}"
    chat, call = ids["conversations"]["chat-1"], ids["voiceCalls"]["vc-1"]
    for query, found in (
        ("", 2), ("type=text", 1), ("type=voice", 1), ("channelId=ch_whatsapp", 1), ("channelId=other", 0),
        (f"campaignId={campaign}", 2), ("status=active", 0), ("dateFrom=2026-03-02", 1),
        ("dateTo=2026-03-01", 1), ("dateFrom=2026-03-03", 0),
    ):  # fmt: skip
        assert len(await client.data("GET", f"conversations?{query}")) == found, query
    for query, found in (
        ("", 1), ("state=Completed", 1), ("state=Busy", 0), ("direction=Inbound", 0),
        ("direction=Outbound", 1),
        (f"campaignId={campaign}", 1), ("dateFrom=2026-03-02&dateTo=2026-03-02", 1), ("dateTo=2026-03-01", 0),
    ):  # fmt: skip
        assert len(await client.data("GET", f"voice-calls?{query}")) == found, query
    refused(await client("GET", "voice-calls?state=busy"), 400, "VALIDATION_ERROR", "state")
    for path in ("conversations?channelId=%00", "campaigns?search=%00", "engagements?type=a%00"):
        refused(await client("GET", path), 400, "VALIDATION_ERROR")
    voice = await client.data("GET", "conversations?type=voice")
    assert voice[0]["id"] == f"conv_{call.hex}"
    turns = (await client.data("GET", f"conversations/conv_{call.hex}/messages"))["messages"]
    assert [(one["role"], one["content"], one["timestamp"]) for one in turns] == [
        ("agent", "Hello", "2026-03-02T09:00:01Z")
    ]
    refused(await client("GET", f"voice-calls/vc_{chat.hex}"), 404, "RESOURCE_NOT_FOUND")


@pytest.mark.accepts("AU-091", "AU-092", "AU-093")
async def test_a_voice_call_and_what_the_customer_said_of_it(client: Client) -> None:
    ids = await imported(client)
    call = f"vc_{ids['voiceCalls']['vc-1'].hex}"
    shown = await client.data("GET", f"voice-calls/{call}")
    survey = {
        "voiceCallId": call, "state": "Completed", "completionReason": "AllAnswered", "totalQuestions": 3,
        "questionsAnswered": 3, "calculatedScore": 85.5,
        "responses": [{"question": "How satisfied are you?", "answer": "Very satisfied", "score": 5.0}],
    }  # fmt: skip
    assert shown == {
        "id": call, "campaignId": f"camp_{ids['campaigns']['camp-1'].hex}", "direction": "Outbound",
        "state": "Completed", "startTime": "2026-03-02T09:00:00Z", "endTime": "2026-03-02T09:05:12Z",
        "durationSeconds": 312, "talkTimeSeconds": 287, "outcome": "Successful",
        "transcript": [{"role": "agent", "text": "Hello", "timestamp": "00:00:01"}], "epaResults": survey,
        "createdAt": shown["createdAt"],
    }  # fmt: skip
    listed = (await client.data("GET", "voice-calls"))[0]
    assert listed == shown | {"transcript": None, "epaResults": None}
    assert await client.data("GET", f"voice-calls/{call}/epa-results") == survey
    refused(await client("GET", f"voice-calls/{call}/recording-url"), 404, "RESOURCE_NOT_FOUND")


@pytest.mark.accepts("AU-090", "AU-092", "AU-093")
async def test_a_recording_of_a_bot_is_a_voice_call_too(
    client: Client, intake: submit.Intake, tmp_path: Path
) -> None:
    made = await completed(client.platform, intake, client.org, tmp_path, ai_call=True)
    call = await client.data("GET", f"voice-calls/vc_{made.hex}")
    assert (call["state"], call["durationSeconds"]) == ("Completed", 13)
    assert call["transcript"] == [{"role": "agent", "text": "Good morning.", "timestamp": "00:00:00"}]
    assert call["epaResults"]["state"] == "NotStarted"
    none = await client.data("GET", f"voice-calls/vc_{made.hex}/epa-results")
    assert none == {
        "voiceCallId": f"vc_{made.hex}", "state": "NotStarted", "completionReason": None, "totalQuestions": 0,
        "questionsAnswered": 0, "calculatedScore": None, "responses": [],
    }  # fmt: skip
    link = await client.data("GET", f"voice-calls/vc_{made.hex}/recording-url")
    assert (await client.http.get(local(link["url"]))).content == b"audio"
    thread = await client.data("GET", f"conversations/conv_{made.hex}")
    assert (thread["type"], thread["messageCount"]) == ("voice", 1)
    await erase.erase(client.platform.database, client.platform.vault, OPERATOR, client.org, made, "live")
    refused(await client("GET", f"voice-calls/vc_{made.hex}"), 404, "RESOURCE_NOT_FOUND")
    refused(await client("GET", f"conversations/conv_{made.hex}"), 404, "RESOURCE_NOT_FOUND")


async def test_a_voice_call_with_its_recording(client: Client, intake: submit.Intake, tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_bytes(AUDIO)
    entry = FILE["voiceCalls"][0] | {"recordingFile": "call.wav"}
    ids = await imported(client, FILE | {"voiceCalls": [entry]}, tmp_path)
    call = ids["voiceCalls"]["vc-1"]
    link = await client.data("GET", f"voice-calls/vc_{call.hex}/recording-url")
    assert (await client.http.get(local(link["url"]))).content == AUDIO
    file = await client.data("GET", f"audio-files/af_{call.hex}")
    assert (file["isAICall"], file["processingState"]) == (True, "Pending")
    await finish(client, intake, f"af_{call.hex}", tmp_path)
    assert (await imported(client, FILE | {"voiceCalls": [entry]}, tmp_path)) == ids
    assert len(await client.data("GET", "audio-files")) == 1


async def test_a_recording_whose_import_broke_off_is_taken_by_the_next(
    client: Client, intake: submit.Intake, tmp_path: Path
) -> None:
    (tmp_path / "call.wav").write_bytes(AUDIO)
    call = (await imported(client))["voiceCalls"]["vc-1"]
    await waiting.open_file(intake, client.org, None, waiting.Told("call.wav"), call)
    entry = FILE["voiceCalls"][0] | {"recordingFile": "call.wav"}
    for _ in range(2):
        await imported(client, FILE | {"voiceCalls": [entry]}, tmp_path)
        file = await client.data("GET", f"audio-files/af_{call.hex}")
        assert (file["isAICall"], file["processingState"]) == (True, "Pending")
    async with client.platform.database.tenant(client.org) as session:
        assert await session.scalar(text("SELECT count(*) FROM analyses WHERE medium = 'voice'")) == 1


async def test_the_same_file_again_changes_nothing_and_another_what_it_names(client: Client) -> None:
    first, second = await asyncio.gather(imported(client), imported(client))
    assert first == second == await imported(client)
    for table, many in (("conversations", 2), ("conversation_messages", 4), ("surveys", 1), ("analyses", 1)):
        assert await count(client.platform.database, table, client.org) == many, table
    renamed = {"campaigns": [FILE["campaigns"][0] | {"name": "Renewals 2027", "status": "paused"}]}
    assert (await imported(client, renamed))["campaigns"] == first["campaigns"]
    shown = await client.data("GET", "campaigns")
    assert [(one["name"], one["status"], one["startDate"]) for one in shown] == [
        ("Renewals 2027", "paused", "2026-01-01")
    ]


async def test_a_chat_is_held_against_the_same_scorecards(client: Client, intake: submit.Intake) -> None:
    ids = await imported(client)
    platform = client.platform
    async with platform.database.tenant(client.org) as session:
        analysis_id = await session.scalar(text("SELECT id FROM analyses"))
        found = await queries.find(session, analysis_id)
        assert found
        assert found.transcript
        heard = Transcript.model_validate(json.loads(found.transcript))
    assert [(one.speaker, one.start, one.end) for one in heard.segments] == [
        ("customer", 0.0, 5.0), ("agent", 30.0, 35.0), ("customer", 60.0, 65.0),
    ]  # fmt: skip
    assert await waiting_jobs(platform.database, str(analysis_id)) == 1
    claim = await claimed(intake, client.org, analysis_id)
    async with platform.database.tenant(client.org) as session:
        await lifecycle.complete(session, claim, heard, EVALUATION, ProcessingDocument(), platform.links)
    assert await client.data("GET", "audio-files") == []  # it is no recording
    assert await client.data("GET", "evaluations") == []
    assert await imported(client) == ids
    more = FILE["conversations"][0]["messages"] + [
        {"role": "agent", "content": "Done.", "timestamp": "2026-03-01T10:02:00Z"}
    ]
    await imported(client, FILE | {"conversations": [FILE["conversations"][0] | {"messages": more}]})
    async with platform.database.tenant(client.org) as session:
        assert await session.scalar(text("SELECT status FROM analyses")) == "queued"
    claim = await claimed(intake, client.org, analysis_id)
    async with platform.database.tenant(client.org) as session:
        await lifecycle.complete(session, claim, heard, EVALUATION, ProcessingDocument(), platform.links)
    assert await count(platform.database, "evaluations", client.org) == 2
    assert (await client.data("GET", "usage/summary"))["usage"]["calls"]["used"] == 0


async def test_what_is_sensitive_is_not_kept_where_the_organisation_says_so(client: Client) -> None:
    async with client.platform.database.operator() as session:
        await session.execute(
            text("UPDATE organisations SET redaction = :what WHERE id = :org"),
            {"what": json.dumps({"transcript": ["email"], "audio": False}), "org": client.org},
        )
    await imported(client)
    async with client.platform.database.tenant(client.org) as session:
        kept = (await session.scalars(text("SELECT content FROM conversation_messages ORDER BY 1"))).all()
        told = await session.scalar(text("SELECT document::text FROM transcripts"))
    assert "example.com" not in str(kept) + str(told)
    assert any("[email]" in one for one in kept)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"campaigns": [FILE["campaigns"][0] | {"callCenter": "nowhere"}]}, "campaigns[0]"),
        ({"voiceCalls": [FILE["voiceCalls"][0] | {"recordingFile": "gone.wav"}]}, "voiceCalls[0]"),
        ({"conversations": [FILE["conversations"][0] | {"executive": "nobody"}]}, "conversations[0]"),
    ],
)
async def test_entries_that_name_nothing(client: Client, changed: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        await imported(client, FILE | changed)
    assert refusal.value.detail.startswith(where)


@pytest.mark.accepts("AU-100", "AU-101")
async def test_campaigns(client: Client, intake: submit.Intake, platform: Platform) -> None:
    ids = await imported(client)
    queue = ids["campaigns"]["camp-1"]
    await completed(platform, intake, client.org, queue_id=queue)
    shown = await client.data("GET", f"campaigns/camp_{queue.hex}")
    assert shown == {
        "id": f"camp_{queue.hex}", "name": "Renewals", "description": None, "type": "outbound",
        "status": "active", "callCenterId": f"cc_{ids['callCenters']['cc-1'].hex}", "startDate": "2026-01-01",
        "endDate": None, "audioFileCount": 1, "evaluationCount": 1, "averageNote": 82.0,
        "createdAt": shown["createdAt"], "updatedAt": shown["updatedAt"],
    }  # fmt: skip
    center = shown["callCenterId"]
    for query, found in (
        ("status=active", 1), ("status=paused", 0), ("search=newal", 1), ("search=%25", 0),
        (f"callCenterId={center}", 1), (f"callCenterId=cc_{'0' * 32}", 0),
    ):  # fmt: skip
        assert len(await client.data("GET", f"campaigns?{query}")) == found, query


@pytest.mark.accepts("AU-070", "AU-071", "AU-072", "AU-073")
async def test_engagements(client: Client) -> None:
    wanted = {"name": "Acme", "description": "Yearly", "type": "renewal"}
    made = await client.data("POST", "engagements", wanted, 201)
    assert made == {
        "id": made["id"], "name": "Acme", "description": "Yearly", "type": "renewal", "status": "active",
        "evaluationCount": 0, "createdAt": made["createdAt"], "updatedAt": made["updatedAt"],
    }  # fmt: skip
    assert await client.data("GET", f"engagements/{made['id']}") == made
    changed = await client.data(
        "PATCH", f"engagements/{made['id']}", {"status": "archived", "description": None}
    )
    assert (changed["status"], changed["description"], changed["name"]) == ("archived", None, "Acme")
    for query, found in (
        ("status=archived", 1), ("status=active", 0), ("type=renewal", 1), ("type=x", 0), ("search=acm", 1),
        ("search=x", 0),
    ):  # fmt: skip
        assert len(await client.data("GET", f"engagements?{query}")) == found, query
    path = f"engagements/{made['id']}"
    for body, field in (
        ({}, "body"),
        ({"name": ""}, "name"),
        ({"status": "gone"}, "status"),
        ({"name": None}, "name"),
    ):
        refused(await client("PATCH", path, body), 400, "VALIDATION_ERROR", field)
    for body, field in (
        ({"type": "x"}, "name"),
        ({"name": "x"}, "type"),
        ({"name": "x" * 201, "type": "x"}, "name"),
    ):
        refused(await client("POST", "engagements", body), 400, "VALIDATION_ERROR", field)
    refused(await client("PATCH", f"engagements/eng_{'0' * 32}", {"name": "x"}), 404, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize(
    "path",
    [
        "conversations/{conv}", "conversations/{conv}/messages", "voice-calls/{vc}",
        "voice-calls/{vc}/epa-results", "voice-calls/{vc}/recording-url", "campaigns/{camp}",
    ],
)  # fmt: skip
async def test_what_is_not_there_or_another_organisations(client: Client, new_org: Any, path: str) -> None:
    ids = await imported(client)
    mine = {
        "conv": ids["conversations"]["chat-1"], "vc": ids["voiceCalls"]["vc-1"],
        "camp": ids["campaigns"]["camp-1"],
    }  # fmt: skip
    other = await stranger(client, await new_org())
    wrong = path.format(**{name: f"{name}_{one.hex}" for name, one in mine.items()})
    refused(await other("GET", wrong), 404, "RESOURCE_NOT_FOUND")
    unknown = path.format(**{name: f"{name}_{uuid.uuid4().hex}" for name in mine})
    refused(await client("GET", unknown), 404, "RESOURCE_NOT_FOUND")
