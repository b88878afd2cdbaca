"""Every SELECT on what people say of calls."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, literal, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.models import EvaluationRow
from calltrace.kit.cursor import Cursor
from calltrace.reviews.models import Override, TeamMember, TeamSupervisor


async def led_agents(session: AsyncSession, user_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """The agents of all teams that a user leads."""
    query = select(TeamMember.agent_id).join(TeamSupervisor, TeamSupervisor.team_id == TeamMember.team_id)
    return (await session.scalars(query.where(TeamSupervisor.user_id == user_id).distinct())).all()


async def shown_evaluation(session: AsyncSession, analysis_id: uuid.UUID) -> EvaluationRow | None:
    """The evaluation that a call shows: of the completed ones the one asked for last."""
    query = select(EvaluationRow).where(EvaluationRow.analysis_id == analysis_id)
    newest = query.where(EvaluationRow.status == "completed").order_by(EvaluationRow.created_at.desc())
    return await session.scalar(newest.limit(1))


async def newest_words(session: AsyncSession, judged_id: uuid.UUID) -> Sequence[Override]:
    """The decision that counts, of each criterion of an evaluation that people decided."""
    query = select(Override).where(Override.evaluation_id == judged_id)
    newest = query.order_by(Override.criterion_key, Override.revision.desc())
    return (await session.scalars(newest.ext(distinct_on(Override.criterion_key)))).all()


async def overrides(
    session: AsyncSession, analysis_id: uuid.UUID, *, after: Cursor | None, limit: int
) -> Sequence[Override]:
    """The next ``limit`` decisions on a call after a cursor, newest first."""
    query = select(Override).where(Override.analysis_id == analysis_id)
    return (await session.scalars(_cut(query, Override, after, limit))).all()


def _cut(
    query: Select[Override], table: type[Override], after: Cursor | None, limit: int
) -> Select[Override]:
    if after:
        position = tuple_(literal(after.moment), literal(after.id))
        query = query.where(tuple_(table.created_at, table.id) < position)
    return query.order_by(table.created_at.desc(), table.id.desc()).limit(limit)
