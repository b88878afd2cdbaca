"""What people do on the page of a call: who sees it, decisions, comments, and the agent's own view."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from calltrace.analyses.models import EvaluationRow
from calltrace.pipeline.context import Platform
from calltrace.reviews.models import Appeal, Comment, Override
from calltrace.scorecards.catalogue import default_scorecard
from database.reviews.factory import Line, judged_call, new_agent
from database.web.conftest import Browser, NewPerson, hidden
from database.web.people import bind, lead

KEY = default_scorecard().criteria[0].key
POINTS = default_scorecard().criteria[0].points


async def _fields(browser: Browser, path: str) -> dict[str, Any]:
    """What the page hides: the session's token, and what it shows of the first criterion."""
    page = await browser.get(path)
    part = page.text.partition(f'action="{path}/criteria/{KEY}"')[2]
    names = ("revision", "evaluation")
    found = {name: re.search(rf'name="{name}" value="([^"]*)"', part) for name in names}
    return {"csrf": hidden(page)["csrf"]} | {name: one[1] for name, one in found.items() if one}


async def _decide(browser: Browser, path: str, seen: dict[str, Any], **fields: str) -> Any:
    return await browser.send(f"{path}/criteria/{KEY}", seen | fields)


async def _decisions(platform: Platform, org: uuid.UUID) -> list[tuple[str, str | None, float | None]]:
    async with platform.database.tenant(org) as session:
        rows = await session.scalars(select(Override).order_by(Override.created_at))
        return [(one.decision, one.verdict, one.points) for one in rows]


async def test_supervisors_see_the_calls_of_their_teams_and_agents_their_own(
    person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    mine, theirs = [await new_agent(platform.database, org, name) for name in ("Jane", "Zoe")]
    seen = await judged_call(platform, org, agent_id=mine, file_name="seen.mp3")
    hidden_call = await judged_call(platform, org, agent_id=theirs, file_name="hidden.mp3")
    nobodys = await judged_call(platform, org, file_name="nobodys.mp3")
    supervisor, agent, reviewer = [await person(role) for role in ("supervisor", "agent", "reviewer")]
    await lead(platform.database, org, supervisor, mine)
    await bind(platform.database, org, agent, mine)
    unknown = uuid.uuid4()
    for browser in (supervisor, agent):
        shown = (await browser.get("/calls")).text
        assert "seen.mp3" in shown
        assert "hidden.mp3" not in shown
        assert "nobodys.mp3" not in shown
        assert "Zoe" not in shown
        assert (await browser.get(f"/calls/{seen}")).status_code == 200
        missing = await browser.get(f"/calls/{unknown}")
        for other in (hidden_call, nobodys):
            for path in ("", "/transcript", "/recording", "/playback"):
                answer = await browser.get(f"/calls/{other}{path}")
                assert answer.status_code == 404, path
            assert _without_ids((await browser.get(f"/calls/{other}")).text) == _without_ids(missing.text)
    assert "hidden.mp3" in (await reviewer.get("/calls")).text


def _without_ids(text: str) -> str:
    return re.sub(r"req_\w+|[0-9a-f-]{36}|\d+ (seconds|minutes)", "", text)


async def test_a_verdict_is_overridden_shown_beside_the_machines_and_taken_back(
    person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    path = f"/calls/{await judged_call(platform, org)}"
    reviewer = await person("reviewer")
    seen = await _fields(reviewer, path)
    answer = await _decide(
        reviewer, path, seen, decision="override", verdict="partly_met", points="1", reason="Half a <name>."
    )
    assert answer.headers["location"] == f"{path}?done=decided#criterion-{KEY}"
    page = (await reviewer.get(path)).text
    for shown in ("<span>Person</span>", "<span>Machine</span>", "partly met", "Half a &lt;name&gt;.",
                  "overridden by", "The machine&#39;s reason.", "met → partly met",
                  "The machine alone"):  # fmt: skip
        assert shown in page, shown
    answer = await _decide(reviewer, path, await _fields(reviewer, path), decision="undo")
    assert answer.headers["location"] == f"{path}?done=taken-back#criterion-{KEY}"
    assert await _decisions(platform, org) == [("overridden", "partly_met", 1.0), ("undone", None, None)]
    assert "<span>Person</span>" not in (await reviewer.get(path)).text


async def test_confirming_takes_the_best_guess(admin: Browser, platform: Platform, org: uuid.UUID) -> None:
    path = f"/calls/{await judged_call(platform, org, {KEY: Line('needs_review')})}"
    assert "Confirm not met" in (await admin.get(path)).text
    await _decide(admin, path, await _fields(admin, path), decision="confirm")
    assert await _decisions(platform, org) == [("confirmed", "not_met", None)]


async def test_a_conflict_says_what_the_other_decided_and_loses_nothing(
    person: NewPerson, admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    path = f"/calls/{await judged_call(platform, org)}"
    reviewer = await person("reviewer")
    early = await _fields(reviewer, path)
    await _decide(
        admin, path, await _fields(admin, path), decision="override", verdict="not_met", reason="No."
    )
    wanted = {"decision": "override", "verdict": "partly_met", "points": "2", "reason": "My long reason."}
    refused = await _decide(reviewer, path, early, **wanted)
    assert refused.status_code == 409
    part = refused.text.partition(f'id="criterion-{KEY}"')[2].partition('<li class="criterion"')[0]
    for shown in (admin.email, "overrode this", "“No.”", "My long reason.", 'value="2"', "data-override open",
                  'value="partly_met" required checked', 'name="revision" value="1"'):  # fmt: skip
        assert shown in part, shown
    again = early | {"revision": "1"} | wanted
    assert (await _decide(reviewer, path, again)).status_code == 303
    assert [one[1] for one in await _decisions(platform, org)] == ["not_met", "partly_met"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"decision": "override", "verdict": "met"}, "why is the machine wrong?"),
        ({"decision": "override", "reason": "x"}, "Choose a verdict."),
        (
            {"decision": "override", "verdict": "partly_met", "reason": "x", "points": "many"},
            "how many points",
        ),
        ({"decision": "override", "verdict": "partly_met", "reason": "x", "points": "9999"}, "less than"),
        ({"decision": "override", "verdict": "met", "reason": "x" * 2001}, "at most 2000"),
        ({"decision": "shout"}, "Confirm the verdict, override it"),
        ({"decision": "confirm", "revision": "-1"}, "does not say what you saw"),
    ],
)
async def test_what_is_wrong_with_a_decision_is_told_beside_it(
    admin: Browser, platform: Platform, org: uuid.UUID, fields: dict[str, str], said: str
) -> None:
    path = f"/calls/{await judged_call(platform, org)}"
    answer = await _decide(admin, path, await _fields(admin, path), **fields)
    assert (answer.status_code, said in answer.text) == (400, True), answer.text
    assert await _decisions(platform, org) == []


async def test_comments_are_written_changed_and_deleted_by_their_author(
    person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    jane = await new_agent(platform.database, org)
    path = f"/calls/{await judged_call(platform, org, agent_id=jane)}"
    reviewer, agent = await person("reviewer"), await person("agent")
    await bind(platform.database, org, agent, jane)
    for fields in (
        {"text": "Only <us>", "visibility": "internal"},
        {"text": "For you", "visibility": "agent", "line": "s1"},
        {"text": "Here", "criterion": KEY, "visibility": "agent"},
    ):
        assert (await reviewer.submit("/account", fields, to=f"{path}/comments")).status_code == 303
    answer = await agent.submit("/account", {"text": "Thank you", "line": "s1"}, to=f"{path}/comments")
    assert answer.headers["location"].endswith("#seg-s1")
    theirs = (await agent.get(path)).text
    assert "Only &lt;us&gt;" not in theirs
    assert "For you" in theirs
    ours = (await reviewer.get(path)).text
    for text in ("Only &lt;us&gt;", "For you", "Here", "Thank you"):
        assert text in ours
    async with platform.database.tenant(org) as session:
        ids = {one.text: one.id for one in await session.scalars(select(Comment))}
    one = ids["For you"]
    assert "Change the comment" in (await reviewer.get(f"{path}?edit={one}")).text
    assert "Change the comment" not in (await agent.get(f"{path}?edit={one}")).text
    changed = await reviewer.submit(
        path, {"text": "Changed", "visibility": "internal"}, to=f"{path}/comments/{one}"
    )
    assert changed.status_code == 303
    assert "Changed" not in (await agent.get(path)).text
    empty = await reviewer.submit("/account", {"text": "  "}, to=f"{path}/comments/{one}")
    assert (empty.status_code, "1 to 5000 characters" in empty.text) == (400, True)
    for verb in ("", "/delete"):
        stolen = await agent.submit("/account", {"text": "Mine"}, to=f"{path}/comments/{ids['Here']}{verb}")
        assert stolen.status_code == 403
        secret = await agent.submit(
            "/account", {"text": "Mine"}, to=f"{path}/comments/{ids['Only <us>']}{verb}"
        )
        assert secret.status_code == 404
    assert (await reviewer.submit("/account", to=f"{path}/comments/{one}/delete")).status_code == 303
    assert "Changed" not in (await reviewer.get(path)).text


async def test_a_comment_is_written_at_a_line_that_is_asked_for(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    path = f"/calls/{await judged_call(platform, org)}"
    assert 'id="note"' not in (await admin.get(path)).text
    assert 'name="line" value="s1"' in (await admin.get(f"{path}?line=s1")).text
    wrong = await admin.submit("/account", {"text": "x", "line": "s99"}, to=f"{path}/comments")
    assert wrong.status_code == 400


async def test_agents_acknowledge_and_appeal_their_own_call_and_decide_nothing(
    person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    jane = await new_agent(platform.database, org)
    path = f"/calls/{await judged_call(platform, org, {KEY: Line('not_met')}, agent_id=jane)}"
    agent = await person("agent")
    await bind(platform.database, org, agent, jane)
    page = (await agent.get(path)).text
    assert "You can appeal each criterion below until" in page
    for absent in ("data-confirm", "data-override", "Evaluate again", "Webhook deliveries"):
        assert absent not in page
    assert (await agent.submit("/account", to=f"{path}/acknowledge")).status_code == 303
    assert "acknowledged <time" in (await agent.get(path)).text
    appeal = f"{path}/criteria/{KEY}/appeal"
    assert (await agent.submit("/account", {"reason": " "}, to=appeal)).status_code == 400
    assert (await agent.submit("/account", {"reason": "I did say it."}, to=appeal)).status_code == 303
    page = (await agent.get(path)).text
    assert "You: “I did say it.”" in page
    again = await agent.submit("/account", {"reason": "Again."}, to=appeal)
    assert (again.status_code, "appealed before" in again.text) == (409, True)
    for verb, fields in (
        ("evaluate", {}),
        ("swap", {}),
        (f"criteria/{KEY}", {"decision": "confirm", "revision": "0"}),
    ):
        assert (await agent.submit("/account", fields, to=f"{path}/{verb}")).status_code == 403
    async with platform.database.tenant(org) as session:
        assert [one.reason for one in await session.scalars(select(Appeal))] == ["I did say it."]


async def test_an_appeal_that_is_too_late_says_until_when_it_was_possible(
    person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    jane = await new_agent(platform.database, org)
    path = f"/calls/{await judged_call(platform, org, agent_id=jane)}"
    agent = await person("agent")
    await bind(platform.database, org, agent, jane)
    async with platform.database.tenant(org) as session:
        earlier = EvaluationRow.completed_at - timedelta(days=8)
        await session.execute(update(EvaluationRow).values(completed_at=earlier))
    assert "The time for appeals ended" in (await agent.get(path)).text
    late = await agent.submit("/account", {"reason": "x"}, to=f"{path}/criteria/{KEY}/appeal")
    assert late.status_code == 409


async def test_nobody_decides_on_the_own_call(person: NewPerson, platform: Platform, org: uuid.UUID) -> None:
    jane = await new_agent(platform.database, org)
    path = f"/calls/{await judged_call(platform, org, agent_id=jane)}"
    reviewer = await person("reviewer")
    await bind(platform.database, org, reviewer, jane)
    assert "data-confirm" not in (await reviewer.get(path)).text
    answer = await reviewer.submit(
        path, {"decision": "confirm", "revision": "0"}, to=f"{path}/criteria/{KEY}"
    )
    assert (answer.status_code, "Nobody decides on the own call" in answer.text) == (403, True)
