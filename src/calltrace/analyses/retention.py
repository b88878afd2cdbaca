"""What is older than an organisation keeps it: recordings, and calls as a whole.

A call is as old as it is here. What is under way is never too old: it is erased once it has ended. A chat
that is not evaluated, and a voice call without a recording, are calls as well.
"""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import SYSTEM, Deed, record
from calltrace.accounts.models import Mode, Organisation
from calltrace.analyses import erase, forgetting, upkeep_queries
from calltrace.analyses.telling import Source
from calltrace.conversations import rows
from calltrace.db.clock import database_now
from calltrace.db.each import each
from calltrace.db.session import Database
from calltrace.kit.errors import NotFoundError
from calltrace.recordings import objects, sound
from calltrace.recordings.vault import Vault

AT_A_TIME = 100
"""Calls of one organisation in one round: erasing a past of years must not hold up anything else."""
MOST_FAILURES = 3
"""Calls of one organisation that are left for the next round before the round is."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days; ``None`` is for ever."""

    recordings: int | None
    calls: int | None

    @classmethod
    def by(cls, organisation: Organisation) -> "Kept":
        """What an organisation says."""
        return cls(organisation.recordings_kept_days, organisation.calls_kept_days)


@dataclass(frozen=True, slots=True)
class Due:
    """How many calls would be erased now, and of how many more the recording."""

    calls: int
    recordings: int


async def count(session: AsyncSession, kept: Kept) -> Due:
    """What a setting would erase at once, without erasing anything."""
    now = await database_now(session)
    calls = 0
    if kept.calls is not None:
        before = now - timedelta(days=kept.calls)
        calls = await upkeep_queries.count_older(session, before) + await rows.count_older(session, before)
    if kept.recordings is None:
        return Due(calls, 0)
    floor = now - timedelta(days=kept.calls) if kept.calls is not None else None
    older = await upkeep_queries.count_older_recorded(session, now - timedelta(days=kept.recordings), floor)
    return Due(calls, older)


async def enforce(database: Database, vault: Vault, org_id: uuid.UUID, kept: Kept) -> Due:
    """Erase a part of what is too old: whole calls first; answers how much it was.

    Each call has its receipt; recordings are counted in one entry of the audit trail.
    """
    erased = await _erase_calls(database, vault, org_id, kept.calls) if kept.calls is not None else 0
    forgotten = await _forget(database, vault, org_id, kept.recordings) if kept.recordings is not None else 0
    return Due(erased, forgotten)


async def _erase_calls(database: Database, vault: Vault, org_id: uuid.UUID, days: int) -> int:
    async with database.tenant(org_id) as session:
        before = await database_now(session) - timedelta(days=days)
        found = await upkeep_queries.older_calls(session, before, AT_A_TIME)

    async def erase_one(analysis_id: uuid.UUID, mode: Mode) -> None:
        await erase.erase(database, vault, SYSTEM, org_id, analysis_id, mode)

    return await _each(found, erase_one) + await _forget_conversations(database, vault, org_id, days)


async def _forget_conversations(database: Database, vault: Vault, org_id: uuid.UUID, days: int) -> int:
    async with database.tenant(org_id) as session:
        before = await database_now(session) - timedelta(days=days)
        found = await rows.older(session, before, AT_A_TIME)

    async def forget_one(conversation_id: uuid.UUID, mode: Mode) -> None:
        await forgetting.forget(database, vault, Source(org_id, SYSTEM, mode), conversation_id)

    return await _each(found, forget_one)


async def _each(
    found: Sequence[tuple[uuid.UUID, Mode]], erase_one: Callable[[uuid.UUID, Mode], Awaitable[None]]
) -> int:
    """Erase one after the other; a few that cannot be erased do not keep the others from it."""
    erased = failed = 0
    for row_id, mode in found:
        try:
            await erase_one(row_id, mode)
            erased += 1
        except NotFoundError:
            continue  # somebody else was faster
        except Exception:
            failed += 1
            if failed > MOST_FAILURES:
                raise
            log.exception("not_erased", id=str(row_id))
    return erased


async def _forget(database: Database, vault: Vault, org_id: uuid.UUID, days: int) -> int:
    """Forget recordings with their data keys; transcript, evaluation and all the rest stay."""
    keys, count = list[str](), 0
    async with database.tenant(org_id) as session:
        before = await database_now(session) - timedelta(days=days)
        for recording in await upkeep_queries.older_recordings(session, before, AT_A_TIME):
            keys += await sound.forget(session, recording)
            count += 1
        if count:
            details = {"count": count, "keptDays": days}
            await record(session, org_id, SYSTEM, Deed("recordings.expired", None, details))
    await objects.remove(database, vault, org_id, keys)
    return count


async def keep_promises(database: Database, vault: Vault) -> None:
    """One round over all organisations that keep anything for a time only."""
    async with database.operator() as session:
        organisations: Sequence[Organisation] = await upkeep_queries.forgetful(session)
    kept = {one.id: Kept.by(one) for one in organisations}
    await each(database, "retention", kept, lambda org_id: enforce(database, vault, org_id, kept[org_id]))
