"""What is watched while processes are killed: outages, silence, orphans, and results that must not change."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from calltrace.db.connections import connect
from calltrace.db.embedded import running_dsn
from calltrace.db.session import OPERATOR_ROLE
from calltrace.pipeline.worker import PARALLEL_ANALYSES
from chaos.load import Load
from chaos.plan import LEASE_SECONDS, Plan
from chaos.processes import Process, orphans

ORPHAN_SECONDS = 15.0
"""A child looks for its parent once a second; the rest is the machine's, which is busy."""
_SILENCES = (
    "SELECT id::text, extract(epoch FROM clock_timestamp() - touched_at)::float"
    " FROM analyses WHERE status = 'processing' AND claimed"
)
_LOOK_SECONDS = 1.0


@dataclass(slots=True)
class Watch:
    """Everything that is seen from outside during a run."""

    plan: Plan
    load: Load
    root: int
    data: Path
    outages: list[float] = field(default_factory=list[float])
    silences: dict[str, float] = field(default_factory=dict[str, float])
    """Seconds for which an analysis lay silent although a worker had a hand free."""
    finished: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """Each result as it was first seen."""
    wrong: list[str] = field(default_factory=list[str])
    well: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while the API says that it is healthy."""
    _adopted: dict[Process, float] = field(default_factory=dict[Process, float])
    _client: httpx2.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {self.load.token}"}
        self._client = httpx2.AsyncClient(headers=headers, timeout=self.plan.answer, verify=False)

    async def run(self) -> None:
        """Watch until cancelled."""
        await asyncio.gather(
            _every(0.5, self._health()), _every(_LOOK_SECONDS, self._look_for_silence),
            _every(1.0, self._look_for_orphans), _every(0.5, self._read_a_result),
        )  # fmt: skip

    def _health(self) -> Callable[[], Awaitable[None]]:
        since: float | None = None

        async def look() -> None:
            nonlocal since
            began = time.monotonic()
            well = await self._is_healthy()
            (self.well.set if well else self.well.clear)()
            if well and since is not None:
                self.outages.append(time.monotonic() - since)
            since = None if well else since or began

        return look

    async def _is_healthy(self) -> bool:
        try:
            return (await self._client.get(f"{self.load.url}/health")).status_code == 200
        except httpx2.ReadTimeout:
            self.wrong.append(f"/health did not answer within {self.plan.answer:.0f} s")
        except httpx2.TransportError:
            pass  # an outage: how long it lasts is what is watched
        return False

    async def _look_for_silence(self) -> None:
        dsn = running_dsn(self.data / "postgres")
        if dsn is None:
            return
        try:
            connection: Any = await connect(dsn, OPERATOR_ROLE)
        except (OSError, asyncpg.PostgresError):
            return
        try:
            self._note_silence(dict(await connection.fetch(_SILENCES)))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pass  # the database was killed under us: it is looked at again in a second
        finally:
            connection.terminate()

    def _note_silence(self, silences: dict[str, float]) -> None:
        """Whoever is silent beyond the lease was lost; it only waits if every hand has other work."""
        lost = [one for one, seconds in silences.items() if seconds > LEASE_SECONDS]
        hands = self.plan.workers * PARALLEL_ANALYSES
        if len(silences) - len(lost) < hands:
            for one in lost:
                self.silences[one] = self.silences.get(one, LEASE_SECONDS) + _LOOK_SECONDS

    async def _look_for_orphans(self) -> None:
        now, left = time.monotonic(), orphans(self.root)
        self._adopted = {one: self._adopted.get(one, now) for one in left}
        for one, since in self._adopted.items():
            if now - since > ORPHAN_SECONDS:
                self.wrong.append(f"an orphan lives on: {one.pid} {one.command[:80]}")

    async def _read_a_result(self) -> None:
        """One result, chosen at random: once it is there, it must stay as it is."""
        known = [one for ticket in self.load.tickets for one in ticket.answers]
        if not known:
            return
        shown = await self.read(random.choice(known))
        if shown is None or shown["status"] not in {"completed", "failed"}:
            return
        first = self.finished.setdefault(shown["analysisId"], shown)
        if _lasting(first) != _lasting(shown):
            self.wrong.append(f"{shown['analysisId']}: the result changed after it was shown")

    async def read(self, analysis_id: str) -> dict[str, Any] | None:
        """An acknowledged analysis, or nothing while the API is away; one that is gone is wrong."""
        try:
            answer = await self._client.get(f"{self.load.url}/api/v1/analyses/{analysis_id}")
        except httpx2.ReadTimeout:
            self.wrong.append(f"{analysis_id}: reading it took more than {self.plan.answer:.0f} s")
            return None
        except httpx2.TransportError:
            return None
        if answer.status_code not in {200, 503}:
            self.wrong.append(f"{analysis_id}: reading it answered {answer.status_code} {answer.text[:200]}")
        return answer.json() if answer.status_code == 200 else None


def _lasting(shown: dict[str, Any]) -> dict[str, Any]:
    """Without the signed links, which are made anew each time."""
    links = {"recordingUrl": None, "playbackUrl": None}
    return {**shown, "call": {**(shown["call"] or {}), **links}}


async def _every(seconds: float, look: Callable[[], Awaitable[None]]) -> None:
    while True:
        await look()
        await asyncio.sleep(seconds)
