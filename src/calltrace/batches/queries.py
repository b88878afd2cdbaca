"""Every SELECT on batches."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Double, cast, exists, func, literal, not_, select, tuple_
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses.models import Analysis
from calltrace.batches.models import Batch, BatchCall
from calltrace.catalog.models import Agent
from calltrace.kit.cursor import Cursor

UNFINISHED = Batch.status.in_(("queued", "running"))


@dataclass(frozen=True, slots=True)
class Progress:
    """How many calls of a batch are where; those that were erased are nowhere."""

    waiting: int = 0
    done: int = 0
    failed: int = 0

    @property
    def percent(self) -> int:
        """How much of what there is has ended, 0 to 100."""
        ended = self.done + self.failed
        return 100 * ended // (ended + self.waiting) if ended + self.waiting else 100


async def batch(session: AsyncSession, batch_id: uuid.UUID, kind: str, mode: Mode) -> Batch | None:
    """One batch of the organisation."""
    query = select(Batch).where(Batch.id == batch_id, Batch.kind == kind, Batch.mode == mode)
    return await session.scalar(query)


async def batches(
    session: AsyncSession,
    kind: str,
    mode: Mode,
    scorecard_id: uuid.UUID | None,
    *,
    after: Cursor | None,
    limit: int,
) -> Sequence[Batch]:
    """The next ``limit`` batches after a cursor, newest first, of one scorecard if that is given."""
    query = select(Batch).where(Batch.kind == kind, Batch.mode == mode)
    if scorecard_id is not None:
        query = query.where(Batch.scorecard_id == scorecard_id)
    if after:
        place = tuple_(Batch.created_at, Batch.id)
        query = query.where(place < tuple_(literal(after.moment), literal(after.id)))
    query = query.order_by(Batch.created_at.desc(), Batch.id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def unfinished(session: AsyncSession, org_id: uuid.UUID) -> int:
    """How many batches of the organisation have not ended."""
    query = select(func.count()).select_from(Batch).where(Batch.org_id == org_id, UNFINISHED)
    return await session.scalar(query) or 0


async def progress(session: AsyncSession, batch_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Progress]:
    """How far some batches are."""
    query = (
        select(BatchCall.batch_id, BatchCall.status, func.count())
        .where(BatchCall.batch_id.in_(batch_ids))
        .group_by(BatchCall.batch_id, BatchCall.status)
    )
    counts = dict[uuid.UUID, dict[str, int]]()
    for batch_id, status, number in (await session.execute(query)).all():
        counts.setdefault(batch_id, {})[status] = number
    return {one: Progress(**found) for one, found in counts.items()}


async def next_call(session: AsyncSession, batch_id: uuid.UUID) -> BatchCall | None:
    """The call whose turn it is: those that failed come after those that did not."""
    query = select(BatchCall).where(BatchCall.batch_id == batch_id, BatchCall.status == "waiting")
    return await session.scalar(query.order_by(BatchCall.tries, BatchCall.position).limit(1))


async def hold_call(session: AsyncSession, analysis_id: uuid.UUID) -> bool:
    """Whether a call is still there; if so it stays until the transaction ends: who erases it waits."""
    query = select(Analysis.id).where(Analysis.id == analysis_id).with_for_update(read=True, key_share=True)
    return await session.scalar(query) is not None


async def calls(
    session: AsyncSession, batch_id: uuid.UUID, *, above: int, limit: int
) -> Sequence[tuple[BatchCall, str | None, uuid.UUID | None, str | None]]:
    """The next ``limit`` calls in order, each with its external id, its agent and the agent's name."""
    query = (
        select(BatchCall, Analysis.external_id, Analysis.agent_id, Agent.name)
        .join(Analysis, Analysis.id == BatchCall.analysis_id)
        .outerjoin(Agent, Agent.id == Analysis.agent_id)
        .where(BatchCall.batch_id == batch_id, BatchCall.position > above)
    )
    found = await session.execute(query.order_by(BatchCall.position).limit(limit))
    return [(row[0], row[1], row[2], row[3]) for row in found.all()]


async def stranded(
    session: AsyncSession, older_than: timedelta
) -> Sequence[tuple[uuid.UUID, uuid.UUID, int]]:
    """``(org, batch, attempts)`` of unfinished batches without a job or a sign of life (operator session)."""
    same = sql("pgqueuer.dedupe_key LIKE 'evaluate_batch:' || batches.org_id || '/' || batches.id || '/%'")
    job = exists(sql("1")).select_from(sql("pgqueuer")).where(same)
    query = select(Batch.org_id, Batch.id, Batch.attempts).where(UNFINISHED, not_(job))
    query = query.where(Batch.touched_at < func.clock_timestamp() - older_than)
    return [(row[0], row[1], row[2]) for row in (await session.execute(query)).all()]


# What follows is counted by the database: a back-test of many calls must not pass through our memory.

_BEFORE = cast(BatchCall.before["score"].astext, Double)
_AFTER = cast(BatchCall.after["score"].astext, Double)
_COMPARED = (BatchCall.status == "done", _BEFORE.is_not(None), _AFTER.is_not(None))
_MEANS = (
    func.count(),
    func.avg(_BEFORE),
    func.avg(_AFTER),
    func.count().filter(BatchCall.before["passed"].astext == "true"),
    func.count().filter(BatchCall.after["passed"].astext == "true"),
)


@dataclass(frozen=True, slots=True)
class Means:
    """Calls with a score on both sides: how many, and what they come to."""

    calls: int
    score_before: float
    score_after: float
    passed_before: int
    passed_after: int


async def means(session: AsyncSession, batch_id: uuid.UUID) -> Means | None:
    """Before and after, over the calls of a back-test that have both."""
    row = (await session.execute(select(*_MEANS).where(BatchCall.batch_id == batch_id, *_COMPARED))).one()
    return Means(*row) if row[0] else None


async def by_agent(
    session: AsyncSession, batch_id: uuid.UUID, limit: int
) -> Sequence[tuple[uuid.UUID | None, str | None, Means]]:
    """The same for each agent (none: calls that name nobody), those with the most calls first."""
    query = (
        select(Analysis.agent_id, Agent.name, *_MEANS)
        .select_from(BatchCall)
        .join(Analysis, Analysis.id == BatchCall.analysis_id)
        .outerjoin(Agent, Agent.id == Analysis.agent_id)
        .where(BatchCall.batch_id == batch_id, *_COMPARED)
        .group_by(Analysis.agent_id, Agent.name)
        .order_by(func.count().desc(), Analysis.agent_id)
        .limit(limit)
    )
    return [(row[0], row[1], Means(*row[2:])) for row in (await session.execute(query)).all()]


_VERDICTS = sql("""
    SELECT verdicts.key, verdicts.before, verdicts.after, count(*)
    FROM batch_calls CROSS JOIN LATERAL (
        SELECT coalesce(old.key, new.key) AS key, old.value AS before, new.value AS after
        FROM jsonb_each_text(batch_calls.before -> 'verdicts') AS old
        FULL JOIN jsonb_each_text(batch_calls.after -> 'verdicts') AS new ON new.key = old.key
    ) AS verdicts
    WHERE batch_calls.batch_id = :batch_id AND batch_calls.status = 'done' AND batch_calls.before IS NOT NULL
    GROUP BY 1, 2, 3
""")


async def verdicts(
    session: AsyncSession, batch_id: uuid.UUID
) -> Sequence[tuple[str, str | None, str | None, int]]:
    """``(criterion, before, after, calls)``; a side that does not have the criterion is null."""
    return [
        (row[0], row[1], row[2], row[3]) for row in await session.execute(_VERDICTS, {"batch_id": batch_id})
    ]


async def failures(session: AsyncSession, batch_id: uuid.UUID) -> Sequence[tuple[str, int]]:
    """``(code, calls)`` of those that could not be judged, the most frequent first."""
    query = (
        select(BatchCall.code, func.count())
        .where(BatchCall.batch_id == batch_id, BatchCall.code.is_not(None))
        .group_by(BatchCall.code)
        .order_by(func.count().desc(), BatchCall.code)
    )
    return [(str(row[0]), row[1]) for row in (await session.execute(query)).all()]


async def changed_most(
    session: AsyncSession, batch_id: uuid.UUID, limit: int
) -> Sequence[tuple[uuid.UUID, str | None, float, float]]:
    """``(analysis, external id, before, after)`` of the calls whose score moved furthest."""
    moved = func.abs(_AFTER - _BEFORE)
    query = (
        select(BatchCall.analysis_id, Analysis.external_id, _BEFORE, _AFTER)
        .join(Analysis, Analysis.id == BatchCall.analysis_id)
        .where(BatchCall.batch_id == batch_id, *_COMPARED, moved > 0)
        .order_by(moved.desc(), BatchCall.position)
        .limit(limit)
    )
    found: Sequence[Any] = (await session.execute(query)).all()
    return [tuple(row) for row in found]
