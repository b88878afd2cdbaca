"""A criterion that people see otherwise stops grading, visibly, until it recovers or a person lifts it."""

import uuid
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.pipeline.context import Platform
from calltrace.reviews import standing
from calltrace.scorecards.catalogue import default_scorecard
from database.api.conftest import Api, refused
from database.conftest import Caller
from database.reviews.factory import Line, judged, judged_call

SCORECARD = default_scorecard().id


@pytest.fixture(autouse=True)
async def few(call: Api) -> None:
    """Four decisions are enough."""
    answer = await call("PATCH", "review-settings", {"leastDecisions": 4})
    assert answer.json() == {"appealDays": 7, "leastAgreement": 0.4, "leastDecisions": 4}


async def _decide(call: Api, platform: Platform, org: uuid.UUID, *, right: bool, met: bool) -> None:
    """A person looks at the greeting of one more call."""
    line = Line("met" if met else "not_met")
    analysis_id = await judged_call(platform, org, {"greeting": line})
    other = "not_met" if met else "met"
    said = {"decision": "confirm"} if right else {"verdict": other, "reason": "No."}
    path = f"analyses/{analysis_id}/evaluation/overrides"
    await call.made(path, criterionKey="greeting", revision=0, **said)


async def _greeting(call: Api) -> dict[str, Any]:
    [found] = (await call("GET", f"agreement?scorecardId={SCORECARD}")).json()["data"]
    return found


async def _audit(platform: Platform, org: uuid.UUID) -> list[str]:
    query = "SELECT action FROM audit_entries WHERE action LIKE 'criterion.%' ORDER BY created_at"
    async with platform.database.tenant(org) as session:
        return list((await session.scalars(text(query))).all())


async def _demoted(call: Api, platform: Platform, org: uuid.UUID) -> None:
    for met in (True, False, True, False):
        await _decide(call, platform, org, right=False, met=met)


async def _new_result(platform: Platform, org: uuid.UUID) -> Any:
    made = judged({"greeting": Line("not_met")})
    async with platform.database.tenant(org) as session:
        found = await standing.with_suggestions(session, made, None)
    return next(one for one in found.criteria if one.key == "greeting"), made, found


async def test_confirming_is_agreement(call: Api, platform: Platform, caller: Caller) -> None:
    for met in (True, False, True, False):
        await _decide(call, platform, caller.org_id, right=True, met=met)
    found = await _greeting(call)
    assert (found["n"], found["percent"], found["kappa"], found["mode"]) == (4, 100, 1, "grade")
    assert await _audit(platform, caller.org_id) == []


async def test_disagreement_demotes_and_new_results_wait_for_a_person(
    call: Api, platform: Platform, caller: Caller
) -> None:
    for met in (True, False, True):
        await _decide(call, platform, caller.org_id, right=False, met=met)
    assert (await _greeting(call))["mode"] == "grade", "too few to say"
    line, made, found = await _new_result(platform, caller.org_id)
    assert found == made
    await _decide(call, platform, caller.org_id, right=False, met=False)
    shown = await _greeting(call)
    assert (shown["n"], shown["percent"], shown["kappa"], shown["mode"]) == (4, 0, -1, "suggest")
    assert shown["changedAt"]
    assert await _audit(platform, caller.org_id) == ["criterion.demoted"]
    line, made, found = await _new_result(platform, caller.org_id)
    assert (line.verdict, line.score, line.best_guess, line.suggested) == ("needs_review", 0, "not_met", True)
    assert "best guess not met" in line.reason
    assert (found.score, "reviewed by a person: Greeting" in found.summary) == (made.score, True)


async def test_it_recovers_by_itself(call: Api, platform: Platform, caller: Caller) -> None:
    await _demoted(call, platform, caller.org_id)
    for met in (True, False) * 5:
        await _decide(call, platform, caller.org_id, right=True, met=met)
    assert (await _greeting(call))["mode"] == "grade"
    assert await _audit(platform, caller.org_id) == ["criterion.demoted", "criterion.restored"]


async def test_a_person_lifts_it_and_what_was_before_counts_no_more(
    call: Api, platform: Platform, caller: Caller
) -> None:
    await _demoted(call, platform, caller.org_id)
    body = {"scorecardId": str(SCORECARD), "criterionKey": "greeting"}
    lifted = (await call("POST", "agreement/lift", body)).json()
    assert (lifted["mode"], lifted["n"]) == ("grade", 0)
    assert lifted["liftedBy"]
    await _decide(call, platform, caller.org_id, right=False, met=True)
    assert (await _greeting(call))["mode"] == "grade"
    assert await _audit(platform, caller.org_id) == ["criterion.demoted", "criterion.lifted"]
    refused(await call("POST", "agreement/lift", body), 404, "not_found")


async def test_it_can_be_turned_off_and_bad_settings_are_refused(
    call: Api, platform: Platform, caller: Caller
) -> None:
    assert (await call("PATCH", "review-settings", {"leastAgreement": None})).json()["leastAgreement"] is None
    await _demoted(call, platform, caller.org_id)
    assert (await _greeting(call))["mode"] == "grade"
    for field, value in (
        ("leastAgreement", 2),
        ("leastDecisions", 1),
        ("appealDays", -1),
        ("appealDays", None),
    ):
        answer = await call("PATCH", "review-settings", {field: value})
        refused(answer, 400, "invalid_request", f"/{field}")
