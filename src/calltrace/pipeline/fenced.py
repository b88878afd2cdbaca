"""Jobs of rows that somebody waits for: claimed, made, and whatever happens written down as what it is.

A row is claimed by counting an attempt; who writes names the attempt that it has (fencing), so that a worker
that was taken for dead finds its claim stale. One that stops on purpose, and one whose database goes away,
give the row back: neither counts as a lost worker.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.errors import StaleAttemptError
from calltrace.db.outage import DatabaseAwayError
from calltrace.kit.errors import CallTraceError
from calltrace.pipeline.context import Platform
from calltrace.pipeline.errors import InternalProcessingError, TryAgainLater, WorkerLostError
from calltrace.pipeline.interruptible import Interruptible
from calltrace.pipeline.owing import Owing

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Held(Protocol):
    """A row that was claimed."""

    @property
    def org_id(self) -> uuid.UUID:
        """Whose it is."""
        ...

    @property
    def tries(self) -> int:
        """How often making it failed."""
        ...

    @property
    def lost(self) -> int:
        """How many workers ended over it."""
        ...


H = TypeVar("H", bound=Held)


@dataclass(frozen=True, slots=True)
class Verbs(Generic[H]):
    """What is done to rows of one kind, each in a transaction of the organisation.

    All but ``claim`` raise StaleAttemptError when the claim is not the latest one, or the row is gone.

    Attributes:
        noun: what one is called in the log.
        most_lost: from how many lost workers on it ends as failed.
        claim: take one over by organisation and id; ``None`` when it has ended.
        give_back: let go of it: that neither failed nor got lost.
        note_failed_try: another try is due.
        fail: it ends without a result, with an error.
    """

    noun: str
    most_lost: int
    claim: Callable[[AsyncSession, uuid.UUID, uuid.UUID], Awaitable[H | None]]
    give_back: Callable[[AsyncSession, H], Awaitable[None]]
    note_failed_try: Callable[[AsyncSession, H], Awaitable[None]]
    fail: Callable[[AsyncSession, H, CallTraceError], Awaitable[None]]


class Fenced(Interruptible, Generic[H]):
    """Makes rows of one kind.

    Args:
        platform: where they are kept.
        verbs: what is done to them.
        make: makes one and writes down what came of it.
        owed: what is to be given back once the database is there again; outlives this.
        turn: held while one is claimed and made; without it several are at a time.
    """

    def __init__(
        self,
        platform: Platform,
        verbs: Verbs[H],
        make: Callable[[H], Awaitable[None]],
        owed: list[H],
        turn: AbstractAsyncContextManager[Any] | None = None,
    ) -> None:
        super().__init__()
        self._platform, self._verbs, self._make = platform, verbs, make
        self._owing, self._turn = Owing(owed, self._give_back), turn or nullcontext()

    async def work(self, org_id: uuid.UUID, row_id: uuid.UUID) -> None:
        """Make one row, or raise TryAgainLater. One that was erased, or moved on, ends quietly.

        Raises:
            DatabaseAwayError: nothing can be written down now; the row is owed.
        """
        with self.in_hand() as task:
            try:
                async with self._turn:
                    await self._take_and_make(org_id, row_id)
            except asyncio.CancelledError:
                if not self._stopping:
                    raise
                task.uncancel()
                raise TryAgainLater(0) from None

    async def settle(self) -> None:
        """Give back what is owed.

        Raises:
            DatabaseAwayError: it is away again; what is left stays owed.
        """
        await self._owing.settle()

    async def _take_and_make(self, org_id: uuid.UUID, row_id: uuid.UUID) -> None:
        await self.settle()
        async with self._platform.database.tenant(org_id) as session:
            held = await self._verbs.claim(session, org_id, row_id)
        if held is None:
            return
        try:
            await self._make_or_give_back(held, row_id)
        except StaleAttemptError:
            log.info("job_stale", noun=self._verbs.noun, id=str(row_id))
        except DatabaseAwayError:
            self._owing.add(held)
            raise

    async def _make_or_give_back(self, held: H, row_id: uuid.UUID) -> None:
        try:
            await self._make_guarded(held, row_id)
        except asyncio.CancelledError:
            await self._give_back(held)
            raise

    async def _make_guarded(self, held: H, row_id: uuid.UUID) -> None:
        """Make it, and see to it that whatever goes wrong is written down as what it is."""
        noun = self._verbs.noun
        if held.lost >= self._verbs.most_lost:
            lost = WorkerLostError(f"{held.lost} workers ended over this {noun}.")
            await self._handle_failed(held, row_id, lost)
            return
        try:
            await self._make(held)
            log.info("job_completed", noun=noun, id=str(row_id))
        except (StaleAttemptError, DatabaseAwayError):
            raise
        except CallTraceError as error:
            await self._handle_failed(held, row_id, error)
        except Exception as error:
            log.exception("job_bug", noun=noun, id=str(row_id))
            await self._handle_failed(held, row_id, InternalProcessingError(f"{type(error).__name__}."))

    async def _handle_failed(self, held: H, row_id: uuid.UUID, error: CallTraceError) -> None:
        """Let it be tried again, or end it as failed with a code."""
        schedule = self._platform.settings.processing_retry_schedule
        again = error.retryable and held.tries < len(schedule)
        log.warning("job_failed", noun=self._verbs.noun, id=str(row_id), code=error.code, again=again)
        async with self._platform.database.tenant(held.org_id) as session:
            if again:
                await self._verbs.note_failed_try(session, held)
            else:
                await self._verbs.fail(session, held, error)
        if again:
            raise TryAgainLater(schedule[held.tries])

    async def _give_back(self, held: H) -> None:
        async with self._platform.database.tenant(held.org_id) as session:
            await self._verbs.give_back(session, held)
