"""The ledger of what is used up, which every contract and the pages read.

What an analysis uses is written in the transaction that completes it. Requests are counted in memory and
written down together within FLUSH_SECONDS: a process that dies loses at most that much of them.
Months are calendar months, UTC.
"""

import asyncio
import math
import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy import Date, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries
from calltrace.accounts.models import Contract, Mode, RequestCount, UsageEntry
from calltrace.accounts.queries import Share
from calltrace.db.session import Database
from calltrace.kit.errors import CallTraceError
from calltrace.kit.ids import uuid7

FLUSH_SECONDS = 5.0
AUDIO, SECOND = "audio", "second"
EXPORT = "export"
WEBHOOK = "webhook"
"""Deliveries of a day that were removed since; the database writes it (migration 0040)."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Period:
    """One calendar month: from its first moment to that of the next."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, moment: datetime) -> "Period":
        """The month of a moment."""
        utc = moment.astimezone(UTC)
        return cls.month(utc.year, utc.month)

    @classmethod
    def month(cls, year: int, month: int) -> "Period":
        """A month by its number (1 to 12)."""
        following = (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004 - December
        return cls(datetime(year, month, 1, tzinfo=UTC), datetime(*following, 1, tzinfo=UTC))

    @property
    def name(self) -> str:
        """Such as ``2026-06``."""
        return f"{self.start:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used up in one month, or by one key in it.

    Attributes:
        audio_seconds: heard, each call rounded up to whole seconds.
        analyses: completed.
        requests: with a valid credential, as far as the contract counts them.
    """

    audio_seconds: float = 0
    analyses: int = 0
    requests: int = 0

    @property
    def minutes(self) -> float:
        """Of audio, with one decimal."""
        return round(self.audio_seconds / 60, 1)


async def heard(
    session: AsyncSession, org_id: uuid.UUID, mode: Mode, analysis_id: uuid.UUID,
    *, seconds: float, key_id: uuid.UUID | None,
) -> None:  # fmt: skip
    """Write down that a call was heard, once however often this is told.

    Args:
        session: the transaction that completes the analysis.
        org_id: whose call it is.
        mode: test calls are in the ledger, and cost nothing.
        analysis_id: of the call.
        seconds: how long it lasts.
        key_id: whose key brought it in.
    """
    entry = {
        "id": uuid7(), "org_id": org_id, "what": AUDIO, "quantity": float(math.ceil(seconds)),
        "unit": SECOND, "mode": mode, "resource_id": analysis_id, "api_key_id": key_id,
    }  # fmt: skip
    await session.execute(insert(UsageEntry).values(entry).on_conflict_do_nothing())


async def exported(
    session: AsyncSession, org_id: uuid.UUID, mode: Mode, export_id: uuid.UUID, key_id: uuid.UUID | None
) -> None:
    """Write down that a file was made, in the transaction that completes it; files themselves go soon."""
    entry = {
        "id": uuid7(), "org_id": org_id, "what": EXPORT, "quantity": 1.0, "unit": EXPORT, "mode": mode,
        "resource_id": export_id, "api_key_id": key_id,
    }  # fmt: skip
    await session.execute(insert(UsageEntry).values(entry).on_conflict_do_nothing())


async def of_month(session: AsyncSession, mode: Mode, period: Period) -> Usage:
    """What the organisation used in one month."""
    return (await used(session, mode, period.start, period.end, "month")).get(period.name, Usage())


async def used(
    session: AsyncSession, mode: Mode, since: datetime, until: datetime, by: Share
) -> dict[str, Usage]:
    """What the organisation used between two midnights (UTC), by month, day or key, in order of the names.

    Months and days are named as ``2026-06`` and ``2026-06-19``, keys by their id; what people did
    themselves is under an empty name. What has no usage is left out.
    """
    audio = await queries.audio_used(session, mode, since, until, by)
    asked = dict[str, int](await queries.requests_counted(session, mode, since, until, by))
    heard_by = {name: (quantity, entries) for name, quantity, entries in audio}
    return {
        name: Usage(*heard_by.get(name, (0, 0)), asked.get(name, 0)) for name in sorted({*heard_by, *asked})
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """Who made a request, by whose paths; no key: a person."""

    org_id: uuid.UUID
    contract: Contract
    mode: Mode
    key_id: uuid.UUID | None


class Meter:
    """Counts the requests of one process, and writes the counts down in the background."""

    def __init__(self) -> None:
        self._counts = Counter[Asked]()
        self._writer: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def note(self, database: Database, asked: Asked) -> None:
        """Count one request; it waits for nothing."""
        self._counts[asked] += 1
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(database))

    async def _write(self, database: Database) -> None:
        while self._counts and not self._closing.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), FLUSH_SECONDS)
            await self.flush(database)

    async def flush(self, database: Database) -> None:
        """Write down what was counted so far; what cannot be written now is kept for the next time."""
        for org_id in {asked.org_id for asked in self._counts}:
            of_org = {asked: count for asked, count in self._counts.items() if asked.org_id == org_id}
            self._counts.subtract(of_org)  # what comes meanwhile is counted beside it
            written = False
            try:
                async with database.tenant(org_id) as session:
                    await _add(session, of_org)
                written = True
            except IntegrityError:
                log.info("request_counts_dropped", org=str(org_id))  # the organisation was deleted meanwhile
                written = True
            except (CallTraceError, SQLAlchemyError) as error:
                log.warning("request_counts_postponed", org=str(org_id), error=type(error).__name__)
            finally:
                if not written:
                    self._counts.update(of_org)
            self._counts = +self._counts

    async def close(self, database: Database) -> None:
        """Write down what is left, and stop."""
        self._closing.set()
        if self._writer is not None:
            await self._writer
        await self.flush(database)


async def _add(session: AsyncSession, counts: Mapping[Asked, int]) -> None:
    """Always in the same order: processes that do so at the same time wait for each other at most."""
    today = func.timezone("UTC", func.clock_timestamp()).cast(Date)
    for asked in sorted(counts, key=lambda one: (one.contract, one.mode, str(one.key_id))):
        row = {
            "id": uuid7(), "org_id": asked.org_id, "day": today, "contract": asked.contract,
            "mode": asked.mode, "api_key_id": asked.key_id, "count": counts[asked],
        }  # fmt: skip
        statement = insert(RequestCount).values(row)
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["org_id", "day", "contract", "mode", "api_key_id"],
                set_={"count": RequestCount.count + statement.excluded.count},
            )
        )
