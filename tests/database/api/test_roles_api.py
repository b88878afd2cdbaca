"""Correcting who is who by API: transcript, metrics and evaluation follow; nothing is heard again."""

import uuid
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.analyses import evaluation_work, evaluations
from calltrace.analyses.errors import StaleAttemptError
from calltrace.analyses.evaluations import Wish
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
    return f"/api/v1/analyses/{analysis_id}"


async def _shown(api: httpx2.AsyncClient, caller: Caller, path: str) -> dict[str, Any]:
    return (await api.get(path, headers=auth(caller.token))).json()


async def test_a_swap_changes_transcript_and_metrics_at_once_and_evaluates_again(
    api: httpx2.AsyncClient, caller: Caller, database: Database, path: str
) -> None:
    before = await _shown(api, caller, path)
    answer = await api.post(f"{path}/roles", headers=auth(caller.token))
    assert answer.status_code == 202
    after = await _shown(api, caller, path)
    assert [one["speaker"] for one in before["transcript"]["segments"]] == ["agent"]
    assert [one["speaker"] for one in after["transcript"]["segments"]] == ["customer"]
    assert after["transcript"]["attribution"] == {
        "method": "channel", "confidence": 1.0,
        "reason": "Somebody said that the roles were the other way round.",
    }  # fmt: skip
    talk = [one["call"]["metrics"]["talkSeconds"] for one in (before, after)]
    assert talk == [{"agent": 1.5, "customer": 0.0}, {"agent": 0.0, "customer": 1.5}]
    shown = await _shown(api, caller, f"{path}/evaluations/{answer.json()['evaluationId']}")
    assert shown["status"] == "queued"
    async with database.operator() as session:
        deeds = (await session.execute(text("SELECT action, details FROM audit_entries"))).all()
    assert ("analysis.roles_corrected", {"speakers": {"spk1": "customer"}}) in [tuple(deed) for deed in deeds]


async def test_twice_is_as_before(api: httpx2.AsyncClient, caller: Caller, path: str) -> None:
    for _ in range(2):
        assert (await api.post(f"{path}/roles", headers=auth(caller.token))).status_code == 202
    assert (await _shown(api, caller, path))["transcript"]["segments"][0]["speaker"] == "agent"


async def test_roles_can_be_given_by_speaker(api: httpx2.AsyncClient, caller: Caller, path: str) -> None:
    body = {"speakers": {"spk1": "unknown"}}
    assert (await api.post(f"{path}/roles", json=body, headers=auth(caller.token))).status_code == 202
    assert (await _shown(api, caller, path))["transcript"]["segments"][0]["speaker"] == "unknown"
    problem_of(await api.post(f"{path}/roles", headers=auth(caller.token)), 409, "roles_unknown")


async def test_an_evaluation_by_the_old_roles_cannot_come_last(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, path: str, analysis_id: uuid.UUID
) -> None:
    async with platform.database.tenant(caller.org_id) as session:
        old = await evaluations.ask(session, caller.org_id, Wish(analysis_id, "live"))
        material = await evaluation_work.claim(session, caller.org_id, old.id)
        assert material
    accepted = (await api.post(f"{path}/roles", headers=auth(caller.token))).json()
    assert accepted["evaluationId"] != str(old.id)
    with pytest.raises(StaleAttemptError):
        async with platform.database.tenant(caller.org_id) as session:
            await evaluation_work.complete(session, material.claim, EVALUATION)
    shown = await _shown(api, caller, f"{path}/evaluations/{old.id}")
    assert (shown["status"], shown["error"]["code"]) == ("failed", "evaluation_superseded")
    async with platform.database.tenant(caller.org_id) as session:
        found = await evaluation_work.claim(session, caller.org_id, uuid.UUID(accepted["evaluationId"]))
    assert found
    assert found.transcript.segments[0].speaker == "customer"


BAD: dict[str, Any] = {
    "nobody": {"speakers": {}},
    "a stranger": {"speakers": {"spk9": "agent"}},
    "no role": {"speakers": {"spk1": "boss"}},
    "a list": {"speakers": ["spk1"]},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
async def test_bad_requests_change_nothing(
    api: httpx2.AsyncClient, caller: Caller, database: Database, path: str, body: dict[str, Any]
) -> None:
    answer = await api.post(f"{path}/roles", json=body, headers=auth(caller.token))
    problem = problem_of(answer, 400, "invalid_request")
    assert problem["errors"][0]["pointer"].startswith("/speakers")
    assert (await _shown(api, caller, path))["transcript"]["segments"][0]["speaker"] == "agent"
    assert await count(database, "evaluations", caller.org_id) == 1


async def test_scopes_tenants_and_what_is_under_way(
    api: httpx2.AsyncClient, caller: Caller, database: Database, intake: Intake, path: str, new_org: Any
) -> None:
    reader = await new_token(database, caller.org_id, ("analysis:read",))
    problem_of(await api.post(f"{path}/roles", headers=auth(reader)), 403, "insufficient_scope")
    stranger = await new_token(database, await new_org())
    problem_of(await api.post(f"{path}/roles", headers=auth(stranger)), 404, "not_found")
    early = f"/api/v1/analyses/{await submitted(intake, caller.org_id)}/roles"
    problem_of(await api.post(early, headers=auth(caller.token)), 409, "analysis_not_completed")


async def test_what_was_asked_for_by_another_scorecard_is_asked_for_again(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, path: str
) -> None:
    made = await stored(platform.database, caller.org_id)
    wish = {"scorecardId": str(made.row.id)}
    old = (await api.post(f"{path}/evaluations", json=wish, headers=auth(caller.token))).json()
    new = (await api.post(f"{path}/roles", headers=auth(caller.token))).json()
    found = (await _shown(api, caller, f"{path}/evaluations"))["data"]
    assert len(found) == 4
    by_id = {one["evaluationId"]: one for one in found}
    assert by_id[old["evaluationId"]]["error"]["code"] == "evaluation_superseded"
    waiting = [one for one in found if one["status"] == "queued"]
    assert {one["scorecard"]["name"] for one in waiting} == {"Renewals", default_scorecard().name}
    assert new["evaluationId"] in {one["evaluationId"] for one in waiting}
