"""Surveys after calls over REST, one by one and as CSV files."""

import asyncio
import uuid
from typing import Any

import httpx2
import pytest

from calltrace.analyses import submit, survey_lines
from calltrace.api import surveys as surveys_api
from calltrace.db.session import Database
from database.analyses.factory import submitted
from database.api.conftest import Api, refused
from database.api.test_conversations_api import CALL, CHAT
from database.conftest import Caller, count

ANSWERS = [
    {"question": "How satisfied are you?", "answer": "Very", "score": 5},
    {"question": "Was it solved?", "answer": "Mostly", "score": 4},
    {"question": "Anything else?", "answer": None, "score": None},
]
HEADER = "externalId,callExternalId,answer: Happy?,score: Happy?,answeredAt\n"


async def _sent(api: httpx2.AsyncClient, caller: Caller, content: str | bytes, kind: str = "text/csv") -> Any:
    headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": kind}
    return await api.post("/api/v1/surveys/import", content=content, headers=headers)


async def _calls(intake: submit.Intake, org: uuid.UUID, many: int) -> list[uuid.UUID]:
    return [await submitted(intake, org, external_id=f"crm-{n}") for n in range(many)]


async def test_a_survey_is_put_down_found_put_in_place_and_deleted(
    call: Api, caller: Caller, database: Database, intake: submit.Intake
) -> None:
    [analysis] = await _calls(intake, caller.org_id, 1)
    answer = await call("POST", "surveys", {"externalId": "s", "callId": str(analysis), "responses": ANSWERS})
    made = answer.json()
    assert answer.status_code == 201, made
    assert made == {
        "id": made["id"], "externalId": "s", "callId": str(analysis), "conversationId": None,
        "state": "partial", "completionReason": None, "totalQuestions": 3, "questionsAnswered": 2,
        "score": 4.5, "responses": ANSWERS, "answeredAt": None, "createdAt": made["createdAt"],
    }  # fmt: skip
    path = f"surveys/{made['id']}"
    assert answer.headers["location"] == f"/api/v1/{path}"
    assert (await call("GET", path)).json() == made
    told = {
        "callExternalId": "crm-0", "externalId": "s", "score": 80, "state": "completed",
        "completionReason": "hangUp", "answeredAt": "2026-03-01T10:00:00+01:00",
    }  # fmt: skip
    again = await asyncio.gather(*(call("POST", "surveys", told) for _ in range(3)))
    assert {one.status_code for one in again} == {200}
    changed = (await call("GET", path)).json()
    assert (changed["score"], changed["state"], changed["answeredAt"]) == (
        80, "completed", "2026-03-01T09:00:00.000Z",
    )  # fmt: skip
    for query, found in (
        ("", 1), ("externalId=s", 1), ("externalId=t", 0), (f"callId={analysis}", 1), ("state=partial", 0),
        (f"callId={uuid.uuid4()}", 0), (f"conversationId={uuid.uuid4()}", 0), ("to=2020-01-01T00:00:00Z", 0),
    ):  # fmt: skip
        assert len((await call("GET", f"surveys?{query}")).json()["data"]) == found, query
    assert (await call("DELETE", path)).status_code == 204
    refused(await call("GET", path), 404, "not_found")
    refused(await call("DELETE", path), 404, "not_found")
    assert await count(database, "analyses", caller.org_id) == 1


async def test_a_call_has_one_survey_however_it_is_named(call: Api) -> None:
    chat, voice = await call.made("conversations", **CHAT), await call.made("voice-calls", **CALL)
    made = await call.made("surveys", externalId="s", conversationId=chat["id"], score=1)
    assert made["callId"] == chat["analysisId"]
    for about in ({"callId": chat["analysisId"]}, {"callExternalId": "chat-1"}):
        assert (await call("POST", "surveys", about | {"score": 2})).json()["id"] == made["id"]
    refused(
        await call("POST", "surveys", {"externalId": "t", "callExternalId": "chat-1"}),
        409, "already_exists", "/externalId",
    )  # fmt: skip
    refused(
        await call("POST", "surveys", {"externalId": "s", "conversationId": voice["id"]}),
        409, "already_exists", "/externalId",
    )  # fmt: skip
    assert len((await call("GET", f"surveys?conversationId={chat['id']}")).json()["data"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""), ({"callId": str(uuid.uuid4()), "callExternalId": "x"}, ""),
        ({"callId": str(uuid.uuid4())}, "/callId"),
        ({"conversationId": str(uuid.uuid4())}, "/conversationId"),
        ({"callExternalId": "nobody"}, "/callExternalId"), ({"callExternalId": ""}, "/callExternalId"),
        ({"callExternalId": "x", "state": "Completed"}, "/state"),
        ({"callExternalId": "x", "score": "5"}, "/score"),
        ({"callExternalId": "x", "totalQuestions": -1}, "/totalQuestions"),
        ({"callExternalId": "x", "responses": [{"question": ""}]}, "/responses/0/question"),
    ],
)  # fmt: skip
async def test_surveys_that_are_wrong(call: Api, body: dict[str, Any], field: str) -> None:
    answer = await call("POST", "surveys", body)
    refused(answer, 400, "invalid_request")
    assert field in [one["pointer"] for one in answer.json()["errors"]]


async def test_a_call_that_is_not_the_only_one_of_its_name(
    call: Api, caller: Caller, intake: submit.Intake
) -> None:
    for _ in range(2):
        await submitted(intake, caller.org_id, external_id="twice")
    answer = await call("POST", "surveys", {"callExternalId": "twice"})
    refused(answer, 400, "invalid_request", "/callExternalId")
    assert "names 2 calls" in answer.json()["detail"]


@pytest.mark.parametrize("delimiter", [",", ";"])
async def test_a_file_is_taken_in_and_the_same_again_makes_nothing_twice(
    call: Api, api: httpx2.AsyncClient, caller: Caller, intake: submit.Intake, delimiter: str
) -> None:
    await _calls(intake, caller.org_id, 3)
    lines = [
        HEADER, 's-0,crm-0,"Very\nvery ""good""",5,2026-03-01T10:00:00Z\n', "\n", "s-1,crm-1,,,\n",
        "s-2,crm-2,Yes,,\n",
    ]  # fmt: skip
    content = "\ufeff" + "".join(lines).replace(",", delimiter)
    answer = await _sent(api, caller, content, "text/csv; charset=utf-8")
    assert (answer.status_code, answer.json()) == (200, {"created": 3, "updated": 0})
    assert (await _sent(api, caller, content)).json() == {"created": 0, "updated": 3}
    shown = (await call("GET", "surveys?externalId=s-0")).json()["data"][0]
    assert shown["responses"] == [{"question": "Happy?", "answer": 'Very\nvery "good"', "score": 5}]
    assert (shown["state"], shown["score"]) == ("completed", 5)
    assert (await call("GET", "surveys?state=notStarted")).json()["data"][0]["externalId"] == "s-1"
    assert len((await call("GET", "surveys")).json()["data"]) == 3


async def test_one_wrong_line_and_nothing_is_taken_in(
    api: httpx2.AsyncClient, caller: Caller, intake: submit.Intake, database: Database
) -> None:
    await _calls(intake, caller.org_id, 2)
    content = HEADER + (
        's-0,crm-0,"two\nlines",5,\n'  # lines 2 and 3
        "s-1,nobody,,,\n"
        "s-2,crm-1,,five,\n"
        "s-3,crm-1,,,yesterday\n"
        "s-4,crm-1\n"
        "s-0,crm-0,again,,\n"
    )
    answer = await _sent(api, caller, content)
    refused(answer, 400, "invalid_request")
    told = {one["pointer"]: one["detail"] for one in answer.json()["errors"]}
    assert list(told) == [
        "/lines/5/score: Happy?", "/lines/6/answeredAt", "/lines/7", "/lines/4/callExternalId", "/lines/8",
    ]  # fmt: skip
    assert told["/lines/8"] == "Line 8: The survey of line 2 comes again."
    assert told["/lines/6/answeredAt"] == "Line 6: answeredAt: Not an ISO-8601 time."
    assert await count(database, "surveys", caller.org_id) == 0


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 1), (b"callExternalId,colour\nx,red\n", 1), (b"callId,callId\n", 1),
        (b'callExternalId\n"never closed\n', 2), (b'callExternalId\nx"y\n"z"w\n', 3),
    ],
)  # fmt: skip
async def test_files_that_are_none(
    api: httpx2.AsyncClient, caller: Caller, content: bytes, line: int
) -> None:
    answer = await _sent(api, caller, content)
    refused(answer, 400, "invalid_request")
    assert answer.json()["errors"][0]["pointer"].startswith(f"/lines/{line}")


async def test_limits_of_files(
    api: httpx2.AsyncClient, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(await _sent(api, caller, HEADER, "application/json"), 400, "unsupported_content_type")
    refused(await _sent(api, caller, b"callId\n" + b"\xff\n"), 400, "invalid_request")
    monkeypatch.setattr(survey_lines, "MOST_LINES", 3)
    refused(await _sent(api, caller, HEADER + "x,,,,\n" * 4), 413, "request_too_large")
    monkeypatch.setattr(surveys_api, "MOST_BYTES", 10)
    refused(await _sent(api, caller, HEADER), 413, "request_too_large")
