"""Evaluating again by API, and reading all evaluations of a call."""

import uuid
from typing import Any

import httpx2
import pytest

from calltrace.analyses import evaluation_work
from calltrace.analyses.document import ErrorDocument
from calltrace.analyses.submit import Intake
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.scorecards.catalogue import default_scorecard
from database.analyses.factory import EVALUATION, completed, submitted
from database.api.asking import auth, problem_of
from database.conftest import Caller, count, new_token
from database.scorecards.factory import stored


@pytest.fixture
async def analysis_id(platform: Platform, intake: Intake, caller: Caller) -> uuid.UUID:
    return await completed(platform, intake, caller.org_id)


@pytest.fixture
def path(analysis_id: uuid.UUID) -> str:
    return f"/api/v1/analyses/{analysis_id}/evaluations"


async def _made(platform: Platform, org: uuid.UUID, evaluation_id: str, score: float) -> None:
    async with platform.database.tenant(org) as session:
        material = await evaluation_work.claim(session, org, uuid.UUID(evaluation_id))
        assert material
        evaluation = EVALUATION.model_copy(update={"score": score})
        await evaluation_work.complete(session, material.claim, evaluation)


async def test_the_202_and_what_becomes_of_it(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, path: str, analysis_id: uuid.UUID
) -> None:
    answer = await api.post(path, headers=auth(caller.token))
    accepted = answer.json()
    assert answer.status_code == 202
    assert accepted.keys() == {"evaluationId", "analysisId", "status", "createdAt"}
    assert (accepted["analysisId"], accepted["status"]) == (str(analysis_id), "queued")
    one = f"{path}/{accepted['evaluationId']}"
    shipped = default_scorecard()
    reference = {"id": str(shipped.id), "name": shipped.name, "version": shipped.version}
    shown = (await api.get(one, headers=auth(caller.token))).json()
    assert shown == accepted | {
        "completedAt": None, "scorecard": reference, "score": None, "passed": None, "evaluation": None,
        "error": None,
    }  # fmt: skip
    await _made(platform, caller.org_id, accepted["evaluationId"], 41.5)
    shown = (await api.get(one, headers=auth(caller.token))).json()
    assert (shown["status"], shown["score"], shown["passed"]) == ("completed", 41.5, True)
    assert shown["completedAt"] >= shown["createdAt"]
    assert shown["evaluation"]["summary"] == "A call."
    analysis = await api.get(f"/api/v1/analyses/{analysis_id}", headers=auth(caller.token))
    assert analysis.json()["evaluation"] == shown["evaluation"]


BODIES: dict[str, dict[str, Any]] = {
    "none": {},
    "an empty object": {"json": {}},
    "null": {"json": {"scorecardId": None}},
    "unknown fields": {"json": {"colour": "red"}},
    "no body of a type": {"headers": {"Content-Type": "text/plain"}},
}


@pytest.mark.parametrize("sent", BODIES.values(), ids=BODIES)
async def test_the_body_may_be_left_out(
    api: httpx2.AsyncClient, caller: Caller, path: str, sent: dict[str, Any]
) -> None:
    headers = auth(caller.token) | sent.get("headers", {})
    answer = await api.post(path, **{**sent, "headers": headers})
    assert answer.status_code == 202, answer.text


BAD_BODIES: dict[str, tuple[dict[str, Any], str]] = {
    "no JSON": ({"content": b"{", "headers": {"Content-Type": "application/json"}}, "invalid_json"),
    "text": ({"content": b"{}", "headers": {"Content-Type": "text/plain"}}, "unsupported_content_type"),
    "a list": ({"json": []}, "invalid_request"),
    "no id": ({"json": {"scorecardId": "mine"}}, "invalid_request"),
    "a number": ({"json": {"scorecardId": 7}}, "invalid_request"),
    "an unknown id": ({"json": {"scorecardId": str(uuid.uuid4())}}, "invalid_request"),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "code"), BAD_BODIES.values(), ids=BAD_BODIES)
async def test_a_bad_body_is_refused(
    api: httpx2.AsyncClient, caller: Caller, database: Database, path: str, sent: dict[str, Any], code: str
) -> None:
    headers = auth(caller.token) | sent.get("headers", {})
    problem = problem_of(await api.post(path, **{**sent, "headers": headers}), 400, code)
    if "scorecardId" in str(sent):
        assert [one["pointer"] for one in problem["errors"]] == ["/scorecardId"]
    assert await count(database, "evaluations", caller.org_id) == 1, "only the first one"


async def test_a_scorecard_can_be_chosen_and_what_waits_is_answered_again(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, path: str
) -> None:
    made = await stored(platform.database, caller.org_id)
    body = {"scorecardId": str(made.row.id)}
    first, again, other = [
        (await api.post(path, json=one, headers=auth(caller.token))).json() for one in (body, body, {})
    ]
    assert first == again
    assert other["evaluationId"] != first["evaluationId"]
    shown = (await api.get(f"{path}/{first['evaluationId']}", headers=auth(caller.token))).json()
    assert shown["scorecard"] == {"id": str(made.row.id), "name": "Renewals", "version": 1}


async def test_the_list_is_newest_first_in_pages_and_holds_the_first_one_too(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, path: str
) -> None:
    made: list[str] = []
    for score in (1.0, 2.0, 3.0):
        made.append((await api.post(path, headers=auth(caller.token))).json()["evaluationId"])
        await _made(platform, caller.org_id, made[-1], score)
    seen: list[dict[str, Any]] = []
    query = "limit=3"
    while query:
        page = (await api.get(f"{path}?{query}", headers=auth(caller.token))).json()
        seen += page["data"]
        query = f"limit=3&cursor={page['nextCursor']}" if page["nextCursor"] else ""
    assert [one["evaluationId"] for one in seen[:3]] == made[::-1]
    assert [one["score"] for one in seen] == [3, 2, 1, 82]
    assert [one["evaluation"]["score"] for one in seen] == [3, 2, 1, 82]
    assert all(one["completedAt"] for one in seen)
    for bad in ("limit=0", "cursor=zzz", "status=queued"):
        problem_of(await api.get(f"{path}?{bad}", headers=auth(caller.token)), 400, "invalid_request")


async def test_one_that_failed_says_why_and_hides_nothing(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, path: str, analysis_id: uuid.UUID
) -> None:
    accepted = (await api.post(path, headers=auth(caller.token))).json()
    error = ErrorDocument(code="worker_lost", message="10 ended.", stage="evaluating", retryable=False)
    async with platform.database.tenant(caller.org_id) as session:
        material = await evaluation_work.claim(session, caller.org_id, uuid.UUID(accepted["evaluationId"]))
        assert material
        await evaluation_work.fail(session, material.claim, error)
    shown = (await api.get(f"{path}/{accepted['evaluationId']}", headers=auth(caller.token))).json()
    assert (shown["status"], shown["error"]) == ("failed", error.model_dump(mode="json"))
    assert (shown["evaluation"], shown["score"]) == (None, None)
    analysis = await api.get(f"/api/v1/analyses/{analysis_id}", headers=auth(caller.token))
    assert analysis.json()["evaluation"]["score"] == 82


async def test_too_early_is_409(api: httpx2.AsyncClient, caller: Caller, intake: Intake) -> None:
    path = f"/api/v1/analyses/{await submitted(intake, caller.org_id)}/evaluations"
    problem_of(await api.post(path, headers=auth(caller.token)), 409, "analysis_not_completed")
    assert (await api.get(path, headers=auth(caller.token))).json() == {"data": [], "nextCursor": None}


async def test_scopes_tenants_modes_and_ids(
    api: httpx2.AsyncClient, caller: Caller, database: Database, path: str, new_org: Any
) -> None:
    first = (await api.get(path, headers=auth(caller.token))).json()["data"][0]["evaluationId"]
    reader = await new_token(database, caller.org_id, ("analysis:read",))
    writer = await new_token(database, caller.org_id, ("analysis:write",))
    problem_of(await api.post(path, headers=auth(reader)), 403, "insufficient_scope")
    for one in (path, f"{path}/{first}"):
        problem_of(await api.get(one, headers=auth(writer)), 403, "insufficient_scope")
        assert (await api.get(one, headers=auth(reader))).status_code == 200
    for stranger in (
        await new_token(database, await new_org()),
        await new_token(database, caller.org_id, mode="test"),
    ):
        problem_of(await api.post(path, headers=auth(stranger)), 404, "not_found")
        for one in (path, f"{path}/{first}"):
            problem_of(await api.get(one, headers=auth(stranger)), 404, "not_found")
    for one in ("nope", uuid.uuid4()):
        missing = f"/api/v1/analyses/{one}/evaluations"
        problem_of(await api.post(missing, headers=auth(caller.token)), 404, "not_found")
        for lost in (missing, f"{missing}/{first}", f"{path}/{one}"):
            problem_of(await api.get(lost, headers=auth(caller.token)), 404, "not_found")


async def test_an_evaluation_is_found_under_its_own_analysis_only(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, intake: Intake, path: str
) -> None:
    first = (await api.get(path, headers=auth(caller.token))).json()["data"][0]["evaluationId"]
    other = await completed(platform, intake, caller.org_id)
    wrong = f"/api/v1/analyses/{other}/evaluations/{first}"
    problem_of(await api.get(wrong, headers=auth(caller.token)), 404, "not_found")
