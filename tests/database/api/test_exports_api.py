"""Exports of chosen analyses: those alone, in their order, and none of anybody else."""

import uuid

import httpx2
import pytest

from calltrace.analyses import submit
from calltrace.insights import exports
from calltrace.insights.models import Export
from calltrace.pipeline.context import Platform
from database.analyses.factory import submitted
from database.api.asking import auth, problem_of
from database.conftest import Caller, NewOrg

PATH = "/api/v1/exports"


async def test_chosen_analyses_are_exported_in_their_order(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, intake: submit.Intake
) -> None:
    ids = [await submitted(intake, caller.org_id) for _ in range(3)][::-1]
    body = {"analysisIds": [*map(str, ids), str(ids[0])], "format": "xlsx"}
    answer = await api.post(PATH, json=body, headers=auth(caller.token))
    assert (answer.status_code, answer.json()["type"]) == (202, "calls")
    async with platform.database.tenant(caller.org_id) as session:
        row = await session.get_one(Export, uuid.UUID(answer.json()["id"]))
        subject = await exports.subject_of(session, row)
    assert list(subject.narrowing.only or ()) == ids


@pytest.mark.parametrize(
    "more", [{"type": "agents"}, {"from": "2026-01-01", "to": "2026-01-31"}, {"queueId": str(uuid.uuid4())}]
)
async def test_ids_stand_alone(api: httpx2.AsyncClient, caller: Caller, more: dict[str, str]) -> None:
    body = {"analysisIds": [str(uuid.uuid4())]} | more
    problem_of(await api.post(PATH, json=body, headers=auth(caller.token)), 400, "invalid_request")


async def test_anothers_analysis_and_none_are_refused(
    api: httpx2.AsyncClient, caller: Caller, intake: submit.Intake, new_org: NewOrg
) -> None:
    mine, other = await submitted(intake, caller.org_id), await submitted(intake, await new_org())
    hidden = await submitted(intake, caller.org_id, mode="test")
    body = {"analysisIds": [str(one) for one in (mine, other, hidden)]}
    problem = problem_of(await api.post(PATH, json=body, headers=auth(caller.token)), 400, "invalid_request")
    assert [one["pointer"] for one in problem["errors"]] == ["/analysisIds/1", "/analysisIds/2"]
    for ids in ([], [str(mine)] * 1001):
        answer = await api.post(PATH, json={"analysisIds": ids}, headers=auth(caller.token))
        problem_of(answer, 400, "invalid_request")
