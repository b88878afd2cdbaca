"""What people said of a call is erased with it; what they said of others stays."""

import asyncio
import uuid

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses.erase import erase
from calltrace.pipeline.context import Platform
from calltrace.reviews import selection
from calltrace.scorecards.catalogue import default_scorecard
from database.api.conftest import Api
from database.conftest import Caller, count
from database.reviews.factory import judged_call, new_agent, new_user

TABLES = (
    "overrides", "comments", "review_items", "acknowledgements", "appeals", "calibrations",
    "calibration_members",
)  # fmt: skip


async def _reviewed(
    call: Api, platform: Platform, org: uuid.UUID, agent: uuid.UUID, user: uuid.UUID
) -> uuid.UUID:
    """A call that people did everything with."""
    analysis_id = await judged_call(platform, org, agent_id=agent)
    path, by = f"analyses/{analysis_id}", f"?userId={user}"
    async with platform.database.tenant(org) as session:
        assert await selection.select(session, analysis_id)
    await call.made(f"{path}/evaluation/overrides", criterionKey="greeting", revision=0, decision="confirm")
    await call.made(f"{path}/comments", text="Well done.")
    assert (await call("POST", f"{path}/acknowledgements{by}")).status_code == 200
    await call.made(f"appeals{by}", analysisId=str(analysis_id), criterionKey="closing", reason="No.")
    people = [str(await new_user(platform.database, org, "reviewer")) for _ in "12"]
    begun = await call.made("calibrations", analysisId=str(analysis_id), memberIds=people)
    verdicts = {one.key: "met" for one in default_scorecard().criteria}
    answers = f"calibrations/{begun['id']}/answers?userId={people[0]}"
    assert (await call("POST", answers, {"verdicts": verdicts})).status_code == 200
    return analysis_id


async def test_everything_that_people_did_with_a_call_goes_with_it(
    call: Api, platform: Platform, caller: Caller
) -> None:
    org = caller.org_id
    await call.made("review-rules", name="all", kind="random", share=1)
    agent = await new_agent(platform.database, org)
    user = await new_user(platform.database, org, "agent", agent)
    gone, _stays = [await _reviewed(call, platform, org, agent, user) for _ in "12"]
    before = {table: await count(platform.database, table, org) for table in TABLES}
    assert all(before.values())
    await erase(platform.database, platform.vault, OPERATOR, org, gone, "live")
    after = {table: await count(platform.database, table, org) for table in TABLES}
    assert {table: 2 * left for table, left in after.items()} == before


async def test_whoever_comments_or_begins_a_calibration_while_a_call_is_erased_was_in_time_or_finds_nothing(
    call: Api, platform: Platform, caller: Caller
) -> None:
    org = caller.org_id
    people = [str(await new_user(platform.database, org, "reviewer")) for _ in "12"]
    for _ in range(6):
        analysis_id = await judged_call(platform, org)
        path = f"analyses/{analysis_id}/comments"
        begin = {"analysisId": str(analysis_id), "memberIds": people}
        erasing = asyncio.create_task(
            erase(platform.database, platform.vault, OPERATOR, org, analysis_id, "live")
        )
        comments = [call("POST", path, {"text": "Well done."}) for _ in "123"]
        answers = await asyncio.gather(*comments, call("POST", "calibrations", begin))
        assert {answer.status_code for answer in answers} <= {201, 404}
        assert (await erasing).analysis_id == str(analysis_id)
    assert {table: await count(platform.database, table, org) for table in ("comments", "calibrations")} == {
        "comments": 0, "calibrations": 0,
    }  # fmt: skip


async def test_of_many_who_set_something_first_nobody_is_refused(call: Api) -> None:
    answers = await asyncio.gather(
        *(call("PATCH", "review-settings", {"appealDays": days}) for days in range(1, 9))
    )
    assert [answer.status_code for answer in answers] == [200] * 8
    assert (await call("GET", "review-settings")).json()["appealDays"] in range(1, 9)
