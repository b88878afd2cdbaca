"""Insights through the API: figures, rows, trends, criteria, and their refusals."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.catalog.models import Queue
from calltrace.insights import rollup, surveys
from calltrace.insights.period import Period
from calltrace.insights.queries import Narrowing
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.scorecards.catalogue import default_scorecard
from database.analyses.factory import submitted
from database.api.conftest import Api, refused
from database.conftest import Caller
from database.reviews.factory import Line, judged_call, new_agent

GREETING = default_scorecard().criteria[0]
LATE = datetime(2026, 3, 31, 20, 0, tzinfo=UTC)
"""In Kathmandu that is the first of April."""


@pytest.fixture
async def ada(platform: Platform, caller: Caller) -> uuid.UUID:
    """Three judged calls of one agent on one evening, the first failed its greeting; one more that waits."""
    org = caller.org_id
    agent = await new_agent(platform.database, org, "Ada")
    async with platform.database.tenant(org) as session:
        queue = Queue(org_id=org, name="Sales")
        session.add(queue)
    for number in range(3):
        lines = {} if number else {GREETING.key: Line("not_met")}
        labels = {"agent_id": agent, "queue_id": queue.id if number else None, "ai_call": number == 2}
        await judged_call(platform, org, lines, called_at=LATE, **labels)
    await submitted(platform.intake, org, called_at=LATE + timedelta(days=1))
    await rollup.keep_up(platform.database, org)
    return agent


async def _ask(call: Api, path: str) -> Any:
    answer = await call("GET", f"insights/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_summary_counts_what_took_place_in_these_days(call: Api, ada: uuid.UUID) -> None:
    found = await _ask(call, "summary?from=2026-03-01&to=2026-04-30")
    assert found["period"] == {"from": "2026-03-01", "to": "2026-04-30", "timeZone": "UTC"}
    assert (found["calls"], found["completed"], found["pending"], found["failed"]) == (4, 3, 1, 0)
    assert (found["aiCalls"], found["humanCalls"], found["durationSeconds"]) == (1, 3, 37.5)
    assert (found["passed"], found["judged"], found["sentiment"]["neutral"]) == (3, 3, 3)
    one = await _ask(call, f"summary?from=2026-03-31&to=2026-03-31&agentId={ada}")
    assert one["calls"] == 3
    assert one["averageScore"] < 100
    assert (await _ask(call, "summary"))["averageScore"] is None, "of the last thirty days"


async def test_days_are_the_organizations_or_those_of_utc(
    call: Api, ada: uuid.UUID, platform: Platform, caller: Caller
) -> None:
    del ada
    async with platform.database.tenant(caller.org_id) as session:
        await session.execute(text("UPDATE organisations SET time_zone = 'Asia/Kathmandu'"))
    for summed in (False, True):
        april = await _ask(call, "summary?from=2026-04-01&to=2026-04-01")
        assert (april["calls"], april["period"]["timeZone"]) == (3, "Asia/Kathmandu"), summed
        assert (await _ask(call, "summary?from=2026-04-01&to=2026-04-01&zone=utc"))["calls"] == 1
        await rollup.keep_up(platform.database, caller.org_id)


async def test_rows_begin_with_most_calls_and_have_one_for_calls_without(call: Api, ada: uuid.UUID) -> None:
    days = "from=2026-03-31&to=2026-04-01"
    agents = (await _ask(call, f"groups?by=agent&{days}"))["data"]
    assert [(one["id"], one["name"], one["calls"]) for one in agents] == [
        (str(ada), "Ada", 3),
        (None, None, 1),
    ]
    first = await _ask(call, f"groups?by=queue&limit=1&{days}")
    second = await _ask(call, f"groups?by=queue&limit=1&cursor={first['nextCursor']}&{days}")
    assert [one["data"][0]["name"] for one in (first, second)] == ["Sales", None]
    assert second["nextCursor"] is None
    assert (await _ask(call, f"summary?queueId=none&{days}"))["calls"] == 2


async def test_a_trend_has_a_point_for_each_bucket_also_for_empty_ones(call: Api, ada: uuid.UUID) -> None:
    del ada
    found = await _ask(call, "trend?from=2026-03-30&to=2026-04-02")
    assert [(one["date"], one["calls"]) for one in found["data"]] == [
        ("2026-03-30", 0), ("2026-03-31", 3), ("2026-04-01", 1), ("2026-04-02", 0),
    ]  # fmt: skip
    assert found["data"][0]["averageScore"] is None
    weeks = (await _ask(call, "trend?from=2026-03-31&to=2026-04-06&bucket=week"))["data"]
    assert [(one["date"], one["calls"]) for one in weeks] == [("2026-03-30", 4), ("2026-04-06", 0)]
    months = (await _ask(call, "trend?from=2026-03-31&to=2026-04-06&bucket=month"))["data"]
    assert [(one["date"], one["calls"]) for one in months] == [("2026-03-01", 3), ("2026-04-01", 1)]


async def test_criteria_that_fail_most_come_first(call: Api, ada: uuid.UUID) -> None:
    found = (await _ask(call, f"criteria?from=2026-03-31&to=2026-03-31&agentId={ada}"))["data"]
    assert len(found) == len(default_scorecard().criteria)
    worst = found[0]
    assert (worst["key"], worst["name"], worst["notMet"], worst["met"]) == (
        GREETING.key, GREETING.name, 1, 2,
    )  # fmt: skip
    assert (worst["failRate"], worst["averageScore"]) == (0.3333, 66.7)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("summary?from=2026-02-01&to=2026-01-01", "/to"),
        ("summary?from=1800-01-01&to=2026-01-01", "/to"),
        ("summary?from=yesterday", "/from"),
        ("summary?agentId=x", "/agentId"),
        ("summary?agent=x", "/agent"),
        ("groups", "/by"),
        ("groups?by=moon", "/by"),
        ("trend?bucket=hour", "/bucket"),
        ("trend?zone=mars", "/zone"),
    ],
)
async def test_what_cannot_be_is_refused(call: Api, path: str, field: str) -> None:
    refused(await call("GET", f"insights/{path}"), 400, "invalid_request", field)


async def test_other_organisations_count_nothing(
    call: Api, ada: uuid.UUID, platform: Platform, new_org: Any
) -> None:
    del call
    from calltrace.insights import service
    from calltrace.insights.period import Period
    from calltrace.insights.queries import Narrowing

    other = await new_org()
    async with platform.database.tenant(other) as session:
        period = Period.recent(3000, "UTC", clock.now())
        assert (await service.summary(session, other, Narrowing(agent_id=ada), period)).calls == 0


async def test_what_customers_said_stands_beside_the_scores(
    call: Api, platform: Platform, caller: Caller, ada: uuid.UUID
) -> None:
    page = (await call("GET", f"calls?agentId={ada}")).json()["data"]
    for number, one in enumerate(page):
        await call.made("surveys", callId=one["callId"], score=number + 3)
    await call.made("voice-calls", startedAt="2026-03-31T20:00:00Z", agentId=str(ada), externalId="bot")
    await call.made("surveys", callExternalId="bot", responses=[{"question": "Well?"}])
    days = "from=2026-03-01&to=2026-04-30"
    found = await _ask(call, f"surveys?{days}")
    told = {
        "surveys": 4, "answered": 3, "scored": 3, "averageSurveyScore": 4.0, "paired": 3,
        "averageScore": found["total"]["averageScore"], "correlation": None, "correlationInterval": None,
    }  # fmt: skip
    assert found["total"] == told, "three pairs say nothing"
    assert 0 < found["total"]["averageScore"] < 100
    assert found["data"] == [told | {"id": str(ada), "name": "Ada"}]
    by_queue = (await _ask(call, f"surveys?{days}&by=queue"))["data"]
    assert [(one["name"], one["surveys"]) for one in by_queue] == [("Sales", 2), (None, 2)]
    trend = (await _ask(call, f"surveys/trend?{days}&bucket=month"))["data"]
    assert [(one["date"], one["surveys"]) for one in trend] == [("2026-03-01", 4), ("2026-04-01", 0)]
    assert (await _ask(call, f"surveys?{days}&agentId=none"))["total"]["surveys"] == 0
    async with platform.database.tenant(caller.org_id) as session:
        period, everybody = Period(LATE.date(), LATE.date(), "UTC"), Narrowing()
        exact = await surveys.summary(session, caller.org_id, everybody, period)
    assert exact.together is not None
    assert exact.together != 0
    refused(await call("GET", "insights/surveys?by=colour"), 400, "invalid_request", "/by")
