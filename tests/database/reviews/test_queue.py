"""The review queue: what comes onto it, who has it, and how it ends."""

import asyncio
import uuid
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.pipeline.context import Platform
from calltrace.reviews import selection
from calltrace.reviews.rules import draw
from calltrace.scorecards.catalogue import default_scorecard
from database.api.conftest import Api, refused
from database.conftest import Caller
from database.reviews.factory import Line, judged_call, new_agent, new_user


async def _finished(
    platform: Platform, org: uuid.UUID, *arguments: Any, **changes: Any
) -> tuple[uuid.UUID, bool]:
    """A call that completed, and whether it was put on the queue, as the last step of the pipeline does."""
    analysis_id = await judged_call(platform, org, *arguments, **changes)
    async with platform.database.tenant(org) as session:
        return analysis_id, await selection.select(session, analysis_id)


async def _queue(call: Api, query: str = "") -> list[dict[str, Any]]:
    return (await call("GET", f"reviews?{query}")).json()["data"]


async def test_a_rule_is_made_read_changed_and_deleted(call: Api) -> None:
    made = await call.made("review-rules", name="5 %", kind="random", share=0.05, externalId="r")
    one = f"review-rules/{made['id']}"
    assert made == {
        "id": made["id"], "name": "5 %", "externalId": "r", "kind": "random", "share": 0.05, "score": None,
        "confidence": None, "count": None, "enabled": True, "createdAt": made["createdAt"],
    }  # fmt: skip
    changed = (await call("PATCH", one, {"share": 0.1, "enabled": False})).json()
    assert changed == made | {"share": 0.1, "enabled": False}
    other = (await call("PATCH", one, {"kind": "score_under", "score": 60})).json()
    assert (other["share"], other["score"]) == (None, 60)
    assert (await call("GET", "review-rules")).json()["data"] == [other]
    assert (await call("DELETE", one)).status_code == 204
    refused(await call("GET", one), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [({"kind": "random"}, "/share"), ({"kind": "random", "share": 0}, "/share"), ({"kind": "dice"}, "/kind"),
     ({}, "/kind"), ({"kind": "random", "share": 1, "count": 1}, "/count"),
     ({"kind": "needs_review", "score": 1}, "/score"), ({"kind": "quota", "count": 1.5}, "/count")],
)  # fmt: skip
async def test_a_rule_has_the_setting_that_its_kind_needs_and_no_other(
    call: Api, body: dict[str, Any], field: str
) -> None:
    refused(await call("POST", "review-rules", {"name": "x"} | body), 400, "invalid_request", field)


async def test_a_call_comes_onto_the_queue_once_with_all_its_reasons(
    call: Api, platform: Platform, caller: Caller
) -> None:
    for kind in (
        {"kind": "needs_review"},
        {"kind": "score_under", "score": 99},
        {"kind": "critical_failure"},
    ):
        await call.made("review-rules", name=kind["kind"], **kind)
    await call.made("review-rules", name="off", kind="random", share=1, enabled=False)
    good, wanted = await _finished(platform, caller.org_id)
    assert not wanted
    bad, wanted = await _finished(platform, caller.org_id, {"empathy": Line("needs_review")})
    assert wanted
    async with platform.database.tenant(caller.org_id) as session:
        assert await selection.select(session, bad)
    [item] = await _queue(call)
    assert (item["analysisId"], item["state"]) == (str(bad), "open")
    assert [one["kind"] for one in item["reasons"]] == ["needs_review", "score_under"]
    assert (await call("GET", f"reviews/{item['id']}")).json() == item
    assert str(good) != item["analysisId"]


async def test_chance_is_a_function_of_the_id(call: Api, platform: Platform, caller: Caller) -> None:
    await call.made("review-rules", name="half", kind="random", share=0.5)
    made = [await _finished(platform, caller.org_id) for _ in range(6)]
    assert [wanted for _one, wanted in made] == [draw(one) < 0.5 for one, _wanted in made]


async def test_a_quota_is_of_each_agent(call: Api, platform: Platform, caller: Caller) -> None:
    await call.made("review-rules", name="two a week", kind="quota", count=2)
    jane, joe = [await new_agent(platform.database, caller.org_id, name) for name in ("Jane", "Joe")]
    wanted = [(await _finished(platform, caller.org_id, agent_id=one))[1] for one in (jane, jane, jane, joe)]
    assert wanted == [True, True, False, True]
    assert not (await _finished(platform, caller.org_id))[1], "a call of nobody"
    async with platform.database.tenant(caller.org_id) as session:
        await session.execute(text("UPDATE review_items SET created_at = created_at - interval '8 days'"))
    assert (await _finished(platform, caller.org_id, agent_id=jane))[1], "another week"


async def test_calls_of_the_test_mode_use_up_no_live_quota(
    call: Api, platform: Platform, caller: Caller
) -> None:
    await call.made("review-rules", name="one a week", kind="quota", count=1)
    jane = await new_agent(platform.database, caller.org_id)
    tried, _ = await _finished(platform, caller.org_id, agent_id=jane)
    async with platform.database.tenant(caller.org_id) as session:
        await session.execute(text("UPDATE analyses SET mode = 'test' WHERE id = :id"), {"id": tried})
    assert [(await _finished(platform, caller.org_id, agent_id=jane))[1] for _ in "12"] == [True, False]


Cast = dict[str, Any]


@pytest.fixture
async def cast(call: Api, platform: Platform, caller: Caller) -> Cast:
    database, org = platform.database, caller.org_id
    await call.made("review-rules", name="all", kind="random", share=1)
    agent = await new_agent(database, org)
    analysis_id, _wanted = await _finished(platform, org, agent_id=agent)
    [item] = await _queue(call)
    users = {role: str(await new_user(database, org, role)) for role in ("admin", "reviewer", "supervisor")}
    second, own = await new_user(database, org, "reviewer"), await new_user(database, org, "agent", agent)
    return {
        **users,
        "second": str(second),
        "own": str(own),
        "one": f"reviews/{item['id']}",
        "call": analysis_id,
    }


async def test_of_many_who_claim_at_the_same_time_one_gets_the_call(call: Api, cast: Cast) -> None:
    people = [cast["reviewer"], cast["second"], cast["admin"]]
    answers = await asyncio.gather(*(call("POST", f"{cast['one']}/claim?userId={one}") for one in people))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"review_taken"}
    [won] = [one.json() for one in answers if one.status_code == 200]
    assert won["state"] == "in_review"
    assert won["claimedUntil"] > won["createdAt"]
    again = await call("POST", f"{cast['one']}/claim?userId={won['claimedBy']}")
    assert again.json()["claimedUntil"] >= won["claimedUntil"]


async def test_a_claim_that_ran_out_is_open(
    call: Api, platform: Platform, caller: Caller, cast: Cast
) -> None:
    await call("POST", f"{cast['one']}/claim?userId={cast['reviewer']}")
    assert (await _queue(call, "state=open"), len(await _queue(call, "state=in_review"))) == ([], 1)
    async with platform.database.tenant(caller.org_id) as session:
        await session.execute(text("UPDATE review_items SET claimed_until = clock_timestamp()"))
    [item] = await _queue(call, "state=open")
    assert (item["state"], item["claimedBy"]) == ("open", None)
    assert (await call("POST", f"{cast['one']}/claim?userId={cast['second']}")).status_code == 200
    late = await call("POST", f"{cast['one']}/skip?userId={cast['reviewer']}", {"reason": "late"})
    refused(late, 409, "review_not_claimed")


async def test_a_review_is_done_when_every_line_is_decided(call: Api, cast: Cast) -> None:
    one, user = cast["one"], f"?userId={cast['reviewer']}"
    refused(await call("POST", f"{one}/done{user}"), 409, "review_not_claimed")
    await call("POST", f"{one}/claim{user}")
    refused(await call("POST", f"{one}/done{user}"), 409, "review_incomplete")
    for criterion in default_scorecard().criteria:
        body = {"criterionKey": criterion.key, "revision": 0, "decision": "confirm"}
        await call.made(f"analyses/{cast['call']}/evaluation/overrides{user}", **body)
    done = (await call("POST", f"{one}/done{user}")).json()
    assert (done["state"], done["claimedBy"]) == ("done", None)
    assert done["finishedBy"].endswith("@x.test")
    for verb, body in (
        ("claim", None),
        ("release", None),
        ("skip", {"reason": "x"}),
        ("assign", {"assigneeId": None}),
    ):
        refused(await call("POST", f"{one}/{verb}{user}", body), 409, "review_finished")


async def test_it_can_be_assigned_let_go_and_skipped(call: Api, cast: Cast) -> None:
    one = cast["one"]
    for wrong in (cast["own"], cast["supervisor"], str(uuid.uuid4())):
        refused(
            await call("POST", f"{one}/assign", {"assigneeId": wrong}), 400, "invalid_request", "/assigneeId"
        )
    refused(
        await call("POST", f"{one}/assign?userId={cast['second']}", {"assigneeId": None}), 403, "forbidden"
    )
    assert (await call("POST", f"{one}/assign", {"assigneeId": cast["second"]})).status_code == 200
    assert len(await _queue(call, f"assigneeId={cast['second']}")) == 1
    refused(await call("POST", f"{one}/claim?userId={cast['reviewer']}"), 409, "review_taken")
    await call("POST", f"{one}/claim?userId={cast['second']}")
    refused(await call("POST", f"{one}/release?userId={cast['reviewer']}"), 409, "review_not_claimed")
    assert (await call("POST", f"{one}/release?userId={cast['admin']}")).json()["state"] == "open"
    await call("POST", f"{one}/claim?userId={cast['second']}")
    skip = f"{one}/skip?userId={cast['second']}"
    refused(await call("POST", skip, {"reason": " "}), 400, "invalid_request", "/reason")
    skipped = (await call("POST", skip, {"reason": "wrong number"})).json()
    assert (skipped["state"], skipped["reason"]) == ("skipped", "wrong number")


async def test_who_sees_the_queue(call: Api, cast: Cast) -> None:
    assert len(await _queue(call, f"userId={cast['reviewer']}")) == 1
    assert await _queue(call, f"userId={cast['supervisor']}") == [], "of another team"
    refused(await call("GET", f"{cast['one']}?userId={cast['supervisor']}"), 404, "not_found")
    refused(await call("GET", f"reviews?userId={cast['own']}"), 403, "forbidden")
    refused(await call("POST", f"{cast['one']}/claim"), 400, "invalid_request", "/userId")
