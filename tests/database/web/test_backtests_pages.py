"""Back-tests and trying a scorecard on one call, through the pages; the judging is that of a real child."""

import uuid
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses.submit import Intake
from calltrace.batches import queries as batches
from calltrace.batches import shown
from calltrace.batches.models import Batch
from calltrace.catalog.models import Agent, Queue
from calltrace.pipeline.batches import BatchRunner
from calltrace.pipeline.context import Platform, build_child
from calltrace.scorecards import drafts
from database.analyses.factory import completed, submitted
from database.batches.asked import next_key
from database.scorecards.factory import card, stored
from database.web.conftest import Browser, NewPerson, hidden

FORM = {"mode": "live", "limit": "100"}


@pytest.fixture
async def runner(platform: Platform, tmp_path: Path) -> AsyncGenerator[BatchRunner]:
    child = build_child(platform.settings, tmp_path)
    yield BatchRunner(platform, child, [])
    await child.close()


@pytest.fixture
async def here(platform: Platform, org: uuid.UUID) -> str:
    """A scorecard whose version is heard in the call, and whose draft is not."""
    made = await stored(platform.database, org, words="good morning")
    async with platform.database.tenant(org) as session:
        await drafts.save(session, OPERATOR, made.row.id, card(words="nobody says this"))
    return f"/scorecards/{made.row.id}"


async def _batch(platform: Platform, org: uuid.UUID, address: str) -> Batch:
    batch_id = uuid.UUID(address.partition("/backtests/")[2].partition("?")[0])
    async with platform.database.tenant(org) as session:
        found = await batches.batch(session, batch_id, "backtest", "live")
    assert found
    return found


async def _work(platform: Platform, runner: BatchRunner, org: uuid.UUID, address: str) -> None:
    await runner.work(org, await next_key(platform.database, org, await _batch(platform, org, address)))


async def test_a_draft_is_back_tested_and_published_from_what_was_found(
    admin: Browser, platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID, here: str
) -> None:
    async with platform.database.tenant(org) as session:
        agent = Agent(org_id=org, name="Ann <b>")
        session.add(agent)
    call = await completed(platform, intake, org, agent_id=agent.id, external_id="crm-1")
    await completed(platform, intake, org)
    answer = await admin.submit(f"{here}/backtests", FORM | {"against": "1"})
    there = answer.headers["location"]
    begun = (await admin.get(there)).text
    assert 'data-live="pending"' in begun
    assert "Waiting for a worker." in begun
    await _work(platform, runner, org, there)
    page = (await admin.get(there)).text
    for words in (
        'data-live="done"', "Mean score", "Pass rate", "2 of 2 verdicts change",
        "Ann &lt;b&gt;", f'href="/calls/{call}"', "crm-1", "Review and publish", "completed",
    ):  # fmt: skip
        assert words in page, words
    assert '<td class="other">2</td>' in page, "the confusion table"
    csv = await admin.get(there.split("?")[0] + "/calls.csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert len(csv.text.splitlines()) == 3
    assert "2 calls by version 2" in (await admin.get(f"{here}/backtests")).text
    published = await admin.submit(f"{here}/publish")
    assert published.status_code == 303
    assert "Review and publish" not in (await admin.get(there)).text


async def test_a_draft_is_tried_on_one_call_with_quotes_and_reasons(
    person: NewPerson, platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID, here: str
) -> None:
    await completed(platform, intake, org, external_id="crm-7")
    await submitted(intake, org, external_id="crm-8")
    reviewer = await person("reviewer")
    assert "crm-7" not in (await reviewer.get(f"{here}/try")).text.split("<legend>")[0]
    async with platform.database.tenant(org) as session:
        await drafts.save(session, OPERATOR, uuid.UUID(here.split("/")[2]), card(words="good morning"))
    answer = await reviewer.submit(f"{here}/try", {"externalId": "crm-7", "criterion": "renewals_said"})
    there = answer.headers["location"]
    assert "The draft was changed since" not in (await reviewer.get(there)).text
    assert there.endswith("?criterion=renewals_said")
    await _work(platform, runner, org, there)
    page = (await reviewer.get(there)).text
    for words in (
        "Tried on one call",
        "Good morning.",
        "Says it",
        "% sure, by",
        "#seg-s1",
        'data-live="done"',
    ):
        assert words in page, words
    async with platform.database.tenant(org) as session:
        await drafts.save(session, OPERATOR, uuid.UUID(here.split("/")[2]), card(words="something else"))
    assert "The draft was changed since" in (await reviewer.get(there)).text
    async with platform.database.tenant(org) as session:
        kept = await session.scalar(text("SELECT after::text FROM batch_calls"))
        assert "Good morning." in str(kept)
    refused = await reviewer.submit(f"{here}/try", {"externalId": "crm-8"})
    assert (refused.status_code, "transcript that can be judged" in refused.text) == (409, True)


async def test_the_api_answers_no_words_of_a_call_that_was_tried(
    admin: Browser, platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID, here: str
) -> None:
    call = await completed(platform, intake, org)
    answer = await admin.submit(f"{here}/try", {"call": str(call)})
    await _work(platform, runner, org, answer.headers["location"])
    async with platform.database.tenant(org) as session:
        found, _more = await shown.calls(
            session, await _batch(platform, org, answer.headers["location"]), above=0, limit=5
        )
    assert set(shown.backtest_call(found[0])["after"]) == {"score", "passed", "verdicts"}
    assert shown.tried(found[0]) is not None


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no number": ({"limit": "many"}, "limit"),
    "too many": ({"limit": "10001"}, "limit"),
    "none": ({"limit": "0"}, "limit"),
    "a day": ({"from": "yesterday"}, "from"),
    "an agent": ({"agent": "Ann"}, "agent"),
    "a queue": ({"queue": "x"}, "queue"),
    "a mode": ({"mode": "both"}, "mode"),
    "a version": ({"against": "9"}, "against"),
    "a draft": ({"against": "2"}, "against"),
    "no calls": ({}, "limit"),
}


@pytest.mark.parametrize(("changes", "field"), BAD.values(), ids=BAD)
async def test_what_cannot_be_back_tested_is_said_at_the_field(
    admin: Browser, here: str, changes: dict[str, Any], field: str
) -> None:
    answer = await admin.submit(f"{here}/backtests", FORM | changes)
    assert answer.status_code in {400, 409}
    assert f'id="{field}-mistake"' in answer.text
    assert "No back-test yet." in answer.text


@pytest.mark.parametrize(
    ("fields", "field"),
    [({}, "call"), ({"call": str(uuid.uuid4())}, "call"), ({"externalId": "nobody"}, "externalId")],
)
async def test_a_call_that_is_not_there_cannot_be_tried(
    admin: Browser, here: str, fields: dict[str, Any], field: str
) -> None:
    answer = await admin.submit(f"{here}/try", fields)
    assert answer.status_code == 400
    assert f'id="{field}-mistake"' in answer.text


async def test_calls_are_chosen_by_queue_and_a_back_test_is_cancelled(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID, here: str
) -> None:
    async with platform.database.tenant(org) as session:
        queue = Queue(org_id=org, name="Sales")
        session.add(queue)
    await completed(platform, intake, org, queue_id=queue.id)
    await completed(platform, intake, org)
    fields = FORM | {"queue": str(queue.id), "from": "2020-01-01", "to": "2999-12-31"}
    answer = await admin.submit(f"{here}/backtests", fields)
    there = answer.headers["location"].split("?")[0]
    assert (await _batch(platform, org, there)).selected == 1
    form = hidden(await admin.get(there))
    for _twice in range(2):
        cancelled = await admin.send(f"{there}/cancel", form)
        assert cancelled.headers["location"] == f"{there}?done=backtest-cancelled"
    assert "cancelled" in (await admin.get(there)).text


async def test_a_back_test_belongs_to_its_scorecard(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID, here: str
) -> None:
    await completed(platform, intake, org)
    there = (await admin.submit(f"{here}/backtests", FORM)).headers["location"].split("?")[0]
    other = await stored(platform.database, org, key="other", name="Other")
    elsewhere = there.replace(here, f"/scorecards/{other.row.id}")
    assert (await admin.get(there)).status_code == 200
    for path in (elsewhere, f"{elsewhere}/calls.csv", f"{there}?above=-1"):
        assert (await admin.get(path)).status_code == 404, path
