"""The API part: submissions a second, beside a bare FastAPI application that does the same two inserts.

And how long one takes while thousands of analyses wait.

``calltrace serve`` and the bare application are one process each, on one temporary PostgreSQL, and take
turns under the same load.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from calltrace.bench import bare_api, stored
from calltrace.bench.children import free_port, running
from calltrace.bench.installation import Installation, installation
from calltrace.bench.load import Target, post_many
from calltrace.bench.report import RATIO, Report, Say, Value
from calltrace.bench.rounds import Lap, compared, in_turns, percentile, rate
from calltrace.db.session import Database

TITLES = {
    "server": "server", "requests": "requests", "perSecond": "per second", "p50Ms": "p50 ms",
    "p95Ms": "p95 ms", "p99Ms": "p99 ms", "ratio": "ratio", "ratioLow": "lowest", "ratioHigh": "highest",
}  # fmt: skip
OURS, BARE = "calltrace serve", "bare FastAPI"
WAITING = "calltrace serve, others waiting"
_WARM_UP = 3
"""Requests a connection before the clock runs: pools fill and statements are prepared."""
_SUBMISSION = {
    "fileUrl": "https://localhost/call.mp3",
    "fileName": "call.mp3",
    "externalId": "bench-1",
    "metadata": {"source": "benchmark"},
}


def measure(
    say: Say,
    *,
    pg_bin: Path | None = None,
    requests: int = 400,
    concurrency: int = 8,
    rounds: int = 4,
    queued: int = 10_000,
) -> Report:
    """Measure ``requests`` submissions to each server.

    Raises:
        BenchFailedError: a server did not start, or refused a request.
    """
    with installation(say, pg_bin) as place, ExitStack() as stack:
        targets = {OURS: ours(place, stack), BARE: bare(place, stack)}
        say(f"api: {requests} submissions each, {concurrency} at a time, in {rounds} turns")
        laps = asyncio.run(_measure(targets, requests, concurrency, rounds))
        say(f"api: the same while {queued} analyses wait")
        laps[WAITING] = [asyncio.run(_measure_waiting(place, targets[OURS], requests, queued))]
    return Report(
        part="api", titles=TITLES, rows=_rows(laps), facts={"concurrency": concurrency, "queued": queued},
        notes=_notes(concurrency, queued),
    )  # fmt: skip


def ours(place: Installation, stack: ExitStack) -> Target:
    """``calltrace serve`` on a port of its own."""
    port = free_port()
    environment = {**place.environment, "CALLTRACE_FETCH_PROBE": "off"}
    arguments = ["serve", "--port", str(port)]
    stack.enter_context(running("calltrace", arguments, environment, place.folder, port))
    body = json.dumps(_SUBMISSION).encode()
    return Target(port, "/api/v1/analyses", body, {"Authorization": f"Bearer {place.token}"})


def bare(place: Installation, stack: ExitStack) -> Target:
    """The bare application on a port of its own."""
    port = free_port()
    environment = {bare_api.DSN: place.dsn, bare_api.ORG: str(place.org_id)}
    stack.enter_context(running(bare_api.__name__, [str(port)], environment, place.folder, port))
    return Target(port, bare_api.PATH, json.dumps(_SUBMISSION).encode())


async def _measure(
    targets: dict[str, Target], requests: int, concurrency: int, rounds: int
) -> dict[str, list[Lap]]:
    for target in targets.values():
        await post_many(target, _WARM_UP * concurrency, concurrency)
    contenders = {
        name: partial(post_many, target, concurrency=concurrency) for name, target in targets.items()
    }
    return await in_turns(contenders, requests, rounds)


async def _measure_waiting(place: Installation, target: Target, requests: int, queued: int) -> Lap:
    database = Database(place.dsn, pool_size=1)
    try:
        await stored.queue(database, place.org_id, queued)
    finally:
        await database.close()
    await post_many(target, _WARM_UP, 1)
    return await post_many(target, requests, 1)


def _rows(laps: dict[str, list[Lap]]) -> list[dict[str, Value]]:
    ratio = compared(laps[OURS], laps[BARE])
    return [_row(OURS, laps[OURS]) | ratio, _row(BARE, laps[BARE]), _row(WAITING, laps[WAITING])]


def _row(server: str, laps: Sequence[Lap]) -> dict[str, Value]:
    return {
        "server": server,
        "requests": sum(lap.count for lap in laps),
        "perSecond": round(rate(laps), 1),
        "p50Ms": percentile(laps, 50),
        "p95Ms": percentile(laps, 95),
        "p99Ms": percentile(laps, 99),
    }


def _notes(concurrency: int, queued: int) -> list[str]:
    return [
        RATIO,
        f"{concurrency} connections that stay open; sources are not probed; both servers commit with fsync.",
        f"The last row: one request at a time while {queued} analyses wait in the queue; no worker runs.",
        "The bare server checks no key, judges no URL and enters no organisation.",
    ]
