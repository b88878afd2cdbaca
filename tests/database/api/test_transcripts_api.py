"""Transcripts by API: four formats, chosen by parameter or Accept, and what there is before there is one."""

import json
import uuid
from typing import Any

import httpx2
import pytest

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import lifecycle
from calltrace.analyses.document import ErrorDocument
from calltrace.analyses.erase import erase
from calltrace.analyses.submit import Intake
from calltrace.api import analyses
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.analyses.factory import TRANSCRIPT, claimed, completed, heard, submitted
from database.api.asking import auth, problem_of
from database.conftest import Caller, new_token

TEXTS = {
    "txt": "[00:00] Agent: Good morning.\n",
    "srt": "1\n00:00:00,500 --> 00:00:02,000\nAgent: Good morning.\n",
    "vtt": "WEBVTT\n\n1\n00:00:00.500 --> 00:00:02.000\n<v Agent>Good morning.\n",
}
TYPES = {
    "json": "application/json", "txt": "text/plain; charset=utf-8", "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
}  # fmt: skip


@pytest.fixture
async def path(platform: Platform, intake: Intake, caller: Caller) -> str:
    analysis_id = await completed(platform, intake, caller.org_id, file_name="Gespräch 7.mp3")
    return f"/api/v1/analyses/{analysis_id}/transcript"


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.accepts("CT-083")
async def test_each_format_with_its_type_and_file_name(
    api: httpx2.AsyncClient, caller: Caller, path: str, name: str
) -> None:
    answer = await api.get(f"{path}?format={name}", headers=auth(caller.token))
    assert (answer.status_code, answer.headers["content-type"]) == (200, TYPES[name])
    assert answer.headers["vary"] == "Accept"
    assert answer.headers["content-disposition"] == (
        f"attachment; filename=\"Gespr_ch 7.{name}\"; filename*=UTF-8''Gespr%C3%A4ch%207.{name}"
    )
    if name == "json":
        assert answer.json() == TRANSCRIPT.model_dump(mode="json")
    else:
        assert answer.text == TEXTS[name]


ACCEPTED = {
    "absent": (None, "json"),
    "anything": ("*/*", "json"),
    "plain text": ("text/plain", "txt"),
    "subtitles": ("text/vtt", "vtt"),
    "SubRip": ("application/x-subrip", "srt"),
    "SubRip under another name": ("text/srt", "srt"),
    "what is liked best": ("application/json;q=0.1, text/vtt;q=0.8, text/plain;q=0.5", "vtt"),
}


@pytest.mark.parametrize(("accept", "name"), ACCEPTED.values(), ids=ACCEPTED)
async def test_accept_chooses(
    api: httpx2.AsyncClient, caller: Caller, path: str, accept: str | None, name: str
) -> None:
    request = api.build_request("GET", path, headers=auth(caller.token))
    del request.headers["accept"]
    if accept:
        request.headers["accept"] = accept
    assert (await api.send(request)).headers["content-type"] == TYPES[name]


async def test_the_parameter_wins_over_accept(api: httpx2.AsyncClient, caller: Caller, path: str) -> None:
    headers = auth(caller.token) | {"Accept": "image/png"}
    answer = await api.get(f"{path}?format=vtt", headers=headers)
    assert answer.headers["content-type"] == TYPES["vtt"]


async def test_what_cannot_be_had_is_refused(api: httpx2.AsyncClient, caller: Caller, path: str) -> None:
    headers = auth(caller.token)
    for query in ("format=docx", "format=", "format=json&format=txt", "colour=red"):
        problem = problem_of(await api.get(f"{path}?{query}", headers=headers), 400, "invalid_request")
        assert problem["errors"][0]["pointer"] == "/" + query.partition("=")[0]
    for accept in ("image/png", "application/json;q=0, text/html"):
        answer = await api.get(path, headers=headers | {"Accept": accept})
        problem_of(answer, 406, "not_acceptable")


async def test_before_there_is_one_it_is_not_ready(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, intake: Intake
) -> None:
    analysis_id = await submitted(intake, caller.org_id)
    path = f"/api/v1/analyses/{analysis_id}/transcript"
    problem_of(await api.get(path, headers=auth(caller.token)), 409, "transcript_not_ready")
    claim = await claimed(intake, caller.org_id, analysis_id)
    problem_of(await api.get(path, headers=auth(caller.token)), 409, "transcript_not_ready")
    await heard(platform, claim)
    assert (await api.get(path, headers=auth(caller.token))).status_code == 200, "evaluation may still run"


async def test_once_it_will_never_come_it_is_not_found(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, intake: Intake
) -> None:
    claim = await claimed(intake, caller.org_id, await submitted(intake, caller.org_id))
    error = ErrorDocument(code="unsupported_media", message="No audio.", stage="decoding", retryable=False)
    async with platform.database.tenant(caller.org_id) as session:
        await lifecycle.fail(session, claim, error, platform.links)
    path = f"/api/v1/analyses/{claim.analysis_id}/transcript"
    problem_of(await api.get(path, headers=auth(caller.token)), 404, "not_found")


async def test_only_who_may_read_and_only_their_own(
    api: httpx2.AsyncClient, caller: Caller, path: str, database: Database, new_org: Any
) -> None:
    other_scopes = await new_token(database, caller.org_id, ("analysis:write", "calls:read"))
    problem_of(await api.get(path, headers=auth(other_scopes)), 403, "insufficient_scope")
    for stranger in (
        await new_token(database, await new_org()),
        await new_token(database, caller.org_id, mode="test"),
    ):
        problem_of(await api.get(path, headers=auth(stranger)), 404, "not_found")
    for name in ("nope", uuid.uuid4()):
        answer = await api.get(f"/api/v1/analyses/{name}/transcript", headers=auth(caller.token))
        problem_of(answer, 404, "not_found")


async def test_erased_it_is_gone(
    api: httpx2.AsyncClient, caller: Caller, path: str, platform: Platform
) -> None:
    analysis_id = uuid.UUID(path.split("/")[-2])
    await erase(platform.database, platform.vault, OPERATOR, caller.org_id, analysis_id, "live")
    problem_of(await api.get(path, headers=auth(caller.token)), 404, "not_found")


async def test_openapi_names_a_schema_that_exists(api: httpx2.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    operation = document["paths"]["/api/v1/analyses/{analysis_id}/transcript"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    assert schema.rsplit("/", 1)[1] in document["components"]["schemas"], json.dumps(schema)
    assert {"200", "400", "401", "403", "404", "406", "409"} <= operation["responses"].keys()


async def test_numbers_of_any_size_are_shown_with_the_results(
    api: httpx2.AsyncClient, platform: Platform, intake: Intake, caller: Caller
) -> None:
    """Where transcripts are passed on as they are: such a call was an error 500 once it was heard."""
    metadata = {"number": 2**70, "nested": [10**30, 1.5]}
    analysis_id = await completed(platform, intake, caller.org_id, metadata=metadata)
    one = await api.get(f"/api/v1/analyses/{analysis_id}", headers=auth(caller.token))
    assert one.json()["metadata"] == metadata
    assert one.json()["transcript"] == TRANSCRIPT.model_dump(mode="json")
    listed = await api.get("/api/v1/analyses", headers=auth(caller.token))
    assert listed.json() == {"data": [one.json()], "nextCursor": None}


async def test_a_long_list_is_sent_as_it_is_read_and_is_the_same(
    api: httpx2.AsyncClient,
    platform: Platform,
    intake: Intake,
    caller: Caller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard_one = await completed(platform, intake, caller.org_id)
    for _ in range(4):
        await submitted(intake, caller.org_id)
    whole = await api.get("/api/v1/analyses?limit=4", headers=auth(caller.token))
    monkeypatch.setattr(analyses, "_AT_ONCE", 2)
    sent = await api.get("/api/v1/analyses?limit=4", headers=auth(caller.token))
    assert sent.json() == whole.json()
    assert ("content-length" in whole.headers, "content-length" in sent.headers) == (True, False)
    assert sent.headers["content-type"] == "application/json"
    following = await api.get(
        f"/api/v1/analyses?limit=4&cursor={sent.json()['nextCursor']}", headers=auth(caller.token)
    )
    assert [one["analysisId"] for one in following.json()["data"]] == [str(heard_one)]
    assert following.json()["nextCursor"] is None
