"""People score a call blind, and compare."""

import uuid
from typing import Any

import pytest

from calltrace.pipeline.context import Platform
from calltrace.reviews.calibrations import compare
from calltrace.scorecards.catalogue import default_scorecard
from database.api.conftest import Api, refused
from database.conftest import Caller
from database.reviews.factory import judged_call, new_agent, new_user

Cast = dict[str, Any]
KEYS = [one.key for one in default_scorecard().criteria]
ALL_MET = dict.fromkeys(KEYS, "met")
STRICT = ALL_MET | {"greeting": "not_met", "empathy": "partly_met"}


@pytest.fixture
async def cast(call: Api, platform: Platform, caller: Caller) -> Cast:
    database, org = platform.database, caller.org_id
    agent = await new_agent(database, org)
    people = [str(await new_user(database, org, "reviewer")) for _ in "12"]
    analysis_id = str(await judged_call(platform, org, agent_id=agent))
    made = await call.made("calibrations", analysisId=analysis_id, memberIds=people)
    own = str(await new_user(database, org, "agent", agent))
    third = str(await new_user(database, org, "reviewer"))
    return {"people": people, "made": made, "call": analysis_id, "own": own, "third": third}


async def _submit(call: Api, cast: Cast, number: int, verdicts: dict[str, str]) -> Any:
    path = f"calibrations/{cast['made']['id']}/answers?userId={cast['people'][number]}"
    return await call("POST", path, {"verdicts": verdicts})


async def _seen(call: Api, cast: Cast, user: str) -> Any:
    return (await call("GET", f"calibrations/{cast['made']['id']}?userId={user}")).json()["comparison"]


async def test_nobody_sees_a_verdict_before_they_have_submitted(call: Api, cast: Cast) -> None:
    first, second = cast["people"]
    assert (await _seen(call, cast, first), await _seen(call, cast, cast["third"])) == (None, None)
    mine = (await _submit(call, cast, 0, ALL_MET)).json()["comparison"]
    assert mine["criteria"][0]["verdicts"] == {first: "met"}
    assert await _seen(call, cast, second) is None
    both = (await _submit(call, cast, 1, STRICT)).json()["comparison"]
    assert [line["criterionKey"] for line in both["criteria"]] == sorted(KEYS)
    line = both["criteria"][sorted(KEYS).index("greeting")]
    assert line["machineVerdict"] == "met"
    assert line["verdicts"] == {first: "met", second: "not_met"}
    assert (line["percent"], line["machinePercent"]) == (0, 50)
    [pair] = both["pairs"]
    assert (pair["userIds"], pair["n"], pair["percent"]) == (cast["people"], len(KEYS), 80)
    assert [(one["userId"], one["percent"]) for one in both["machine"]] == [(first, 100), (second, 80)]
    assert await _seen(call, cast, cast["third"]) is None
    assert await _seen(call, cast, first) == both


async def test_once_it_is_closed_everybody_sees_it_and_it_counts_as_agreement(call: Api, cast: Cast) -> None:
    await _submit(call, cast, 0, STRICT)
    one = f"calibrations/{cast['made']['id']}"
    refused(await call("POST", f"{one}/close?userId={cast['third']}"), 403, "forbidden")
    closed = (await call("POST", f"{one}/close")).json()
    assert (closed["state"], closed["members"][1]["submittedAt"]) == ("closed", None)
    assert await _seen(call, cast, cast["third"]) == await _seen(call, cast, cast["people"][1])
    refused(await _submit(call, cast, 1, ALL_MET), 409, "calibration_closed")
    refused(await call("POST", f"{one}/close"), 409, "calibration_closed")
    found = (await call("GET", f"agreement?scorecardId={default_scorecard().id}")).json()["data"]
    assert {line["criterionKey"]: (line["n"], line["percent"]) for line in found}["greeting"] == (1, 0)
    assert len(found) == len(KEYS)


async def test_answers_are_whole_and_given_once_by_who_was_asked(call: Api, cast: Cast) -> None:
    refused(await _submit(call, cast, 0, {"greeting": "met"}), 400, "invalid_request", "/verdicts")
    refused(await _submit(call, cast, 0, ALL_MET | {"x": "met"}), 400, "invalid_request", "/verdicts")
    wrong = await _submit(call, cast, 0, ALL_MET | {"greeting": "needs_review"})
    refused(wrong, 400, "invalid_request")
    stranger = f"calibrations/{cast['made']['id']}/answers?userId={cast['third']}"
    refused(await call("POST", stranger, {"verdicts": ALL_MET}), 403, "forbidden")
    assert (await _submit(call, cast, 0, ALL_MET)).status_code == 200
    refused(await _submit(call, cast, 0, STRICT), 409, "calibration_closed")


async def test_only_who_may_judge_the_call_is_asked(call: Api, cast: Cast) -> None:
    for people in (
        cast["people"][:1], [cast["people"][0], cast["own"]], [cast["people"][0], str(uuid.uuid4())],
        [cast["people"][0]] * 2,
    ):  # fmt: skip
        body = {"analysisId": cast["call"], "memberIds": people}
        refused(await call("POST", "calibrations", body), 400, "invalid_request", "/memberIds")
    refused(await call("GET", f"calibrations?userId={cast['own']}"), 403, "forbidden")
    assert [one["id"] for one in (await call("GET", "calibrations")).json()["data"]] == [cast["made"]["id"]]


def test_more_than_two_are_compared_pair_by_pair_and_by_alpha() -> None:
    people = {uuid.UUID(int=number): {"a": "met", "b": verdict} for number, verdict in
              enumerate(("met", "not_met", "not_met"))}  # fmt: skip
    found = compare({"a": "met", "b": "met"}, people)
    assert [one.percent for one in found.lines] == [100, pytest.approx(33.3)]
    assert len(found.pairs) == 3
    assert found.alpha == pytest.approx(0.375)
