"""The list of calls: who is on it, how it is narrowed down, and what it says when there is nothing."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.analyses.models import Analysis, EvaluationRow
from calltrace.analyses.submit import Intake
from calltrace.catalog.models import Agent, Queue
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.web.pages.calls import PAGE
from database.analyses.factory import completed, submitted
from database.conftest import NewOrg
from database.web.conftest import Browser, NewPerson

NOON = datetime(2026, 6, 19, 12, 0, tzinfo=UTC)


async def _change(database: Database, org: uuid.UUID, analysis_id: uuid.UUID, **fields: Any) -> uuid.UUID:
    async with database.tenant(org) as session:
        analysis = await session.get_one(Analysis, analysis_id)
        for name, value in fields.items():
            setattr(analysis, name, value)
    return analysis_id


def _listed(page: str) -> list[str]:
    return re.findall(r'class="strong" href="/calls/([0-9a-f-]{36})"', page)


async def test_a_call_shows_what_is_known_of_it(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    async with platform.database.tenant(org) as session:
        agent, queue = Agent(org_id=org, name="Ada <b>"), Queue(org_id=org, name="Sales")
        session.add_all([agent, queue])
    found = await completed(
        platform, intake, org, file_name="one.mp3", external_id="crm-1", agent_id=agent.id, queue_id=queue.id
    )
    page = (await admin.get("/calls")).text
    for shown in (f"/calls/{found}", "one.mp3", "crm-1", "Ada &lt;b&gt;", "Sales", "00:12", "completed",
                  ">82</span>", "passed"):  # fmt: skip
        assert shown in page, shown
    assert 'data-live="done"' in page


async def test_a_call_without_a_file_name_is_called_by_its_address(
    admin: Browser, intake: Intake, org: uuid.UUID
) -> None:
    await submitted(intake, org, file_url="https://127.0.0.1/a/call%20one.mp3?token=secret")
    page = (await admin.get("/calls")).text
    assert ">call one.mp3</a>" in page
    assert "secret" not in page


async def test_what_is_under_way_and_what_failed_say_so(
    admin: Browser, database: Database, intake: Intake, org: uuid.UUID
) -> None:
    waiting = await submitted(intake, org)
    await _change(database, org, waiting, status="processing", stage="transcribing", percent=40)
    failed = await submitted(intake, org)
    error = {"code": "unsupported_media", "message": "No.", "stage": "decoding", "retryable": False}
    await _change(database, org, failed, status="failed", error=error)
    page = (await admin.get("/calls")).text
    assert "listening, 40 %" in page
    assert "unsupported_<wbr>media" in page
    assert 'data-live="pending"' in page


async def test_calls_of_another_organisation_and_of_the_other_mode_are_not_listed(
    admin: Browser, intake: Intake, org: uuid.UUID, new_org: NewOrg
) -> None:
    live, test = await submitted(intake, org), await submitted(intake, org, mode="test")
    await submitted(intake, await new_org())
    assert _listed((await admin.get("/calls")).text) == [str(live)]
    shown = (await admin.get("/calls?mode=test")).text
    assert _listed(shown) == [str(test)]
    assert '<a href="/calls?mode=test" aria-current="page">Test</a>' in shown


async def test_the_list_is_narrowed_down(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    async with platform.database.tenant(org) as session:
        agent, queue = Agent(org_id=org, name="Ada"), Queue(org_id=org, name="Sales")
        session.add_all([agent, queue])
    good = await completed(platform, intake, org, file_name="good.mp3", agent_id=agent.id, queue_id=queue.id)
    await _change(platform.database, org, good, created_at=NOON)
    poor = await completed(platform, intake, org, file_name="poor.mp3", external_id="crm/7")
    await _change(platform.database, org, poor, created_at=NOON - timedelta(days=3), heard_language="de")
    async with platform.database.tenant(org) as session:
        statement = "UPDATE evaluations SET score = 40.5, passed = false WHERE analysis_id = :id"
        await session.execute(text(statement), {"id": poor})
    waiting = await submitted(intake, org, file_name="waiting.mp3")
    expected = {
        "": {good, poor, waiting}, "status=completed": {good, poor}, "status=queued": {waiting},
        f"agent={agent.id}": {good}, f"queue={queue.id}": {good}, "language=de": {poor},
        "language=en": {good},
        "scoreFrom=40.5": {good, poor}, "scoreFrom=40.6": {good}, "scoreTo=40.5": {poor},
        "scoreFrom=41&scoreTo=81.9": set[uuid.UUID](), "named=good.mp3": {good}, "named=crm%2F7": {poor},
        "named=good": set[uuid.UUID](), "from=2026-06-19": {good, waiting}, "to=2026-06-18": {poor},
        "from=2026-06-16&to=2026-06-19": {good, poor},
        "status=&agent=&queue=&language=&scoreFrom=&scoreTo=&from=&to=&named=": {good, poor, waiting},
        f"agent={agent.id}&status=queued": set[uuid.UUID](),
    }  # fmt: skip
    for query, wanted in expected.items():
        page = (await admin.get(f"/calls?{query}")).text
        assert set(_listed(page)) == {str(one) for one in wanted}, query
        assert wanted or "No call is like that." in page
    page = (await admin.get("/calls?language=de&status=completed")).text
    assert '<option value="de" selected>German</option>' in page
    assert '<option value="completed" selected>' in page
    assert '<details class="more" open>' in page


async def test_a_score_is_the_newest_evaluations_and_no_older_ones(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    found = await completed(platform, intake, org)
    async with platform.database.tenant(org) as session:
        session.add(
            EvaluationRow(
                org_id=org, analysis_id=found, score=12.5, passed=False, document={},
                created_at=datetime.now(UTC) + timedelta(seconds=1),
            )
        )  # fmt: skip
    assert ">12.5</span>" in (await admin.get("/calls")).text
    assert _listed((await admin.get("/calls?scoreFrom=80")).text) == []
    assert _listed((await admin.get("/calls?scoreTo=20")).text) == [str(found)]


@pytest.mark.parametrize(
    "query",
    ["status=lost", "agent=x", "queue=1", "mode=both", "scoreFrom=101", "scoreTo=-1", "scoreFrom=nan",
     "scoreFrom=x", "from=yesterday", "to=2026-13-01", "named=%00", "named=" + "x" * 256,
     "cursor=" + "x" * 200],
)  # fmt: skip
async def test_a_filter_that_no_form_offers_is_no_page(admin: Browser, query: str) -> None:
    assert (await admin.get(f"/calls?{query}")).status_code == 404


async def test_a_cursor_that_we_never_gave_out_is_refused(admin: Browser) -> None:
    assert (await admin.get("/calls?cursor=nonsense")).status_code == 400


async def test_older_calls_are_on_the_next_pages_each_once(
    admin: Browser, intake: Intake, platform: Platform, org: uuid.UUID
) -> None:
    made = [str(await submitted(intake, org)) for _ in range(PAGE + 3)]
    async with platform.database.tenant(org) as session:
        await session.execute(text("UPDATE analyses SET created_at = :noon"), {"noon": NOON})
    first = (await admin.get("/calls?status=queued")).text
    await submitted(intake, org)  # a call that arrives meanwhile moves nothing
    older = re.search(r'href="(/calls\?status=queued&amp;cursor=[^"]+)"', first)
    assert older
    second = (await admin.get(older[1].replace("&amp;", "&"))).text
    assert sorted(_listed(first) + _listed(second)) == sorted(made)
    assert 'href="/calls?status=queued">Newest' in second
    assert "Older" not in second


async def test_an_empty_list_says_how_to_begin(admin: Browser, person: NewPerson) -> None:
    page = (await admin.get("/calls")).text
    assert "No call yet." in page
    assert "curl https://calls.test/api/v1/analyses" in page
    assert 'href="/admin/integrations/api-keys/new"' in page
    assert 'enctype="multipart/form-data"' in page
    assert "Filter calls" not in page
    assert "No test call yet." in (await admin.get("/calls?mode=test")).text
    shown = (await (await person("reviewer")).get("/calls")).text
    assert "/admin/integrations" not in shown
