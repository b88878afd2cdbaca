"""Alerts and their rules as pages."""

import re
import uuid
from typing import Any

import pytest

from calltrace.accounts.audit import OPERATOR
from calltrace.alerts import rules
from calltrace.alerts.models import AlertRule
from calltrace.analyses.submit import Intake
from calltrace.catalog import service as catalog
from calltrace.catalog.service import AGENTS
from calltrace.db.listing import NameFilter, Slice
from calltrace.pipeline.context import Platform
from database.alerts.test_alerts import LOW, evaluated, new_rule, raised
from database.web.conftest import Browser, NewPerson

NEW = "/alerts/rules/new"
SCORE = {"c.0.kind": "score", "c.0.operator": "under", "c.0.value": "90"}
WORDS = {
    "c.1.0.kind": "keyword", "c.1.0.words": "morning\nlawyer", "c.1.0.match": "stem",
    "c.1.0.speaker": "agent",
}  # fmt: skip
RULE: dict[str, Any] = {
    "name": "Careful", "match": "all", "enabled": "yes", **SCORE, "c.1.kind": "group", "c.1.match": "any",
    **WORDS,
}  # fmt: skip


async def stored(platform: Platform, org: uuid.UUID) -> list[AlertRule]:
    async with platform.database.tenant(org) as session:
        return (await rules.page(session, NameFilter(), Slice(None, 50)))[0]


async def test_a_rule_is_built_saved_changed_and_deleted(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    assert "No rule yet" in (await admin.get("/alerts/rules")).text
    saved = await admin.submit(NEW, RULE | {"emails": admin.email})
    assert saved.headers["location"] == "/alerts/rules?done=alert-rule-saved"
    [rule] = await stored(platform, org)
    assert (rule.name, rule.emails, rule.enabled) == ("Careful", [admin.email], True)
    assert rule.conditions == {
        "match": "all",
        "conditions": [
            {"kind": "score", "operator": "under", "value": 90.0},
            {"kind": "group", "match": "any", "conditions": [
                {"kind": "keyword", "words": ["morning", "lawyer"], "match": "stem", "speaker": "agent"},
            ]},
        ],
    }  # fmt: skip
    shown = (await admin.get(f"/alerts/rules/{rule.id}")).text
    for part in ('value="Careful"', "morning\nlawyer", 'name="c.1.0.words"', 'value="90"'):
        assert part in shown
    assert "all of: score, group" in (await admin.get("/alerts/rules")).text
    changed = await admin.submit(f"/alerts/rules/{rule.id}", {"name": "Off", **SCORE})
    assert changed.status_code == 303
    [rule] = await stored(platform, org)
    assert (rule.name, rule.enabled, rule.emails, len(rule.conditions["conditions"])) == ("Off", False, [], 1)
    gone = await admin.submit(f"/alerts/rules/{rule.id}", to=f"/alerts/rules/{rule.id}/delete")
    assert gone.status_code == 303
    assert await stored(platform, org) == []


@pytest.mark.parametrize(
    ("step", "there", "not_there"),
    [
        ("add:sentiment", 'name="c.2.moods"', 'name="c.3.kind"'),
        ("add:1:score", 'name="c.1.1.value"', 'name="c.2.kind"'),
        ("add:1:group", 'name="c.1.0.words"', 'name="c.1.1.kind"'),
        ("add:nothing", 'name="c.1.0.words"', 'name="c.2.kind"'),
        ("drop:0", 'name="c.0.match"', 'name="c.1.kind"'),
        ("drop:1.0", 'name="c.1.match"', 'name="c.1.0.kind"'),
        ("drop:9", 'name="c.1.0.words"', 'name="c.2.kind"'),
        ("drop:x.y", 'name="c.1.0.words"', 'name="c.2.kind"'),
    ],
)
async def test_the_form_grows_and_shrinks_without_saving(
    admin: Browser, platform: Platform, org: uuid.UUID, step: str, there: str, not_there: str
) -> None:
    shown = await admin.submit(NEW, RULE | {"step": step})
    assert shown.status_code == 200
    assert there in shown.text
    assert not_there not in shown.text
    assert 'value="Careful"' in shown.text
    assert await stored(platform, org) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"c.0.value": "many"}, "c.0.value"),
        ({"c.0.value": "101"}, "c.0.value"),
        ({"c.1.0.words": ""}, "c.1.0.words"),
        ({"projectId": str(uuid.uuid4())}, "projectId"),
        ({"agentId": "x"}, "agentId"),
        ({"emails": "nobody@example.com"}, "emails"),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(
    admin: Browser, platform: Platform, org: uuid.UUID, fields: dict[str, str], field: str
) -> None:
    shown = await admin.submit(NEW, RULE | fields)
    assert shown.status_code == 400
    assert f'href="#{field}"' in shown.text
    assert f'id="{field}"' in shown.text
    assert await stored(platform, org) == []
    bare = await admin.submit(NEW, {"name": "Nothing"})
    assert (bare.status_code, "Nothing is looked for yet" in bare.text) == (400, True)


async def test_a_rule_is_tried_on_past_calls_before_it_is_saved(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    call = await evaluated(platform, intake, org, file_name="past.mp3")
    shown = await admin.submit(NEW, RULE | {"step": "try"})
    assert "1 of 1 past call would have raised this alert" in shown.text
    assert f'href="/calls/{call}"' in shown.text
    assert "“morning” was said by the agent" in shown.text
    none = await admin.submit(NEW, RULE | {"step": "try", "c.0.value": "10"})
    assert "0 of 1 past call" in none.text
    assert (await admin.submit(NEW, RULE | {"step": "try", "c.0.value": "x"})).status_code == 400
    assert await raised(platform.database, org) == []


async def test_an_alert_is_shown_with_its_reasons_and_acknowledged(
    person: NewPerson, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    reviewer = await person("reviewer")
    assert "No alert is open" in (await reviewer.get("/alerts")).text
    morning = {"conditions": [{"kind": "keyword", "words": ["morning"]}]}
    await new_rule(platform.database, org, name="Mornings <b>", conditions=morning)
    call = await evaluated(platform, intake, org, file_name="one.mp3")
    await evaluated(platform, intake, org, file_name="tried.mp3", mode="test")
    shown = (await reviewer.get("/alerts")).text
    assert "Mornings &lt;b&gt;" in shown
    assert f'href="/calls/{call}#seg-s1"' in shown
    assert "tried.mp3" not in shown
    assert "tried.mp3" in (await reviewer.get("/alerts?show=test")).text
    [alert] = await raised(platform.database, org, mode="live")
    done = await reviewer.submit("/alerts", to=f"/alerts/{alert.id}/acknowledge")
    assert done.headers["location"] == "/alerts?done=alert-acknowledged"
    assert "one.mp3" not in (await reviewer.get("/alerts")).text
    assert f"acknowledged by {reviewer.email}" in (await reviewer.get("/alerts?show=acknowledged")).text
    assert (await reviewer.get("/alerts?show=nothing")).status_code == 404


async def test_who_sees_and_does_what(
    person: NewPerson, admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID, new_org: Any
) -> None:
    async with platform.database.tenant(org) as session:
        agent = (await catalog.create(session, org, OPERATOR, AGENTS, {"name": "Zoe"})).id
    rule = await new_rule(platform.database, org, conditions=LOW)
    await evaluated(platform, intake, org, agent_id=agent, file_name="hidden.mp3")
    [alert] = await raised(platform.database, org)
    supervisor, reviewer = await person("supervisor"), await person("reviewer")
    assert "hidden.mp3" in (await admin.get("/alerts")).text
    assert "hidden.mp3" not in (await supervisor.get("/alerts")).text
    refused = await supervisor.submit("/alerts/rules", to=f"/alerts/{alert.id}/acknowledge")
    assert refused.status_code == 404
    assert (await (await person("agent")).get("/alerts")).status_code == 403
    for path in (NEW, f"/alerts/rules/{rule.id}"):
        assert (await reviewer.get(path)).status_code == 403
        assert (await reviewer.submit("/alerts/rules", RULE, to=path)).status_code == 403
        assert (await reviewer.submit("/alerts/rules", RULE | {"step": "try"}, to=path)).status_code == 403
    stranger = await person("owner", await new_org())
    assert "hidden.mp3" not in (await stranger.get("/alerts")).text
    assert (await stranger.get(f"/alerts/rules/{rule.id}")).status_code == 404
    assert (await stranger.submit("/alerts", to=f"/alerts/{alert.id}/acknowledge")).status_code == 404


async def test_long_lists_go_on(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    from calltrace.web.pages import alerts

    monkeypatch.setattr(alerts, "PAGE", 1)
    await new_rule(platform.database, org)
    for name in ("old.mp3", "new.mp3"):
        await evaluated(platform, intake, org, file_name=name)
    first = (await admin.get("/alerts")).text
    older = re.search(r'href="(/alerts\?show=open&amp;cursor=[^"]+)"', first)
    assert older
    second = (await admin.get(older[1].replace("&amp;", "&"))).text
    assert ("new.mp3" in first, "old.mp3" in first) == (True, False)
    assert ("new.mp3" in second, "old.mp3" in second) == (False, True)
