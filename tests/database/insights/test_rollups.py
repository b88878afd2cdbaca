"""Whatever happens to calls, and in whatever order: the sums are what a full recount says."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.list_queries import filtered
from calltrace.analyses.models import Analysis
from calltrace.catalog.models import Agent, Queue
from calltrace.db.session import Database
from calltrace.insights import rollup, service
from calltrace.insights.period import Period
from calltrace.insights.queries import NONE, Narrowing
from calltrace.kit.errors import CallTraceError
from calltrace.pipeline.context import Platform
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.web.call_filters import Chosen
from calltrace.web.insight_filters import Scene
from database.conftest import NewOrg
from database.insights.deeds import NOON, Office, every_call, grouped, recount, recount_criteria, said

ZONE = "Asia/Kathmandu"  # 5 hours and 45 minutes: its days are not made of hours of UTC
CRITERIA = [one.key for one in default_scorecard().criteria][:2]
SPANS = (
    Period(date(2026, 1, 1), date(2026, 6, 30)),
    Period(date(2026, 3, 31), date(2026, 4, 1)),
    Period(date(2026, 3, 2), date(2026, 5, 3)),
)
_some = st.integers(0, 5)
_evaluation = st.builds(
    said, st.lists(st.integers(0, 4), min_size=1, max_size=3), st.integers(0, 3), st.integers(1, 5)
)
_around = st.integers(-40 * 24 * 4, 40 * 24 * 4).map(lambda quarters: NOON + timedelta(minutes=15 * quarters))
DEEDS = st.one_of(
    st.tuples(st.just("submit"), _some, _around, st.booleans()),
    st.tuples(st.just("chat"), _some, _around),
    st.tuples(st.just("complete"), _some, _evaluation, st.floats(1, 900).map(lambda one: round(one, 2))),
    st.tuples(st.just("fail"), _some),
    st.tuples(st.just("again"), _some, _evaluation),
    st.tuples(st.just("override"), _some, st.sampled_from(CRITERIA)),
    st.tuples(st.just("swap"), _some),
    st.tuples(st.just("survey"), _some, st.integers(1, 5)),
    st.tuples(st.just("erase"), _some),
    st.tuples(st.just("close"), _some),
    st.tuples(st.just("fold"), st.floats(0, 0.02)),
)
Deeds = list[tuple[Any, ...]]


async def _office(platform: Platform, org: uuid.UUID) -> Office:
    async with platform.database.tenant(org) as session:
        agents = [Agent(org_id=org, name=f"agent {n}") for n in range(2)]
        queues = [Queue(org_id=org, name=f"queue {n}") for n in range(2)]
        session.add_all([*agents, *queues])
        await session.flush()
        await session.execute(text("UPDATE organisations SET time_zone = :zone"), {"zone": ZONE})
        return Office(platform, org, [one.id for one in agents], [one.id for one in queues])


async def _do(office: Office, deed: tuple[Any, ...]) -> None:
    """One of them; what cannot be done to a call in its state is refused, and changes nothing."""
    kind, number, rest = str(deed[0]), int(deed[1]), deed[2:]
    if kind == "submit":
        agent, queue = [*office.agents, None][number % 3], [*office.queues, None][number // 2 % 3]
        await office.submit(agent, queue, rest[0], ai=rest[1])
    elif kind == "chat":
        await office.chat(office.agents[number % 2], office.queues[number // 2 % 2], rest[0])
    elif kind == "fold":
        await _fold_and_die(office.platform.database, deed[1])
    elif kind == "close":
        await office.close_queue(office.queues[number % 2])
    elif office.calls:
        call = office.calls[number % len(office.calls)]
        verbs: dict[str, Callable[..., Awaitable[None]]] = {
            "complete": office.complete, "fail": office.fail, "again": office.evaluate_again,
            "override": office.override, "swap": office.swap, "erase": office.erase,
            "survey": office.survey,
        }  # fmt: skip
        await verbs[kind](call, *rest)


async def _fold_and_die(database: Database, seconds: float) -> None:
    """Fold for a moment; what had not come to its end by then leaves nothing behind."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await rollup.keep_up(database)


async def _tried(office: Office, deed: tuple[Any, ...]) -> None:
    with suppress(CallTraceError):
        await _do(office, deed)


async def _check(office: Office) -> None:
    """Every question, in both time zones, against a recount of what is stored."""
    async with office.platform.database.tenant(office.org) as session:
        calls = await every_call(session)
        for span in (*SPANS, *(Period(one.first, one.last, ZONE) for one in SPANS)):
            within = [one for one in calls if span.first <= one.day(span.zone) <= span.last]
            asked = (session, office.org)
            assert await service.summary(*asked, Narrowing(), span) == recount(within)
            assert {
                one.key: one.verdicts for one in await service.criteria(*asked, Narrowing(), span)
            } == recount_criteria(within)
            for dimension in ("agent_id", "queue_id"):
                rows = await service.groups(*asked, Narrowing(), span, dimension)
                assert {one.group_id: one.figures for one in rows} == {
                    group: recount(some) for group, some in grouped(within, dimension).items()
                }
            queue = office.queues[0]
            two = Narrowing(queue_id=queue, agents=[office.agents[0]])
            mine = [
                one for one in within if (one.row.queue_id, one.row.agent_id) == (queue, office.agents[0])
            ]
            assert await service.summary(*asked, two, span) == recount(mine)
            nobody = [one for one in within if one.row.agent_id is None]
            assert await service.summary(*asked, Narrowing(agent_id=NONE), span) == recount(nobody)
            for bucket in ("day", "week", "month"):
                points = await service.trend(*asked, Narrowing(), span, bucket)
                assert sum(one.figures.calls for one in points) == len(within)
                if bucket == "day":
                    assert [one.figures for one in points] == [
                        recount([one for one in within if one.day(span.zone) == point.starts])
                        for point in points
                    ]


_FACTS = """
    SELECT survey_id, mode, called_at, project_id, engagement_id, call_center_id, queue_id, agent_id,
        answered, said, scored FROM
"""


async def _check_surveys(office: Office) -> None:
    """What is kept of each survey is what a recount says."""
    async with office.platform.database.tenant(office.org) as session:
        kept, counted = [
            sorted(map(str, (await session.execute(text(_FACTS + table))).all()))
            for table in ("survey_facts", "survey_states")
        ]
    assert kept == counted


async def _listed(session: AsyncSession, scene: Scene, **further: Any) -> int:
    """How many rows the list has that a figure leads to."""
    query = dict(parse_qsl(urlsplit(scene.calls(**further)).query))
    wanted = filtered(select(Analysis.id), Chosen.of(query).filters(ZONE))
    return await session.scalar(select(func.count()).select_from(wanted.subquery())) or 0


async def _check_lists(office: Office) -> None:
    """Every figure is as many as the list that it leads to has."""
    async with office.platform.database.tenant(office.org) as session:
        for span in (Period(one.first, one.last, ZONE) for one in SPANS):
            narrowings = Narrowing(), Narrowing(queue_id=office.queues[0]), Narrowing(agent_id=NONE)
            for calls in narrowings:
                scene, asked = Scene(calls, span, "agent", None), (session, office.org, calls, span)
                found = await service.summary(*asked)
                assert await _listed(session, scene) == found.calls
                assert await _listed(session, scene, status="completed") == found.completed
                assert await _listed(session, scene, passed="yes") == found.passed
                assert await _listed(session, scene, mood="negative") == found.negative
                assert await _listed(session, scene, escalated="yes") == found.escalated
                for one in await service.criteria(*asked):
                    failed = f"{one.scorecard_id}:{one.key}"
                    assert await _listed(session, scene, criterion=failed) == one.verdicts.not_met


async def _sums(database: Database, org: uuid.UUID) -> list[Any]:
    async with database.operator() as session:
        rows = [
            (await session.execute(text(f"SELECT * FROM {one} WHERE org_id = :org"), {"org": org})).all()
            for one in ("insight_cells", "insight_marks")
        ]
    return sorted(map(str, rows[0])) + sorted(map(str, rows[1]))


@settings(
    max_examples=20, deadline=None, derandomize=True, phases=[Phase.generate],  # shrinking takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(deeds=st.lists(DEEDS, min_size=4, max_size=16), together=st.lists(DEEDS, max_size=5))
async def test_the_sums_are_what_a_recount_says(
    deeds: Deeds, together: Deeds, platform: Platform, new_org: NewOrg
) -> None:
    office = await _office(platform, await new_org())
    await office.submit(office.agents[0], office.queues[0], NOON, ai=False)
    for deed in deeds:
        await _tried(office, deed)
    await _check(office)  # before anything is ready
    await rollup.keep_up(platform.database, office.org)
    await asyncio.gather(*(_tried(office, one) for one in (*together, ("fold", 1.0), ("fold", 1.0))))
    await _check(office)  # sums, and changes that are not folded
    await rollup.fold(platform.database)
    await _check(office)
    await _check_lists(office)
    await _check_surveys(office)
    sums = await _sums(platform.database, office.org)
    await rollup.distrust(platform.database)
    await rollup.keep_up(platform.database, office.org)
    assert await _sums(platform.database, office.org) == sums, "a rebuild finds nothing to put right"
