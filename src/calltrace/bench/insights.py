"""The insights part: questions over a year of a million calls, each answered by ``calltrace serve``.

The calls are generated; their sums are made by the rebuild that ``calltrace insights rebuild`` runs.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

from calltrace.bench import counted
from calltrace.bench.api import ours
from calltrace.bench.installation import Installation, installation
from calltrace.bench.load import Target, get_many
from calltrace.bench.report import Report, Say, Value
from calltrace.bench.rounds import Lap, percentile
from calltrace.db.session import Database
from calltrace.insights import rollup
from calltrace.kit import clock

TITLES = {
    "question": "question", "requests": "requests", "p50Ms": "p50 ms", "p95Ms": "p95 ms", "p99Ms": "p99 ms",
}  # fmt: skip
_PATH = "/api/v1/insights"
_WARM_UP = 5
_YEAR = timedelta(days=364)


def measure(
    say: Say, *, pg_bin: Path | None = None, analyses: int = 1_000_000, requests: int = 100
) -> Report:
    """Ask each question ``requests`` times, of ``analyses`` calls within a year.

    Raises:
        BenchFailedError: the server did not start, or refused a request.
    """
    with installation(say, pg_bin) as place, ExitStack() as stack:
        last = clock.now().date()
        seconds = asyncio.run(_stored(place, analyses, last, say))
        say(f"insights: the sums took {seconds:.0f} s; asking each question {requests} times")
        laps = asyncio.run(_measure(ours(place, stack), _questions(last), requests))
    return Report(
        part="insights", titles=TITLES, rows=_rows(laps),
        facts={"analyses": analyses, "rebuildSeconds": round(seconds, 1)}, notes=_notes(analyses, seconds),
    )  # fmt: skip


async def _stored(place: Installation, analyses: int, last: date, say: Say) -> float:
    await counted.store(place.dsn, place.org_id, analyses, last, say)
    database = Database(place.dsn, pool_size=1)
    started = time.perf_counter()
    try:
        await rollup.keep_up(database)
    finally:
        await database.close()
    return time.perf_counter() - started


def _questions(last: date) -> Mapping[str, str]:
    year = f"from={last - _YEAR}&to={last}&zone=utc"
    queue, agent = counted.named_id("queues", 3), counted.named_id("agents", 7)
    centre = counted.named_id("call_centers", 2)
    return {
        "summary": f"/summary?{year}",
        "summary of a queue": f"/summary?{year}&queueId={queue}",
        "summary of a queue and a call center": f"/summary?{year}&queueId={queue}&callCenterId={centre}",
        "by queue": f"/groups?{year}&by=queue",
        "by call center": f"/groups?{year}&by=callCenter",
        "by agent": f"/groups?{year}&by=agent&limit=200",
        "by agent, of a queue": f"/groups?{year}&by=agent&queueId={queue}&limit=200",
        "by month": f"/trend?{year}&bucket=month",
        "by week": f"/trend?{year}&bucket=week",
        "by day": f"/trend?{year}&bucket=day",
        "by day, of an agent": f"/trend?{year}&bucket=day&agentId={agent}",
        "criteria": f"/criteria?{year}",
        "criteria of an agent": f"/criteria?{year}&agentId={agent}",
        "criteria of a queue": f"/criteria?{year}&queueId={queue}",
        "criteria of a queue and a call center": f"/criteria?{year}&queueId={queue}&callCenterId={centre}",
        "surveys by agent": f"/surveys?{year}&by=agent&limit=200",
        "surveys by queue": f"/surveys?{year}&by=queue",
        "surveys of a queue by agent": f"/surveys?{year}&by=agent&queueId={queue}&limit=200",
        "surveys by month": f"/surveys/trend?{year}&bucket=month",
        "surveys by day": f"/surveys/trend?{year}&bucket=day",
    }


async def _measure(target: Target, questions: Mapping[str, str], requests: int) -> dict[str, Lap]:
    laps = dict[str, Lap]()
    for question, path in questions.items():
        await get_many(target, [_PATH + path] * _WARM_UP, 1)
        laps[question] = await get_many(target, [_PATH + path] * requests, 1)
    return laps


def _rows(laps: Mapping[str, Lap]) -> list[dict[str, Value]]:
    return [_row(question, [lap]) for question, lap in laps.items()] + [_row("all", list(laps.values()))]


def _row(question: str, laps: Sequence[Lap]) -> dict[str, Value]:
    return {
        "question": question,
        "requests": sum(lap.count for lap in laps),
        "p50Ms": percentile(laps, 50),
        "p95Ms": percentile(laps, 95),
        "p99Ms": percentile(laps, 99),
    }


def _notes(analyses: int, seconds: float) -> list[str]:
    return [
        f"{analyses} calls within a year; one request at a time, over HTTP with a key.",
        f"They are of {counted.AGENTS} agents, {counted.CENTRES} call centers and {counted.QUEUES} queues.",
        f"One call in {counted.CALLS_OF_A_SURVEY} is followed by a survey.",
        f"Their sums were made in {seconds:.0f} s, as `calltrace insights rebuild` makes them.",
    ]
