"""A person's verdict over the machine's: shown, counted, kept apart, taken back, never lost."""

import asyncio
import uuid
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.analyses import evaluation_work
from calltrace.pipeline.context import Platform
from database.analyses.factory import submitted
from database.api.asking import auth
from database.api.conftest import Api, refused
from database.conftest import Caller, new_token
from database.reviews.factory import Line, judged, judged_call, new_agent, new_user

LINES = {"greeting": Line("not_met"), "empathy": Line("needs_review", "met")}


@pytest.fixture
async def analysis_id(platform: Platform, caller: Caller) -> uuid.UUID:
    return await judged_call(platform, caller.org_id, LINES)


@pytest.fixture
def path(analysis_id: uuid.UUID) -> str:
    return f"analyses/{analysis_id}/evaluation/overrides"


def override(key: str = "greeting", revision: int = 0, **changes: Any) -> dict[str, Any]:
    body = {"criterionKey": key, "revision": revision, "verdict": "met", "reason": "She said good morning."}
    return body | changes


def act(decision: str, key: str = "greeting", revision: int = 0, **more: Any) -> dict[str, Any]:
    return {"criterionKey": key, "revision": revision, "decision": decision, **more}


async def _evaluation(call: Api, analysis_id: uuid.UUID) -> dict[str, Any]:
    return (await call("GET", f"analyses/{analysis_id}")).json()["evaluation"]


def _line(evaluation: dict[str, Any], key: str = "greeting") -> dict[str, Any]:
    return next(one for one in evaluation["criteria"] if one["key"] == key)


async def test_the_score_follows_and_the_machine_stays_beside_it(
    call: Api, analysis_id: uuid.UUID, path: str
) -> None:
    before = await _evaluation(call, analysis_id)
    assert before["score"] < 100
    twice = [{"segmentId": "s1", "quote": "Good morning"}] * 2
    made = await call.made(path, **override(evidence=twice))
    after = await _evaluation(call, analysis_id)
    line = _line(after)
    machine = {key: value for key, value in _line(before).items() if key not in {"key", "name"}}
    assert (line["verdict"], line["method"], line["confidence"]) == ("met", "human", 1)
    assert (line["score"], line["machine"]) == (line["maxScore"], machine)
    assert line["evidence"] == [{"segmentId": "s1", "start": 0.5, "end": 2.0, "quote": "Good morning"}]
    assert line["human"] == {"decision": "overridden", "revision": 1, "at": made["createdAt"]}
    assert (after["score"], after["machine"]) == (100, {"score": before["score"], "passed": before["passed"]})
    assert "Greeting" in before["summary"]
    assert "Greeting" not in after["summary"]
    assert (made["before"]["verdict"], made["after"]["verdict"]) == ("not_met", "met")
    assert (made["before"]["evaluationScore"], made["after"]["evaluationScore"]) == (before["score"], 100)
    listed = (await call("GET", f"analyses/{analysis_id}/evaluations")).json()["data"][0]
    assert (listed["score"], listed["evaluation"]) == (100, after)


async def test_undo_goes_back_to_the_machine_and_the_history_stays(
    call: Api, analysis_id: uuid.UUID, path: str
) -> None:
    before = await _evaluation(call, analysis_id)
    await call.made(path, **override())
    undone = await call.made(path, **act("undo", revision=1))
    after = await _evaluation(call, analysis_id)
    mark = {"decision": "undone", "revision": 2, "at": undone["createdAt"]}
    assert _line(after) == _line(before) | {"human": mark}
    assert [after[key] for key in ("score", "summary")] == [before[key] for key in ("score", "summary")]
    assert "machine" not in after
    seen, cursor = list[tuple[str, str]](), ""
    while cursor is not None:
        page = (await call("GET", f"{path}?limit=1{cursor and f'&cursor={cursor}'}")).json()
        seen += [(one["decision"], one["reason"]) for one in page["data"]]
        cursor = page["nextCursor"]
    assert seen == [("undone", ""), ("overridden", "She said good morning.")]
    refused(await call("POST", path, act("undo", revision=2)), 409, "nothing_to_undo")


async def test_a_confirmed_line_that_waited_gets_the_best_guess(
    call: Api, analysis_id: uuid.UUID, path: str
) -> None:
    assert _line(await _evaluation(call, analysis_id), "empathy")["verdict"] == "needs_review"
    made = await call.made(path, **act("confirm", "empathy"))
    line = _line(await _evaluation(call, analysis_id), "empathy")
    assert (line["verdict"], line["method"], line["reason"]) == ("met", "human", "The machine's reason.")
    assert (made["verdict"], made["machineVerdict"], made["decision"]) == ("met", "met", "confirmed")


@pytest.mark.parametrize(
    ("changes", "score", "most"),
    [({"verdict": "partly_met", "points": 2.5}, 2.5, 10), ({"verdict": "not_applicable"}, 0, 0),
     ({"verdict": "not_met"}, 0, 10), ({"verdict": "met"}, 10, 10)],
)  # fmt: skip
async def test_each_verdict_has_its_points(
    call: Api, analysis_id: uuid.UUID, path: str, changes: dict[str, Any], score: float, most: float
) -> None:
    await call.made(path, **override(**changes))
    line = _line(await _evaluation(call, analysis_id))
    share = most and _line(await _evaluation(call, analysis_id))["machine"]["maxScore"] / most
    assert (line["score"], line["maxScore"]) == ((score if score == 2.5 else score * share), most * share)


async def test_a_critical_line_fails_the_call_and_saves_it(
    call: Api, analysis_id: uuid.UUID, path: str
) -> None:
    await call.made(path, **override("prohibited_phrases", verdict="not_met", reason="He swears."))
    failed = await _evaluation(call, analysis_id)
    assert (failed["score"], failed["passed"]) == (0, False)
    await call.made(path, **act("undo", "prohibited_phrases", 1))
    assert (await _evaluation(call, analysis_id))["score"] > 0


BAD: dict[str, tuple[dict[str, Any], str | None]] = {
    "an unknown criterion": (override("nothing"), "/criterionKey"),
    "no verdict": (act("override", reason="x"), "/verdict"),
    "no reason": (override(reason=" "), "/reason"),
    "a verdict of the machine": (override(verdict="needs_review"), "/verdict"),
    "points of met": (override(points=1), "/points"),
    "no points of partly met": (override(verdict="partly_met"), "/points"),
    "no points at all": (override(verdict="partly_met", points=0), "/points"),
    "too many points": (override(verdict="partly_met", points=5000), "/points"),
    "a verdict to confirm": (act("confirm", verdict="met"), "/verdict"),
    "an unknown segment": (override(evidence=[{"segmentId": "s9"}]), "/evidence/0"),
    "a quote of nobody": (override(evidence=[{"segmentId": "s1", "quote": "Bye"}]), "/evidence/0"),
    "no revision": ({"criterionKey": "greeting", "decision": "confirm"}, "/revision"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "field"), BAD.values(), ids=BAD)
async def test_what_cannot_be_is_refused_and_changes_nothing(
    call: Api, analysis_id: uuid.UUID, path: str, body: dict[str, Any], field: str
) -> None:
    before = await _evaluation(call, analysis_id)
    refused(await call("POST", path, body), 400, "invalid_request", field)
    assert await _evaluation(call, analysis_id) == before


async def test_of_many_at_the_same_time_one_decides_and_the_others_are_told(call: Api, path: str) -> None:
    answers = await asyncio.gather(*(call("POST", path, override(reason=str(one))) for one in range(6)))
    assert sorted(one.status_code for one in answers) == [201, *[409] * 5]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"override_conflict"}
    history = (await call("GET", path)).json()["data"]
    assert [one["id"] for one in history] == [one.json()["id"] for one in answers if one.status_code == 201]


async def test_two_lines_at_the_same_time_are_both_kept(call: Api, analysis_id: uuid.UUID, path: str) -> None:
    answers = await asyncio.gather(
        *(call("POST", path, act("confirm", key)) for key in ("greeting", "empathy", "closing"))
    )
    assert [one.status_code for one in answers] == [201] * 3
    evaluation = await _evaluation(call, analysis_id)
    assert all(_line(evaluation, key)["human"] for key in ("greeting", "empathy", "closing"))


async def test_evaluating_again_keeps_the_old_one_and_tells_of_its_decisions(
    call: Api, platform: Platform, caller: Caller, analysis_id: uuid.UUID, path: str
) -> None:
    await call.made(path, **override())
    old = await _evaluation(call, analysis_id)
    [first] = (await call("GET", f"analyses/{analysis_id}/evaluations")).json()["data"]
    asked = (await call("POST", f"analyses/{analysis_id}/evaluations")).json()["evaluationId"]
    async with platform.database.tenant(caller.org_id) as session:
        material = await evaluation_work.claim(session, caller.org_id, uuid.UUID(asked))
        assert material
        await evaluation_work.complete(session, material.claim, judged(LINES))
    new = await _evaluation(call, analysis_id)
    assert new["formerOverrides"] == 1
    assert "human" not in _line(new)
    kept = await call("GET", f"analyses/{analysis_id}/evaluations/{first['evaluationId']}")
    assert kept.json()["evaluation"] == old
    seen = override(evaluationId=first["evaluationId"])
    refused(await call("POST", path, seen), 409, "evaluation_superseded")
    await call.made(path, **override(evaluationId=asked))


async def test_who_said_it_is_recorded_and_decides_what_may_be_done(
    call: Api, platform: Platform, caller: Caller, api: httpx2.AsyncClient
) -> None:
    database, org = platform.database, caller.org_id
    agent = await new_agent(database, org)
    analysis_id = await judged_call(platform, org, LINES, agent_id=agent)
    path = f"analyses/{analysis_id}/evaluation/overrides"
    reviewer, supervisor = [await new_user(database, org, one) for one in ("reviewer", "supervisor")]
    own = await new_user(database, org, "agent", agent)
    herself = await new_user(database, org, "reviewer")
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE users SET agent_id = NULL WHERE id = :id"), {"id": own})
        await session.execute(
            text("UPDATE users SET agent_id = :agent WHERE id = :id"), {"agent": agent, "id": herself}
        )
    made = (await call("POST", f"{path}?userId={reviewer}", override())).json()
    assert (made["by"]["kind"], made["by"]["id"]) == ("user", str(reviewer))
    assert made["by"]["via"]
    assert made["by"]["name"].endswith("@x.test")
    own_key = await call.made(path, **act("undo", revision=1))
    assert own_key["by"] == {
        "kind": "api_key",
        "id": own_key["by"]["id"],
        "name": made["by"]["via"],
        "via": None,
    }
    refused(await call("POST", f"{path}?userId={supervisor}", override(revision=2)), 404, "not_found")
    refused(await call("POST", f"{path}?userId={own}", override(revision=2)), 404, "not_found")
    refused(await call("POST", f"{path}?userId={herself}", override(revision=2)), 403, "not_impartial")
    for nobody in ("x", uuid.uuid4()):
        refused(await call("GET", f"{path}?userId={nobody}"), 400, "invalid_request", "/userId")
    test_key = await new_token(database, org, mode="test")
    answer = await api.get(f"/api/v1/{path}", headers=auth(test_key))
    refused(answer, 404, "not_found")


async def test_nothing_can_be_decided_before_there_is_an_evaluation(
    call: Api, platform: Platform, caller: Caller
) -> None:
    path = f"analyses/{await submitted(platform.intake, caller.org_id)}/evaluation/overrides"
    refused(await call("POST", path, override()), 409, "nothing_to_decide")
