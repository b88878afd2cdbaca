"""A draft built by forms: each step is saved, what is wrong is said at the field, nobody's work is lost."""

import html
import re
import uuid
from typing import Any

import httpx2
import pytest

from calltrace.accounts.audit import OPERATOR
from calltrace.db.base import Json
from calltrace.db.session import Database
from calltrace.scorecards import drafts, queries, service
from calltrace.scorecards.yaml import load_scorecard
from calltrace.web.criterion_form import BLANKS
from database.web.conftest import Browser, hidden

TWO = """\
key: ours
name: Ours
sections:
  - name: First
    criteria:
      - {key: a, name: Alpha, points: 10, check: {kind: said, cues: [{patterns: [hello]}]}}
      - {key: b, name: Beta, points: 10, check: {kind: said, cues: [{patterns: [bye]}]}}
  - name: Second
    criteria:
      - {key: c, name: Gamma, points: 10, check: {kind: measure, metric: silence_share, maximum: 0.2}}
"""
NEW: dict[str, Any] = {
    "step": "save", "name": "Delta", "key": "d", "points": "5", "critical": "", "section": "First",
    "newSection": "", "advice": "",
}  # fmt: skip
FILLED: dict[str, dict[str, Any]] = {
    "said": {"check.cues.0.by": "agent", "check.cues.0.patterns": "one\ntwo", "check.partial": "yes",
             "check.within.firstSeconds": "30", "check.cues.1.by": "customer",
             "check.cues.1.acts": ["accept"]},
    "not_said": {"check.phrases": "never\nnever ever"},
    "sequence": {"check.steps.0.by": "agent", "check.steps.0.patterns": "one", "check.steps.1.by": "agent",
                 "check.steps.1.examples": "And then two.", "check.maxGapSeconds": "5"},
    "verification": {"check.ask.acts": ["ask_identifier"], "check.answer.by": "customer",
                     "check.answer.acts": ["give_identifier"], "check.detail.acts": ["give_account_detail"]},
    "hold": {"check.minSeconds": "20", "check.ask.acts": ["hold_request"], "check.bare.acts": ["hold_bare"],
             "check.back.acts": ["hold_return"]},
    "measure": {"check.metric": "agent_talk_share", "check.maximum": "0.6"},
    "question": {"check.question": "Was it solved?", "check.answers.0.text": "Yes",
                 "check.answers.0.verdict": "met", "check.answers.1.text": "Half",
                 "check.answers.1.share": "0.5", "check.answers.2.text": "", "check.answers.2.verdict": ""},
    "sensitive_data": {"check.kinds": ["payment_card"], "check.onlyBy": "customer"},
    "sentiment_change": {"check.expect": "better"},
}  # fmt: skip


@pytest.fixture
async def scorecard_id(database: Database, org: uuid.UUID) -> uuid.UUID:
    async with database.tenant(org) as session:
        return (await service.create(session, org, OPERATOR, load_scorecard(TWO))).row.id


@pytest.fixture
def here(scorecard_id: uuid.UUID) -> str:
    return f"/scorecards/{scorecard_id}"


async def _draft(database: Database, org: uuid.UUID, scorecard_id: uuid.UUID) -> Json:
    async with database.tenant(org) as session:
        found = await queries.draft(session, scorecard_id)
    assert found
    return found.document


def _order(document: Json) -> list[tuple[str, list[str]]]:
    return [(one["name"], [each["key"] for each in one["criteria"]]) for one in document["sections"]]


@pytest.mark.parametrize("kind", list(BLANKS))
async def test_a_criterion_of_every_kind_is_added_and_opened_again(
    admin: Browser, database: Database, org: uuid.UUID, scorecard_id: uuid.UUID, here: str, kind: str
) -> None:
    shown = await admin.get(f"{here}/edit/new?kind={kind}")
    assert shown.status_code == 200
    answer = await admin.send(f"{here}/edit/new", hidden(shown) | _kind(kind) | NEW | FILLED[kind])
    assert answer.headers.get("location") == f"{here}/edit?done=draft-saved", answer.text
    made = (await _draft(database, org, scorecard_id))["sections"][0]["criteria"][2]
    assert (made["key"], made["check"]["kind"]) == ("d", kind)
    again = await admin.get(f"{here}/edit/criteria/d")
    assert 'value="Delta"' in again.text
    for value in FILLED[kind].values():
        if isinstance(value, str) and value.isalpha() and value != "yes":
            assert value in again.text
    assert "Delta" in (await admin.get(f"{here}/edit")).text


def _kind(kind: str) -> dict[str, str]:
    return {"check.kind": kind}


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "points": ({"points": "many"}, "points", "Write a number"),
    "the same key": ({"key": "a"}, "key", "keys must differ"),
    "no words": ({"check.cues.0.patterns": ""}, "check.cues", "needed"),
    "a pattern": ({"check.cues.0.patterns": "((("}, "check.cues.0.patterns", ""),
    "nothing": ({"name": "", "key": ""}, "name", "needed"),
    "no section": ({"section": ""}, "section", "Choose a section"),
    "a condition": (
        {"onlyIf.criterion": "zz", "onlyIf.verdict": "met"},
        "onlyIf.criterion",
        "no criterion zz",
    ),
}


@pytest.mark.parametrize(("changes", "field", "detail"), WRONG.values(), ids=WRONG)
async def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(
    admin: Browser, here: str, changes: dict[str, Any], field: str, detail: str,
) -> None:  # fmt: skip
    fields = {
        **_kind("said"),
        **NEW,
        "check.cues.0.patterns": "what I typed",
        "advice": "Say <more>.",
    } | changes
    answer = await admin.submit(f"{here}/edit/new?kind=said", fields, to=f"{here}/edit/new")
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}-mistake"' in answer.text
    assert f'id="{field}"' in answer.text, "the link leads somewhere"
    assert detail in answer.text
    assert "Say &lt;more&gt;." in answer.text
    for value in changes.values():
        assert html.escape(value) in answer.text
    assert "The first change begins a draft" in (await admin.get(f"{here}/edit")).text
    again = hidden(answer) | {**_kind("said"), **NEW, "check.cues.0.patterns": "fine"}
    assert (await admin.send(f"{here}/edit/new", again)).status_code == 303


async def test_a_part_more_and_a_part_less_save_nothing_and_keep_what_was_typed(
    admin: Browser, database: Database, org: uuid.UUID, scorecard_id: uuid.UUID, here: str
) -> None:
    two = {"check.cues.0.patterns": "first words", "check.cues.1.patterns": "second words"}
    fields = {**_kind("said"), **NEW, **two}
    more = await admin.submit(f"{here}/edit/new", fields | {"step": "more"})
    assert more.status_code == 200
    assert 'id="check.cues.2"' in more.text
    less = await admin.submit(f"{here}/edit/new", fields | {"step": "drop:check.cues.0"})
    assert "second words" in less.text
    assert "first words" not in less.text
    assert 'value="Delta"' in less.text
    async with database.tenant(org) as session:
        assert await queries.draft(session, scorecard_id) is None


STEPS: dict[str, tuple[str, list[tuple[str, list[str]]]]] = {
    "down": ("down:a", [("First", ["b", "a"]), ("Second", ["c"])]),
    "over the edge": ("down:b", [("First", ["a"]), ("Second", ["b", "c"])]),
    "up over the edge": ("up:c", [("First", ["a", "b", "c"])]),
    "at the top": ("up:a", [("First", ["a", "b"]), ("Second", ["c"])]),
    "removed": ("remove:b", [("First", ["a"]), ("Second", ["c"])]),
    "the last of its section": ("remove:c", [("First", ["a", "b"])]),
    "a section": ("section-up:1", [("Second", ["c"]), ("First", ["a", "b"])]),
    "a section down": ("section-down:0", [("Second", ["c"]), ("First", ["a", "b"])]),
    "a section removed": ("section-remove:0", [("Second", ["c"])]),
}


@pytest.mark.parametrize(("step", "order"), STEPS.values(), ids=STEPS)
async def test_things_are_moved_and_removed(
    admin: Browser, database: Database, org: uuid.UUID, scorecard_id: uuid.UUID, here: str, *,
    step: str, order: list[tuple[str, list[str]]],
) -> None:  # fmt: skip
    answer = await admin.submit(f"{here}/edit", {"step": step})
    assert answer.status_code == 303, answer.text
    assert _order(await _draft(database, org, scorecard_id)) == order


@pytest.mark.parametrize("step", ["down:nothing", "section-up:9", "section-remove:x", "nonsense:a"])
async def test_steps_that_no_page_offers_lead_nowhere(admin: Browser, here: str, step: str) -> None:
    assert (await admin.submit(f"{here}/edit", {"step": step})).status_code == 404


async def test_settings_are_saved_and_refused_with_what_was_typed(
    admin: Browser, database: Database, org: uuid.UUID, scorecard_id: uuid.UUID, here: str
) -> None:
    fields = {
        "step": "settings", "name": "Better", "description": "What <we> want", "passMark": "80",
        "reviewThreshold": "0.5", "criticalThreshold": "0.95", "languages": "EN, de",
        "sections.0.name": "Opening", "sections.0.weight": "60", "sections.1.name": "Flow",
        "sections.1.weight": "40",
    }  # fmt: skip
    refused = await admin.submit(f"{here}/edit", fields | {"passMark": "300", "sections.1.weight": ""})
    assert refused.status_code == 422
    assert 'id="passMark-mistake"' in refused.text
    assert "What &lt;we&gt; want" in refused.text
    assert 'value="300"' in refused.text
    answer = await admin.send(f"{here}/edit", hidden(refused) | fields)
    assert answer.status_code == 303, answer.text
    draft = await _draft(database, org, scorecard_id)
    assert (draft["name"], draft["passMark"], draft["languages"]) == ("Better", 80.0, ["en", "de"])
    assert [(one["name"], one["weight"]) for one in draft["sections"]] == [("Opening", 60.0), ("Flow", 40.0)]


async def test_a_criterion_moves_to_a_new_section(
    admin: Browser, database: Database, org: uuid.UUID, scorecard_id: uuid.UUID, here: str
) -> None:
    shown = await admin.get(f"{here}/edit/criteria/c")
    fields = {**_kind("measure"), **NEW, **FILLED["measure"], "key": "c", "newSection": "Third"}
    assert (await admin.send(f"{here}/edit/criteria/c", hidden(shown) | fields)).status_code == 303
    assert _order(await _draft(database, org, scorecard_id)) == [("First", ["a", "b"]), ("Third", ["c"])]


async def test_of_two_who_build_the_second_is_told_and_goes_on_with_both(
    admin: Browser, database: Database, org: uuid.UUID, scorecard_id: uuid.UUID, here: str
) -> None:
    mine = await admin.get(f"{here}/edit/criteria/a")
    theirs = load_scorecard(TWO.replace("Gamma", "Their Gamma"))
    async with database.tenant(org) as session:
        await drafts.save(session, OPERATOR, scorecard_id, theirs)
    fields = {**_kind("said"), **NEW, "key": "a", "name": "My Alpha", "check.cues.0.patterns": "one\r\ntwo"}
    answer = await admin.send(f"{here}/edit/criteria/a", hidden(mine) | fields)
    assert answer.status_code == 409
    assert "Somebody else saved meanwhile" in answer.text
    assert "My Alpha" in answer.text
    assert "Their Gamma" in str(await _draft(database, org, scorecard_id))
    assert "My Alpha" not in str(await _draft(database, org, scorecard_id))
    again = await admin.send(f"{here}/edit/criteria/a", _all_fields(answer))
    assert again.status_code == 303, again.text
    both = await _draft(database, org, scorecard_id)
    assert "Their Gamma" in str(both)
    assert both["sections"][0]["criteria"][0]["check"]["cues"][0]["patterns"] == ["one", "two"]


def _all_fields(answer: httpx2.Response) -> dict[str, str]:
    """What the browser sends again from the page of a conflict."""
    text = answer.text.split('class="actions"')[-1]
    short = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
    long = re.findall(r'<textarea name="([^"]+)" hidden[^>]*>\n(.*?)</textarea>', text, re.DOTALL)
    return {name: html.unescape(value) for name, value in (*short, *long)}


async def test_a_change_of_what_somebody_else_removed_adds_it_again(
    admin: Browser, database: Database, org: uuid.UUID, scorecard_id: uuid.UUID, here: str
) -> None:
    mine = await admin.get(f"{here}/edit/criteria/b")
    await admin.submit(f"{here}/edit", {"step": "remove:b"})
    fields = {**_kind("said"), **NEW, "key": "b", "name": "Beta", "check.cues.0.patterns": "bye"}
    answer = await admin.send(f"{here}/edit/criteria/b", hidden(mine) | fields)
    assert answer.status_code == 409
    assert (await admin.send(f"{here}/edit/criteria/b", _all_fields(answer))).status_code == 303
    assert _order(await _draft(database, org, scorecard_id)) == [("First", ["a", "b"]), ("Second", ["c"])]


@pytest.mark.parametrize("path", ["/edit/new?kind=nonsense", "/edit/criteria/nobody"])
async def test_what_is_not_there_is_404(admin: Browser, here: str, path: str) -> None:
    assert (await admin.get(here + path)).status_code == 404
