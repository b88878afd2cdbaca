"""Calls by API: that they took place and how they sounded, and no word of what was said (CT-026)."""

import json
import uuid
from pathlib import Path
from typing import Any

import httpx2
import pytest

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses.erase import erase
from calltrace.analyses.submit import Intake
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.analyses.factory import claimed, completed, recorded, submitted
from database.api.asking import auth, problem_of
from database.conftest import Caller, new_token

CONTENT = bytes(range(256)) * 800
FIELDS = {
    "aiCall", "callCenterId", "calledAt", "contactId", "engagementId", "medium", "projectId",
    "callId", "analysisId", "externalId", "fileName", "createdAt", "status", "durationSeconds", "agentId",
    "queueId", "recordingUrl", "playbackUrl", "channels", "sampleRate", "metrics", "marks", "metadata",
}  # fmt: skip


@pytest.fixture
async def token(database: Database, caller: Caller) -> str:
    return await new_token(database, caller.org_id, ("calls:read",))


@pytest.mark.accepts("CT-026")
async def test_a_call_shows_its_metadata_and_not_a_word(
    api: httpx2.AsyncClient, caller: Caller, token: str, platform: Platform, intake: Intake, tmp_path: Path
) -> None:
    call_id = await completed(
        platform, intake, caller.org_id, tmp_path, external_id="crm-1", file_name="call.mp3",
        metadata={"a": [1]},
    )  # fmt: skip
    answer = await api.get(f"/api/v1/calls/{call_id}", headers=auth(token))
    shown = answer.json()
    assert answer.status_code == 200
    assert shown.keys() == FIELDS
    assert (shown["callId"], shown["analysisId"]) == (str(call_id), str(call_id))
    assert (shown["externalId"], shown["fileName"], shown["metadata"]) == ("crm-1", "call.mp3", {"a": [1]})
    assert (shown["status"], shown["durationSeconds"], shown["channels"]) == ("completed", 12.5, 2)
    assert shown["metrics"]["talkSeconds"]["agent"] > 0
    whole = json.dumps((await api.get("/api/v1/calls", headers=auth(token))).json())
    for word in ("Good morning", "A call.", "transcript", "evaluation", "score", "segments"):
        assert word not in whole
        assert word not in answer.text


@pytest.mark.accepts("CT-023", "CT-026")
async def test_the_scope_opens_calls_and_nothing_else(
    api: httpx2.AsyncClient, caller: Caller, token: str, intake: Intake, database: Database
) -> None:
    call_id = await submitted(intake, caller.org_id)
    reader = await new_token(database, caller.org_id, ("analysis:read", "analysis:write"))
    parts = [f"calls/{call_id}/{part}" for part in ("recording", "playback", "peaks")]
    for path in ("calls", f"calls/{call_id}", *parts):
        problem_of(await api.get(f"/api/v1/{path}", headers=auth(reader)), 403, "insufficient_scope")
        problem_of(await api.get(f"/api/v1/{path}"), 401, "unauthorized")
    for path in ("analyses", f"analyses/{call_id}", f"analyses/{call_id}/transcript"):
        problem_of(await api.get(f"/api/v1/{path}", headers=auth(token)), 403, "insufficient_scope")


async def test_the_list_has_the_filters_and_pages_of_analyses(
    api: httpx2.AsyncClient, caller: Caller, token: str, intake: Intake
) -> None:
    made = [str(await submitted(intake, caller.org_id, external_id=f"e{n}")) for n in range(5)]
    seen: list[str] = []
    query = "limit=2"
    while query:
        page = (await api.get(f"/api/v1/calls?{query}", headers=auth(token))).json()
        seen += [one["callId"] for one in page["data"]]
        query = f"limit=2&cursor={page['nextCursor']}" if page["nextCursor"] else ""
    assert seen == made[::-1]
    found = await api.get("/api/v1/calls?status=queued&externalId=e3", headers=auth(token))
    assert [one["callId"] for one in found.json()["data"]] == [made[3]]
    none = await api.get("/api/v1/calls?status=failed&externalId=e3", headers=auth(token))
    assert none.json() == {"data": [], "nextCursor": None}
    for query in ("status=done", "limit=0", "colour=red", "cursor=zzz", "from=yesterday"):
        answer = await api.get(f"/api/v1/calls?{query}", headers=auth(token))
        problem_of(answer, 400, "invalid_request")


@pytest.fixture
async def path(platform: Platform, intake: Intake, caller: Caller, tmp_path: Path) -> str:
    claim = await claimed(intake, caller.org_id, await submitted(intake, caller.org_id))
    await recorded(platform, claim, tmp_path, CONTENT)
    return f"/api/v1/calls/{claim.analysis_id}/recording"


async def test_the_recording_is_heard_with_the_key(api: httpx2.AsyncClient, token: str, path: str) -> None:
    whole = await api.get(path, headers=auth(token))
    assert (whole.status_code, whole.content) == (200, CONTENT)
    assert (whole.headers["content-type"], whole.headers["accept-ranges"]) == ("audio/wav", "bytes")
    part = await api.get(path, headers=auth(token) | {"Range": "bytes=70000-70009"})
    assert (part.status_code, part.content) == (206, CONTENT[70000:70010])
    assert part.headers["content-range"] == f"bytes 70000-70009/{len(CONTENT)}"
    head = await api.head(path, headers=auth(token))
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(CONTENT)))
    outside = await api.get(path, headers=auth(token) | {"Range": "bytes=999999-"})
    problem_of(outside, 416, "range_not_satisfiable")


async def test_a_call_that_was_not_fetched_yet_has_no_recording(
    api: httpx2.AsyncClient, caller: Caller, token: str, intake: Intake
) -> None:
    call_id = await submitted(intake, caller.org_id)
    answer = await api.get(f"/api/v1/calls/{call_id}/recording", headers=auth(token))
    problem_of(answer, 404, "not_found")
    shown = (await api.get(f"/api/v1/calls/{call_id}", headers=auth(token))).json()
    assert (shown["status"], shown["recordingUrl"], shown["durationSeconds"]) == ("queued", None, None)


async def test_only_their_own(
    api: httpx2.AsyncClient, caller: Caller, path: str, database: Database, new_org: Any
) -> None:
    call_id = path.split("/")[-2]
    for stranger in (
        await new_token(database, await new_org(), ("calls:read",)),
        await new_token(database, caller.org_id, ("calls:read",), mode="test"),
    ):
        for one in (f"/api/v1/calls/{call_id}", path):
            problem_of(await api.get(one, headers=auth(stranger)), 404, "not_found")
        assert (await api.get("/api/v1/calls", headers=auth(stranger))).json()["data"] == []


@pytest.mark.parametrize("name", ["nope", "6f6af4bb-4f23-4f3f-a87e-85f2f8322dc1"])
async def test_what_does_not_exist_is_404(api: httpx2.AsyncClient, token: str, name: str) -> None:
    for part in ("", "/recording", "/playback", "/peaks"):
        answer = await api.get(f"/api/v1/calls/{name}{part}", headers=auth(token))
        problem_of(answer, 404, "not_found")


async def test_erased_it_is_gone(
    api: httpx2.AsyncClient, caller: Caller, token: str, path: str, platform: Platform
) -> None:
    call_id = uuid.UUID(path.split("/")[-2])
    await erase(platform.database, platform.vault, OPERATOR, caller.org_id, call_id, "live")
    for one in (f"/api/v1/calls/{call_id}", path):
        problem_of(await api.get(one, headers=auth(token)), 404, "not_found")
    assert (await api.get("/api/v1/calls", headers=auth(token))).json()["data"] == []
