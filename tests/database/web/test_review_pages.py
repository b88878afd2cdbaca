"""The queue and appeals as pages."""

import uuid

from sqlalchemy import select

from calltrace.pipeline.context import Platform
from calltrace.reviews.models import Appeal, Override, ReviewItem, ReviewRule, ReviewSettings
from calltrace.scorecards.catalogue import default_scorecard
from database.reviews.factory import Line, judged_call, new_agent
from database.web.conftest import Browser, NewPerson
from database.web.people import bind, lead, queued, user_id

KEY = default_scorecard().criteria[0].key


async def test_a_review_is_taken_decided_and_finished(
    person: NewPerson, admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    call = await judged_call(platform, org, file_name="one.mp3")
    item = f"/reviews/queue/{await queued(platform.database, org, call)}"
    reviewer, other = await person("reviewer"), await person("reviewer")
    board = (await reviewer.get("/reviews")).text
    assert "one.mp3" in board
    assert "By chance" in board
    taken = await reviewer.submit("/reviews", to=f"{item}/claim")
    assert taken.headers["location"] == f"/calls/{call}?done=review-taken"
    refused = await other.submit("/reviews", to=f"{item}/claim")
    assert (refused.status_code, "Somebody else is reviewing" in refused.text) == (409, True)
    assert "one.mp3" in (await reviewer.get("/reviews?show=mine")).text
    assert "one.mp3" not in (await other.get("/reviews?show=mine")).text
    page = (await reviewer.get(f"/calls/{call}")).text
    assert f"0 of {len(default_scorecard().criteria)} decided" in page
    assert "Finish review" not in page
    early = await reviewer.submit("/reviews", to=f"{item}/finish")
    assert (early.status_code, KEY in early.text) == (409, True)
    for one in default_scorecard().criteria:
        fields = {"decision": "confirm", "revision": "0"}
        answer = await reviewer.submit("/account", fields, to=f"/calls/{call}/criteria/{one.key}")
        assert answer.status_code == 303
    assert "Finish review" in (await reviewer.get(f"/calls/{call}")).text
    assert (await reviewer.submit("/reviews", to=f"{item}/finish")).status_code == 303
    assert "one.mp3" not in (await reviewer.get("/reviews")).text
    assert reviewer.email in (await admin.get("/reviews?show=done")).text


async def test_skipping_needs_a_reason_and_assigning_a_supervisor(
    person: NewPerson, admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    call = await judged_call(platform, org)
    item_id = await queued(platform.database, org, call)
    item, reviewer = f"/reviews/queue/{item_id}", await person("reviewer")
    fields = {"assignee": str(await user_id(platform.database, org, reviewer))}
    assert (await reviewer.submit("/reviews", fields, to=f"{item}/assign")).status_code == 403
    nobody = await admin.submit("/reviews", {"assignee": str(uuid.uuid4())}, to=f"{item}/assign")
    assert nobody.status_code == 400
    assert (await admin.submit("/reviews", fields, to=f"{item}/assign")).status_code == 303
    assert "for you" in (await reviewer.get("/reviews?show=mine")).text
    await reviewer.submit("/reviews", to=f"{item}/claim")
    assert (await reviewer.submit("/reviews", {"reason": ""}, to=f"{item}/skip")).status_code == 400
    assert (await reviewer.submit("/reviews", to=f"{item}/release")).status_code == 303
    await reviewer.submit("/reviews", to=f"{item}/claim")
    assert (await reviewer.submit("/reviews", {"reason": "Noise."}, to=f"{item}/skip")).status_code == 303
    assert "“Noise.”" in (await admin.get("/reviews?show=done")).text
    async with platform.database.tenant(org) as session:
        assert (await session.get_one(ReviewItem, item_id)).state == "skipped"


async def test_supervisors_see_reviews_and_appeals_of_their_teams_only(
    person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    jane, zoe = [await new_agent(platform.database, org, name) for name in ("Jane", "Zoe")]
    supervisor, agent = await person("supervisor"), await person("agent")
    await lead(platform.database, org, supervisor, jane)
    await bind(platform.database, org, agent, zoe)
    call = await judged_call(platform, org, agent_id=zoe, file_name="hidden.mp3")
    item = await queued(platform.database, org, call)
    await agent.submit("/account", {"reason": "No."}, to=f"/calls/{call}/criteria/{KEY}/appeal")
    async with platform.database.tenant(org) as session:
        appeal = await session.scalar(select(Appeal.id))
    for path in ("/reviews", "/reviews/appeals"):
        assert "hidden.mp3" not in (await supervisor.get(path)).text
    assert (await supervisor.get(f"/reviews/appeals/{appeal}")).status_code == 404
    for path in (f"/reviews/queue/{item}/claim", f"/reviews/appeals/{appeal}"):
        answer = await supervisor.submit("/reviews", {"outcome": "rejected", "reason": "x"}, to=path)
        assert answer.status_code == 404


async def test_an_appeal_is_upheld_with_a_verdict_or_rejected_with_a_reason(
    person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    jane = await new_agent(platform.database, org)
    supervisor, agent = await person("supervisor"), await person("agent")
    await lead(platform.database, org, supervisor, jane)
    await bind(platform.database, org, agent, jane)
    second = default_scorecard().criteria[1].key
    lines = {KEY: Line("not_met"), second: Line("not_met")}
    call = f"/calls/{await judged_call(platform, org, lines, agent_id=jane)}"
    for key in (KEY, second):
        await agent.submit("/account", {"reason": f"Not so: {key}."}, to=f"{call}/criteria/{key}/appeal")
    async with platform.database.tenant(org) as session:
        found = {
            one.criterion_key: f"/reviews/appeals/{one.id}" for one in await session.scalars(select(Appeal))
        }
    assert f"Not so: {KEY}." in (await supervisor.get(found[KEY])).text
    for fields, said in (
        ({"reason": "x"}, "Uphold the appeal, or reject it."),
        ({"outcome": "upheld", "reason": "My words."}, "Choose a verdict."),
        ({"outcome": "upheld", "verdict": "met", "reason": " "}, "Give a reason."),
    ):
        refused = await supervisor.submit(found[KEY], fields)
        assert (refused.status_code, said in refused.text) == (400, True)
        assert fields["reason"].strip() in refused.text
    upheld = {"outcome": "upheld", "verdict": "met", "reason": "It is said at the end."}
    assert (await supervisor.submit(found[KEY], upheld)).status_code == 303
    decided = await supervisor.send(found[KEY], upheld | {"csrf": (await _token(supervisor))})
    assert decided.status_code in {400, 409}
    assert (
        await supervisor.submit(found[second], {"outcome": "rejected", "reason": "It is not."})
    ).status_code == 303
    page = (await agent.get(call)).text
    for shown in (
        "Appeal upheld",
        "It is said at the end.",
        "Appeal rejected",
        "It is not.",
        supervisor.email,
    ):
        assert shown in page
    async with platform.database.tenant(org) as session:
        assert [one.verdict for one in await session.scalars(select(Override))] == ["met"]
    assert "No appeal is open." in (await supervisor.get("/reviews/appeals")).text
    assert "Jane" in (await supervisor.get("/reviews/appeals?show=upheld")).text


async def _token(browser: Browser) -> str:
    text = (await browser.get("/logout")).text
    return text.partition('name="csrf" value="')[2].partition('"')[0]


async def test_rules_are_made_changed_and_deleted_by_admins(
    person: NewPerson, admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    assert "No rule yet." in (await admin.get("/reviews/rules")).text
    new = "/reviews/rules/new"
    for fields, said in (
        ({"name": "", "kind": "random", "number": "5"}, "name"),
        ({"name": "Some", "kind": "magic"}, "Choose what the rule looks for."),
        ({"name": "Some", "kind": "random", "number": "much"}, "Write a number."),
        ({"name": "Some", "kind": "random", "number": "101"}, "at most 1"),
        ({"name": "Some", "kind": "quota", "number": "1e300"}, "smaller number"),
    ):
        refused = await admin.submit(new, fields)
        assert (refused.status_code, said in refused.text) == (400, True), fields
    made = await admin.submit(new, {"name": "Five", "kind": "random", "number": "5", "enabled": "yes"})
    assert made.status_code == 303
    shown = (await admin.get("/reviews/rules")).text
    assert "5 % of all calls" in shown
    async with platform.database.tenant(org) as session:
        rule = (await session.scalars(select(ReviewRule))).one()
    assert (rule.settings, rule.enabled) == ({"share": 0.05}, True)
    path, reviewer = f"/reviews/rules/{rule.id}", await person("reviewer")
    assert "Five" in (await reviewer.get("/reviews/rules")).text
    assert (await reviewer.get(path)).status_code == 403
    assert (await reviewer.submit("/account", to=f"{path}/delete")).status_code == 403
    changed = await admin.submit(path, {"name": "Bad", "kind": "score_under", "number": "60"})
    assert changed.status_code == 303
    assert "Low score: under 60" in (await admin.get("/reviews/rules")).text
    assert (await admin.submit(path, to=f"{path}/delete")).status_code == 303
    assert "No rule yet." in (await admin.get("/reviews/rules")).text


async def test_settings_say_how_long_appeals_are_possible(person: NewPerson, admin: Browser) -> None:
    wanted = {"appealDays": "3", "leastAgreement": "", "leastDecisions": "40"}
    to = "/reviews/rules/settings"
    assert (await admin.submit("/reviews/rules", wanted, to=to)).status_code == 303
    refused = await admin.submit("/reviews/rules", wanted | {"appealDays": "400"}, to=to)
    assert (refused.status_code, "A number from 0 to 365." in refused.text) == (400, True)
    reviewer = await person("reviewer")
    assert "never demote" in (await reviewer.get("/reviews/rules")).text
    assert (await reviewer.submit("/account", wanted, to=to)).status_code == 403


async def test_agreement_is_told_for_each_criterion_and_a_demotion_lifted_by_admins(
    person: NewPerson, admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    assert "Nobody decided a criterion" in (await admin.get("/reviews/agreement")).text
    scorecard = default_scorecard()
    async with platform.database.tenant(org) as session:
        session.add(ReviewSettings(org_id=org, appeal_days=7, least_agreement=0.4, least_decisions=2))
    for machine, verdict in (("met", "not_met"), ("not_met", "met"), ("met", "not_met")):
        call = f"/calls/{await judged_call(platform, org, {KEY: Line(machine)})}"  # pyright: ignore[reportArgumentType]
        fields = {"decision": "override", "revision": "0", "verdict": verdict, "reason": "No."}
        await admin.submit("/account", fields, to=f"{call}/criteria/{KEY}")
    page = (await admin.get("/reviews/agreement")).text
    for shown in (scorecard.criteria[0].name, "only suggests", "Let it grade again"):
        assert shown in page
    lift = f"/reviews/agreement/{scorecard.id}/{KEY}/lift"
    reviewer = await person("reviewer")
    assert "Let it grade again" not in (await reviewer.get("/reviews/agreement")).text
    assert (await reviewer.submit("/account", to=lift)).status_code == 403
    assert (await admin.submit("/account", to=lift)).status_code == 303
    assert (
        f"lifted by {admin.email}" in (await admin.get(f"/reviews/agreement?scorecard={scorecard.id}")).text
    )
    assert (await admin.get(f"/reviews/agreement?scorecard={uuid.uuid4()}")).status_code == 404
