"""Every SELECT on what people say of calls."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import Select, and_, exists, func, literal, not_, or_, select, tuple_, union
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from calltrace.accounts.models import Mode, User
from calltrace.analyses.models import Analysis, EvaluationRow
from calltrace.catalog.models import Agent
from calltrace.db.base import Row
from calltrace.db.listing import NameFilter, Slice, listed
from calltrace.kit.cursor import Cursor
from calltrace.reviews.models import (
    Acknowledgement,
    Appeal,
    Calibration,
    CalibrationMember,
    CoachingNote,
    Comment,
    Override,
    ReviewItem,
    ReviewRule,
    Standing,
    Team,
    TeamMember,
    TeamSupervisor,
)

Columns = TypeVarTuple("Columns")


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


async def teams(session: AsyncSession, names: NameFilter, part: Slice) -> Sequence[Team]:
    """Teams of the organisation, newest first, and one more than asked for if there are more."""
    return (await session.scalars(listed(select(Team), Team, names, part))).all()


async def team_agents(session: AsyncSession, team_ids: Collection[uuid.UUID]) -> Sequence[TeamMember]:
    """Who is in some teams."""
    query = select(TeamMember).where(TeamMember.team_id.in_(team_ids)).order_by(TeamMember.agent_id)
    return (await session.scalars(query)).all()


async def team_leaders(session: AsyncSession, team_ids: Collection[uuid.UUID]) -> Sequence[TeamSupervisor]:
    """Who leads some teams."""
    query = select(TeamSupervisor).where(TeamSupervisor.team_id.in_(team_ids))
    return (await session.scalars(query.order_by(TeamSupervisor.user_id))).all()


async def teams_of_users(
    session: AsyncSession, user_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[str]]:
    """By user the names of the teams that they lead, or are in as agents."""
    leads = select(TeamSupervisor.user_id, Team.name).join(Team, Team.id == TeamSupervisor.team_id)
    works = select(User.id, Team.name).join(TeamMember, TeamMember.agent_id == User.agent_id)
    works = works.join(Team, Team.id == TeamMember.team_id)
    both = union(leads.where(TeamSupervisor.user_id.in_(user_ids)), works.where(User.id.in_(user_ids)))
    found: dict[uuid.UUID, list[str]] = {}
    for user_id, name in (await session.execute(both.order_by("name"))).all():
        found.setdefault(user_id, []).append(name)
    return found


async def known_agents(session: AsyncSession, agent_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Which of some agents the organisation has."""
    return set(await session.scalars(select(Agent.id).where(Agent.id.in_(agent_ids))))


async def known_users(session: AsyncSession, user_ids: Collection[uuid.UUID]) -> Sequence[User]:
    """Which of some users the organisation has."""
    return (await session.scalars(select(User).where(User.id.in_(user_ids)))).all()


async def comments(
    session: AsyncSession, analysis_id: uuid.UUID, *, shared_only: bool, after: Cursor | None, limit: int
) -> Sequence[Comment]:
    """The next ``limit`` comments on a call after a cursor, newest first; those for the agent only, if so."""
    query = select(Comment).where(Comment.analysis_id == analysis_id)
    if shared_only:
        query = query.where(Comment.shared)
    return (await session.scalars(_cut(query, Comment, after, limit))).all()


async def comment(session: AsyncSession, analysis_id: uuid.UUID, comment_id: uuid.UUID) -> Comment | None:
    """One comment on a call, locked until the transaction ends."""
    query = select(Comment).where(Comment.analysis_id == analysis_id, Comment.id == comment_id)
    return await session.scalar(query.with_for_update())


async def rules(session: AsyncSession, names: NameFilter, part: Slice) -> Sequence[ReviewRule]:
    """Review rules of the organisation, newest first, and one more than asked for if there are more."""
    return (await session.scalars(listed(select(ReviewRule), ReviewRule, names, part))).all()


async def enabled_rules(session: AsyncSession) -> Sequence[ReviewRule]:
    """The review rules that hold, oldest first."""
    query = select(ReviewRule).where(ReviewRule.enabled)
    return (await session.scalars(query.order_by(ReviewRule.created_at, ReviewRule.id))).all()


async def of_the_week(session: AsyncSession, rule_id: str, agent_id: uuid.UUID, mode: Mode) -> int:
    """How many calls of an agent, of one mode, a rule has put on the queue this week (ISO 8601, UTC)."""
    week = func.date_trunc("week", func.clock_timestamp(), "UTC")
    query = select(func.count()).select_from(ReviewItem)
    query = query.join(Analysis, Analysis.id == ReviewItem.analysis_id).where(Analysis.agent_id == agent_id)
    query = query.where(Analysis.mode == mode)
    by_rule = ReviewItem.reasons.contains([{"ruleId": rule_id}])
    return await session.scalar(query.where(ReviewItem.created_at >= week, by_rule)) or 0


async def review_item(session: AsyncSession, item_id: uuid.UUID) -> ReviewItem | None:
    """One call on the queue."""
    return await session.scalar(select(ReviewItem).where(ReviewItem.id == item_id))


async def review_of(session: AsyncSession, analysis_id: uuid.UUID) -> ReviewItem | None:
    """The place of one call on the queue."""
    return await session.scalar(select(ReviewItem).where(ReviewItem.analysis_id == analysis_id))


async def review_board(
    session: AsyncSession, mode: Mode | None, agents: Collection[uuid.UUID] | None,
    user_id: uuid.UUID | None, *, over: bool, after: Cursor | None, limit: int,
) -> Sequence[ReviewItem]:  # fmt: skip
    """The next ``limit`` calls on the queue after a cursor, newest first: what is over, or what is not.

    With ``user_id`` only what that person has, or what is meant for them.
    """
    query = select(ReviewItem).join(Analysis, Analysis.id == ReviewItem.analysis_id)
    query = query.where(ReviewItem.state.in_(("done", "skipped") if over else ("open", "in_review")))
    if mode is not None:
        query = query.where(Analysis.mode == mode)
    if agents is not None:
        query = query.where(Analysis.agent_id.in_(agents))
    if user_id is not None:
        has_it = and_(ReviewItem.state == "in_review", ReviewItem.claimed_by == user_id)
        query = query.where(or_(has_it, ReviewItem.assignee_id == user_id))
    return (await session.scalars(_cut(query, ReviewItem, after, limit))).all()


async def review_items(
    session: AsyncSession, mode: Mode | None, agents: Collection[uuid.UUID] | None, state: str | None,
    assignee_id: uuid.UUID | None, *, after: Cursor | None, limit: int,
) -> Sequence[ReviewItem]:  # fmt: skip
    """The next ``limit`` calls on the queue after a cursor, newest first; a claim that ran out is open."""
    query = select(ReviewItem).join(Analysis, Analysis.id == ReviewItem.analysis_id)
    if mode is not None:
        query = query.where(Analysis.mode == mode)
    if agents is not None:
        query = query.where(Analysis.agent_id.in_(agents))
    if assignee_id is not None:
        query = query.where(ReviewItem.assignee_id == assignee_id)
    claimed = and_(ReviewItem.state == "in_review", ReviewItem.claimed_until > func.clock_timestamp())
    if state == "in_review":
        query = query.where(claimed)
    elif state == "open":
        query = query.where(ReviewItem.state.in_(("open", "in_review")), not_(claimed))
    elif state is not None:
        query = query.where(ReviewItem.state == state)
    return (await session.scalars(_cut(query, ReviewItem, after, limit))).all()


async def standing(session: AsyncSession, judged_by: uuid.UUID, criterion_key: str) -> Standing | None:
    """How far the machine is trusted with one criterion, locked until the transaction ends."""
    query = select(Standing).where(Standing.scorecard_id == judged_by)
    return await session.scalar(query.where(Standing.criterion_key == criterion_key).with_for_update())


async def standings(session: AsyncSession, judged_by: uuid.UUID) -> Sequence[Standing]:
    """How far the machine is trusted with the criteria of a scorecard."""
    return (await session.scalars(select(Standing).where(Standing.scorecard_id == judged_by))).all()


async def decided_keys(session: AsyncSession, judged_by: uuid.UUID) -> Sequence[str]:
    """The criteria of a scorecard that people decided."""
    query = select(Override.criterion_key).where(Override.scorecard_id == judged_by).distinct()
    return (await session.scalars(query)).all()


async def decisions(
    session: AsyncSession, judged_by: uuid.UUID, criterion_key: str, after_moment: datetime | None, limit: int
) -> Sequence[tuple[datetime, str, str]]:
    """The newest decisions that stand on a criterion of live calls: when, the machine's, the person's."""
    later = aliased(Override)
    newer = exists().where(
        later.evaluation_id == Override.evaluation_id,
        later.criterion_key == Override.criterion_key,
        later.revision > Override.revision,
    )
    query = select(Override.created_at, Override.machine_verdict, Override.verdict)
    query = query.join(Analysis, Analysis.id == Override.analysis_id).where(Analysis.mode == "live")
    query = query.where(Override.scorecard_id == judged_by, Override.criterion_key == criterion_key)
    query = query.where(Override.verdict.is_not(None), not_(newer))
    if after_moment is not None:
        query = query.where(Override.created_at > after_moment)
    rows = await session.execute(query.order_by(Override.created_at.desc()).limit(limit))
    return [(row[0], row[1], row[2] or "") for row in rows.all()]


async def calibrated(
    session: AsyncSession, judged_by: uuid.UUID, criterion_key: str, after_moment: datetime | None, limit: int
) -> Sequence[tuple[datetime, str, str]]:
    """The same of calibration sessions that are closed, person by person."""
    machine, person = Calibration.machine[criterion_key], CalibrationMember.verdicts[criterion_key]
    query = select(Calibration.closed_at, machine.astext, person.astext)
    query = query.join(CalibrationMember, CalibrationMember.calibration_id == Calibration.id)
    query = query.join(Analysis, Analysis.id == Calibration.analysis_id).where(Analysis.mode == "live")
    query = query.where(Calibration.scorecard_id == judged_by, Calibration.state == "closed")
    query = query.where(person.astext.is_not(None), machine.astext.is_not(None))
    if after_moment is not None:
        query = query.where(Calibration.closed_at > after_moment)
    rows = await session.execute(query.order_by(Calibration.closed_at.desc()).limit(limit))
    return [(closed_at, said, word) for closed_at, said, word in rows.all() if closed_at is not None]


async def acknowledgement(
    session: AsyncSession, judged_id: uuid.UUID, user_id: uuid.UUID
) -> Acknowledgement | None:
    """That a user has seen an evaluation."""
    query = select(Acknowledgement).where(Acknowledgement.evaluation_id == judged_id)
    return await session.scalar(query.where(Acknowledgement.user_id == user_id))


async def acknowledgements(
    session: AsyncSession, analysis_id: uuid.UUID, *, after: Cursor | None, limit: int
) -> Sequence[Acknowledgement]:
    """The next ``limit`` acknowledgements of a call after a cursor, newest first."""
    query = select(Acknowledgement).where(Acknowledgement.analysis_id == analysis_id)
    return (await session.scalars(_cut(query, Acknowledgement, after, limit))).all()


async def appeal(session: AsyncSession, appeal_id: uuid.UUID) -> Appeal | None:
    """One appeal."""
    return await session.scalar(select(Appeal).where(Appeal.id == appeal_id))


async def appeals_of(session: AsyncSession, analysis_id: uuid.UUID) -> Sequence[Appeal]:
    """Every appeal on a call, newest first; there is at most one for each criterion of an evaluation."""
    query = select(Appeal).where(Appeal.analysis_id == analysis_id)
    return (await session.scalars(query.order_by(Appeal.created_at.desc(), Appeal.id.desc()))).all()


async def appeals(
    session: AsyncSession, mode: Mode | None, agents: Collection[uuid.UUID] | None, state: str | None,
    *, after: Cursor | None, limit: int,
) -> Sequence[Appeal]:  # fmt: skip
    """The next ``limit`` appeals after a cursor, newest first."""
    query = select(Appeal).join(Analysis, Analysis.id == Appeal.analysis_id)
    if mode is not None:
        query = query.where(Analysis.mode == mode)
    if agents is not None:
        query = query.where(Analysis.agent_id.in_(agents))
    if state is not None:
        query = query.where(Appeal.state == state)
    return (await session.scalars(_cut(query, Appeal, after, limit))).all()


async def calibrations(
    session: AsyncSession, mode: Mode | None, agents: Collection[uuid.UUID] | None,
    *, after: Cursor | None, limit: int,
) -> Sequence[Calibration]:  # fmt: skip
    """The next ``limit`` calibrations after a cursor, newest first."""
    query = select(Calibration).join(Analysis, Analysis.id == Calibration.analysis_id)
    if mode is not None:
        query = query.where(Analysis.mode == mode)
    if agents is not None:
        query = query.where(Analysis.agent_id.in_(agents))
    return (await session.scalars(_cut(query, Calibration, after, limit))).all()


async def calibration_members(
    session: AsyncSession, calibration_ids: Collection[uuid.UUID]
) -> Sequence[CalibrationMember]:
    """Who was asked in some calibrations, in a lasting order."""
    query = select(CalibrationMember).where(CalibrationMember.calibration_id.in_(calibration_ids))
    return (await session.scalars(query.order_by(CalibrationMember.user_id))).all()


def _cut(query: Select[*Columns], table: type[Row], after: Cursor | None, limit: int) -> Select[*Columns]:
    if after:
        position = tuple_(literal(after.moment), literal(after.id))
        query = query.where(tuple_(table.created_at, table.id) < position)
    return query.order_by(table.created_at.desc(), table.id.desc()).limit(limit)


async def coaching_notes(
    session: AsyncSession, agent_id: uuid.UUID, *, after: Cursor | None, limit: int
) -> Sequence[CoachingNote]:
    """The next ``limit`` notes to an agent after a cursor, newest first."""
    query = select(CoachingNote).where(CoachingNote.agent_id == agent_id)
    return (await session.scalars(_cut(query, CoachingNote, after, limit))).all()


async def coaching_note(
    session: AsyncSession, agent_id: uuid.UUID, note_id: uuid.UUID
) -> CoachingNote | None:
    """One note to an agent."""
    query = select(CoachingNote).where(CoachingNote.agent_id == agent_id, CoachingNote.id == note_id)
    return await session.scalar(query)
