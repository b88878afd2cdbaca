"""Watching analyses until they end: one look at the database serves everyone who watches.

A watcher holds no connection. One task of the process looks at all watched analyses of an organisation in a
short transaction, and tells each watcher what changed; it runs only while somebody watches.
"""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from enum import Enum

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.keys import Principal
from calltrace.analyses import queries
from calltrace.analyses.queries import Progress
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.errors import NotFoundError

LOOK_SECONDS = 0.5
"""Workers write progress once a second."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class End(Enum):
    """Why there is nothing more to see, although the analysis has not ended."""

    ERASED = "erased"
    CLOSED = "closed"
    """The key may not be used any more, or the server stops."""


class Watch:
    """What one watcher is told: always the latest, however seldom it asks."""

    def __init__(self, analysis_id: uuid.UUID, key_id: uuid.UUID, seen: Progress) -> None:
        self.analysis_id = analysis_id
        self.key_id = key_id
        self._latest: Progress | End = seen
        self._changed = asyncio.Event()

    def tell(self, news: Progress | End) -> None:
        """There is something new; after an end nothing is."""
        if news != self._latest and not isinstance(self._latest, End):
            self._latest = news
            self._changed.set()

    async def next(self, seconds: float) -> Progress | End | None:
        """What is new, as soon as it is; ``None`` when nothing was for some seconds."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return None
        self._changed.clear()
        return self._latest


class Watchers:
    """Everyone in this process who watches an analysis."""

    def __init__(self, look_seconds: float = LOOK_SECONDS) -> None:
        self._every = look_seconds
        self._by_org: defaultdict[uuid.UUID, set[Watch]] = defaultdict(set)
        self._looking: asyncio.Task[None] | None = None
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
    def watching(self, database: Database, principal: Principal, seen: Progress) -> Generator[Watch]:
        """Be told of what changes after ``seen``."""
        watch = Watch(seen.analysis_id, principal.key_id, seen)
        watches = self._by_org[principal.org_id]
        watches.add(watch)
        if self._closed:
            watch.tell(End.CLOSED)
        elif self.idle:
            self._looking = asyncio.create_task(self._look_on(database))
        try:
            yield watch
        finally:
            watches.discard(watch)
            if not watches:
                self._by_org.pop(principal.org_id, None)

    def close(self) -> None:
        """Let everyone go, because the server stops."""
        self._closed = True
        self._let_go()

    def _let_go(self) -> None:
        for watches in self._by_org.values():
            for watch in watches:
                watch.tell(End.CLOSED)

    async def _look_on(self, database: Database) -> None:
        """Look again and again while somebody watches; a database that is away is waited for."""
        away = False
        try:
            while self._by_org:
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
            found = await queries.progress(session, {watch.analysis_id for watch in watches})
            usable = await accounts.usable_keys(session, {watch.key_id for watch in watches}, clock.now())
        now = {one.analysis_id: one for one in found}
        for watch in watches:
            news = now.get(watch.analysis_id, End.ERASED)
            watch.tell(news if watch.key_id in usable else End.CLOSED)


async def seen(session: AsyncSession, principal: Principal, analysis_id: uuid.UUID) -> Progress:
    """How far an analysis is now.

    Raises:
        NotFoundError: there is none, or it belongs to another organisation or mode.
    """
    one = await queries.call(session, analysis_id, principal.mode)
    if one is None:
        raise NotFoundError("There is no analysis with this id.")
    return Progress(one.id, one.status, one.stage, one.percent, one.attempt, one.error)
