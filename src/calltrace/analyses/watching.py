"""Watching analyses until they end: one look at the database serves everyone who watches.

A watcher holds no connection. One task of the process looks at all watched analyses of an organisation in a
short transaction, and tells each watcher what changed; it runs only while somebody watches.
"""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.keys import Principal
from calltrace.accounts.sessions import IDLE
from calltrace.analyses import list_queries, queries
from calltrace.analyses.queries import Progress
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError

LOOK_SECONDS = 0.5
"""Workers write progress once a second."""
LOOKS_PER_COUNT = 6
"""New calls are counted that seldom: a person is told of them, nothing is put in place."""
MOST_COUNTED = 100

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pass:
    """What somebody watches by; once it opens nothing any more, nothing more is told."""

    kind: Literal["key", "session"]
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Erased:
    """An analysis that is there no more."""

    analysis_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Newer:
    """So many calls came in that a list does not show yet; ``MOST_COUNTED`` stands for that many or more."""

    count: int


@dataclass(frozen=True, slots=True)
class Coming:
    """What a list would show, and the first call that it shows: those before it are news."""

    filters: list_queries.Filters
    than: Cursor


News = Progress | Erased | Newer


class Watch:
    """What one watcher is told of some analyses: always the latest of each, however seldom it asks.

    With ``coming`` it is also told how many calls came in, and then goes on after the analyses have ended.
    """

    def __init__(self, by: Pass, seen: Iterable[Progress], coming: Coming | None = None) -> None:
        self.by = by
        self.coming = coming
        self._newer = Newer(0)
        self._came = False
        self._latest: dict[uuid.UUID, Progress | Erased] = {one.analysis_id: one for one in seen}
        self._fresh: dict[uuid.UUID, Progress | Erased] = {}
        self._closed = False
        self._changed = asyncio.Event()

    @property
    def open_ids(self) -> list[uuid.UUID]:
        """Of which analyses there may still be news."""
        return [key for key, one in self._latest.items() if isinstance(one, Progress) and not one.over]

    @property
    def over(self) -> bool:
        """Whether nothing more will come: all have ended, the pass opens nothing, or the server stops."""
        ended = not self.open_ids and self.coming is None
        return not self._fresh and not self._came and (self._closed or ended)

    def tell_newer(self, count: int) -> None:
        """So many calls came in by now."""
        if count != self._newer.count:
            self._newer, self._came = Newer(count), True
            self._changed.set()

    def tell(self, news: Progress | Erased) -> None:
        """This is how one of the analyses is now; after its end nothing is."""
        if news.analysis_id in self.open_ids and news != self._latest[news.analysis_id]:
            self._latest[news.analysis_id] = self._fresh[news.analysis_id] = news
            self._changed.set()

    def close(self) -> None:
        """There is nothing more to see."""
        self._closed = True
        self._changed.set()

    async def next(self, seconds: float) -> Sequence[News]:
        """What is new, as soon as it is; nothing when nothing was for some seconds, or never will be."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return ()
        self._changed.clear()
        found: list[News] = list(self._fresh.values())
        if self._came:
            found.append(self._newer)
        self._fresh, self._came = {}, False
        return found


class Watchers:
    """Everyone in this process who watches an analysis."""

    def __init__(self, look_seconds: float = LOOK_SECONDS) -> None:
        self._every = look_seconds
        self._by_org: defaultdict[uuid.UUID, set[Watch]] = defaultdict(set)
        self._looking: asyncio.Task[None] | None = None
        self._looks = 0
        self._closed = False

    @property
    def count(self) -> int:
        """How many watch."""
        return sum(len(watches) for watches in self._by_org.values())

    @property
    def idle(self) -> bool:
        """Whether nobody looks at the database."""
        return self._looking is None or self._looking.done()

    @contextmanager
    def watching(
        self, database: Database, org_id: uuid.UUID, by: Pass, seen: Iterable[Progress],
        coming: Coming | None = None,
    ) -> Generator[Watch]:  # fmt: skip
        """Be told of what changes after ``seen``, and of what is ``coming``."""
        watch = Watch(by, seen, coming)
        watches = self._by_org[org_id]
        watches.add(watch)
        if self._closed:
            watch.close()
        elif self.idle:
            self._looking = asyncio.create_task(self._look_on(database))
        try:
            yield watch
        finally:
            watches.discard(watch)
            if not watches:
                self._by_org.pop(org_id, None)

    def close(self) -> None:
        """Let everyone go, because the server stops."""
        self._closed = True
        self._let_go()

    def _let_go(self) -> None:
        for watches in self._by_org.values():
            for watch in watches:
                watch.close()

    async def _look_on(self, database: Database) -> None:
        """Look again and again while somebody watches; a database that is away is waited for."""
        away = False
        try:
            while self._by_org:
                self._looks += 1
                try:
                    for org_id in list(self._by_org):
                        await self._look(database, org_id)
                    away = False
                except DatabaseAwayError as error:
                    if not away:
                        log.warning("watching_interrupted", error=error.detail)
                    away = True
                await asyncio.sleep(self._every)
        except Exception:
            log.exception("watching_failed")  # a fault of ours: whoever watches asks again
            self._let_go()

    async def _look(self, database: Database, org_id: uuid.UUID) -> None:
        watches = list(self._by_org.get(org_id, ()))
        async with database.tenant(org_id) as session:
            found = await queries.progress(session, {one for watch in watches for one in watch.open_ids})
            usable = await _usable(session, {watch.by for watch in watches})
            if self._looks % LOOKS_PER_COUNT == 0:
                await _count(session, [watch for watch in watches if watch.by in usable])
        now = {one.analysis_id: one for one in found}
        for watch in watches:
            if watch.by not in usable:
                watch.close()
                continue
            for analysis_id in watch.open_ids:
                watch.tell(now.get(analysis_id) or Erased(analysis_id))


async def _count(session: AsyncSession, watches: Iterable[Watch]) -> None:
    for watch in watches:
        if watch.coming is not None:
            coming = watch.coming
            watch.tell_newer(await list_queries.newer(session, coming.filters, coming.than, MOST_COUNTED))


async def _usable(session: AsyncSession, passes: Collection[Pass]) -> set[Pass]:
    """Which of some passes still open anything."""
    now = clock.now()
    keys = {one.id for one in passes if one.kind == "key"}
    people = {one.id for one in passes if one.kind == "session"}
    found = {Pass("key", one) for one in (await accounts.usable_keys(session, keys, now) if keys else ())}
    open_sessions = await accounts.usable_sessions(session, people, now, now - IDLE) if people else ()
    return found | {Pass("session", one) for one in open_sessions}


async def seen(session: AsyncSession, principal: Principal, analysis_id: uuid.UUID) -> Progress:
    """How far an analysis is now.

    Raises:
        NotFoundError: there is none, or it belongs to another organisation or mode.
    """
    one = await queries.call(session, analysis_id, principal.mode)
    if one is None:
        raise NotFoundError("There is no analysis with this id.")
    return Progress(one.id, one.status, one.stage, one.percent, one.attempt, one.error)
