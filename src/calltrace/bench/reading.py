"""The reading part: one analysis and pages of them out of hundreds of thousands, beside a bare application.

Every stored analysis has the transcript of a two-minute call with a time for each word, and an evaluation.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from calltrace.bench import bare_api, stored
from calltrace.bench.api import bare, ours
from calltrace.bench.installation import Installation, installation
from calltrace.bench.load import Target, get_many
from calltrace.bench.report import RATIO, Report, Say, Value
from calltrace.bench.rounds import Lap, compared, in_turns, percentile, rate
from calltrace.db.session import Database

TITLES = {
    "request": "request", "server": "server", "requests": "requests", "perSecond": "per second",
    "p50Ms": "p50 ms", "p95Ms": "p95 ms", "ratio": "ratio", "ratioLow": "lowest", "ratioHigh": "highest",
}  # fmt: skip
OURS, BARE = "calltrace serve", "bare FastAPI"
GET, LIST, PLAIN, FILTERED = "one by id", "page of 50", "page of 10", "by externalId"
_WARM_UP = 10
Paths = Mapping[str, Sequence[str]]


def measure(
    say: Say, *, pg_bin: Path | None = None, analyses: int = 200_000, requests: int = 200, rounds: int = 4
) -> Report:
    """Measure ``requests`` of each kind on each server, over ``analyses`` stored ones.

    Raises:
        BenchFailedError: a server did not start, or refused a request.
    """
    with installation(say, pg_bin) as place, ExitStack() as stack:
        say(f"reading: storing {analyses} analyses")
        ids = asyncio.run(_stored(place, analyses, requests))
        targets = {OURS: ours(place, stack), BARE: bare(place, stack)}
        say(f"reading: {requests} requests of each kind to each server, in {rounds} turns")
        laps = asyncio.run(_measure(targets, _paths(ids, requests, analyses), rounds))
    return Report(
        part="reading", titles=TITLES, rows=_rows(laps), facts={"analyses": analyses},
        notes=_notes(analyses),
    )  # fmt: skip


async def _stored(place: Installation, analyses: int, wanted: int) -> list[str]:
    database = Database(place.dsn, pool_size=1)
    try:
        await stored.store(database, place.org_id, analyses)
        async with database.tenant(place.org_id) as session:
            return [str(one) for one in await stored.some_ids(session, wanted)]
    finally:
        await database.close()


def _paths(ids: Sequence[str], requests: int, analyses: int) -> dict[str, list[str]]:
    """Behind the path of all analyses, by kind."""
    externals = [stored.EXTERNAL.format(1 + number * 7 % analyses) for number in range(requests)]
    return {
        GET: [f"/{ids[number % len(ids)]}" for number in range(requests)],
        LIST: ["?limit=50"] * requests,
        PLAIN: ["?limit=10"] * requests,
        FILTERED: [f"?externalId={one}" for one in externals],
    }


async def _measure(
    targets: Mapping[str, Target], paths: Paths, rounds: int
) -> dict[str, dict[str, list[Lap]]]:
    laps: dict[str, dict[str, list[Lap]]] = {}
    for kind, behind in paths.items():
        contenders = {
            name: partial(_read, target, behind)
            for name, target in targets.items()
            if name == OURS or kind != FILTERED
        }
        for contender in contenders.values():
            await contender(_WARM_UP)
        laps[kind] = await in_turns(contenders, len(behind), rounds)
    return laps


async def _read(target: Target, behind: Sequence[str], count: int) -> Lap:
    return await get_many(target, [target.path + one for one in behind[:count]], 1)


def _rows(laps: Mapping[str, Mapping[str, Sequence[Lap]]]) -> list[dict[str, Value]]:
    rows: list[dict[str, Value]] = []
    for kind, by_server in laps.items():
        for server, theirs in by_server.items():
            rows.append(_row(kind, server, theirs))
        if BARE in by_server:
            rows[-2] |= compared(by_server[OURS], by_server[BARE])
    return rows


def _row(kind: str, server: str, laps: Sequence[Lap]) -> dict[str, Value]:
    return {
        "request": kind,
        "server": server,
        "requests": sum(lap.count for lap in laps),
        "perSecond": round(rate(laps), 1),
        "p50Ms": percentile(laps, 50),
        "p95Ms": percentile(laps, 95),
    }


def _notes(analyses: int) -> list[str]:
    return [
        RATIO,
        f"{analyses} analyses over one year, each with transcript and evaluation; one request at a time.",
        f"The bare server ({bare_api.PATH}) checks no key, enters no organisation, signs no link.",
    ]
