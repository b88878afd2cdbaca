"""Insights and agents on pages: who sees what, and that every figure leads to its calls."""

import html
import re
import uuid

import pytest
from sqlalchemy import select

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import conversations, surveys
from calltrace.analyses.models import Analysis
from calltrace.analyses.surveys import About, Answered
from calltrace.analyses.telling import Source, Told
from calltrace.catalog.models import Queue
from calltrace.conversations.service import Said
from calltrace.insights import rollup
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.scorecards.catalogue import default_scorecard
from database.reviews.factory import Line, judged_call, new_agent
from database.web.conftest import Browser, NewPerson
from database.web.people import bind, lead

GREETING = default_scorecard().criteria[0]


@pytest.fixture
async def agents(platform: Platform, org: uuid.UUID) -> list[uuid.UUID]:
    """Ada has six calls, two of which failed a criterion; Bo has two."""
    ada, bo = [await new_agent(platform.database, org, name) for name in ("Ada <b>", "Bo")]
    async with platform.database.tenant(org) as session:
        queue = Queue(org_id=org, name="Renewals")
        session.add(queue)
    for number in range(6):
        lines = {GREETING.key: Line("not_met")} if number < 2 else {}
        await judged_call(
            platform, org, lines, agent_id=ada, queue_id=queue.id, file_name=f"ada-{number}.wav"
        )
    for number in range(2):
        await judged_call(platform, org, agent_id=bo, file_name=f"bo-{number}.wav")
    await rollup.keep_up(platform.database, org)
    return [ada, bo]


def _links(page: str, begins: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="([^"]+)"', page) if one.startswith(begins)]


def _calls(page: str) -> list[str]:
    return re.findall(r'class="strong" href="/calls/([0-9a-f-]{36})"', page)


async def test_figures_of_everybody(admin: Browser, agents: list[uuid.UUID]) -> None:
    page = (await admin.get("/insights")).text
    assert "Ada &lt;b&gt;" in page
    assert GREETING.name in page
    assert "1 with fewer than 5 calls is not listed" in page
    assert ">Bo</a>" not in page
    assert f'href="/agents/{agents[0]}' in page


async def test_what_customers_said(
    admin: Browser, platform: Platform, org: uuid.UUID, agents: list[uuid.UUID]
) -> None:
    assert "What customers said" not in (await admin.get("/insights")).text
    async with platform.database.tenant(org) as session:
        calls = (await session.scalars(select(Analysis).where(Analysis.agent_id == agents[0]))).all()
        told = [Answered(About(one.id), score=number) for number, one in enumerate(calls)]
        await surveys.put(session, org, "live", told)
    page = (await admin.get("/insights")).text
    assert "6 of 6 surveys answered, 2.5 on average" in page
    assert "6 calls have both an answer and a score: from 30 on" in page


async def test_what_customers_said_of_chats_is_there_without_a_call(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    at = clock.now()
    told = Told("chat-1", {"started_at": at}, [Said("customer", "Hello.", at)])
    chat, _new = await conversations.receive(platform.intake, Source(org, OPERATOR), told)
    async with platform.database.tenant(org) as session:
        await surveys.put(session, org, "live", [Answered(About(conversation_id=chat.id), score=4)])
    page = (await admin.get("/insights")).text
    assert "No call in these days." in page
    assert "1 of 1 survey answered, 4 on average" in page


async def test_every_figure_leads_to_the_calls_that_it_counts(
    admin: Browser, agents: list[uuid.UUID]
) -> None:
    page = (await admin.get("/insights")).text
    for filters, count in (
        ("", 8), ("&passed=yes", 8), ("&mood=neutral", 8), ("&mood=negative", 0),
        (f"&criterion={default_scorecard().id}%3A{GREETING.key}", 2), (f"&agent={agents[0]}", 6),
    ):  # fmt: skip
        days = r"/calls\?medium=voice&calledFrom=[\d-]+&calledTo=[\d-]+"
        link = next(one for one in _links(page, "/calls?") if re.fullmatch(days + re.escape(filters), one))
        assert len(_calls((await admin.get(link)).text)) == count, link


async def test_what_calls_are_narrowed_down_to_is_said_and_can_be_taken_back(
    admin: Browser, agents: list[uuid.UUID]
) -> None:
    del agents
    page = (await admin.get(f"/calls?criterion={default_scorecard().id}:{GREETING.key}&passed=yes")).text
    assert f"not met: {GREETING.name}" in page
    assert len(_calls((await admin.get("/calls?passed=yes")).text)) == 8
    assert "/calls?passed=yes" in _links(page, "/calls?")


@pytest.mark.parametrize(
    "path",
    ["/insights?by=moon", "/insights?agent=x", "/insights?days=31", "/insights?from=2026-02-02&to=2026-01-01",
     "/calls?passed=maybe", "/calls?criterion=x", "/calls?calledFrom=9999-12-31x", "/calls?mood=odd",
     "/calls?escalated=no", "/calls?center=x"],
)  # fmt: skip
async def test_what_no_form_offers_is_not_found(admin: Browser, path: str) -> None:
    assert (await admin.get(path)).status_code == 404


async def test_days_far_away_hold_no_call(admin: Browser, agents: list[uuid.UUID]) -> None:
    del agents
    assert "No call in these days." in (await admin.get("/insights?from=2001-01-01&to=2001-01-31")).text


async def test_a_supervisor_sees_the_own_teams(
    person: NewPerson, platform: Platform, org: uuid.UUID, agents: list[uuid.UUID]
) -> None:
    browser = await person("supervisor")
    assert "You lead no team yet." in (await browser.get("/insights")).text
    await lead(platform.database, org, browser, agents[1])
    page = (await browser.get("/insights")).text
    assert "calls of your teams" in page
    assert ">2</a>" in page
    listed = (await browser.get("/agents")).text
    assert ("Bo" in listed, "Ada" in listed) == (True, False)
    assert (await browser.get(f"/agents/{agents[0]}")).status_code == 404
    assert (await browser.get(f"/agents/{agents[1]}")).status_code == 200


async def test_an_agent_sees_the_own_page_alone(
    person: NewPerson, platform: Platform, org: uuid.UUID, agents: list[uuid.UUID]
) -> None:
    browser = await person("agent")
    assert "Nobody said yet which agent you are." in (await browser.get("/agents")).text
    await bind(platform.database, org, browser, agents[0])
    assert (await browser.get("/agents")).headers["location"] == f"/agents/{agents[0]}"
    page = (await browser.get(f"/agents/{agents[0]}")).text
    assert "Calls to listen to" in page
    assert GREETING.name in page
    assert (await browser.get(f"/agents/{agents[1]}")).status_code == 404
    assert (await browser.get("/insights")).status_code == 403


async def test_notes_reach_the_agent_and_are_deleted_by_their_author(
    admin: Browser, person: NewPerson, platform: Platform, org: uuid.UUID, agents: list[uuid.UUID]
) -> None:
    path = f"/agents/{agents[0]}"
    answer = await admin.submit(path, {"text": "Greet <first>."}, to=f"{path}/notes")
    assert answer.headers["location"] == f"{path}?done=note-written#notes"
    assert (await admin.submit(path, {"text": " "}, to=f"{path}/notes")).status_code == 400
    browser = await person("agent")
    await bind(platform.database, org, browser, agents[0])
    page = (await browser.get(path)).text
    assert "Greet &lt;first&gt;." in page
    assert "/notes" not in "".join(re.findall(r'action="([^"]+)"', page))
    assert (await browser.submit("/logout", {"text": "x"}, to=f"{path}/notes")).status_code == 403
    [delete] = re.findall(r'action="([^"]+/delete)"', (await admin.get(path)).text)
    assert (await browser.submit("/logout", to=delete)).status_code == 403
    assert (await admin.submit(path, to=delete)).status_code == 303
    assert "first" not in (await browser.get(path)).text
