"""Every SELECT on alert rules and alerts."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, cast, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode, User
from calltrace.alerts.models import Alert, AlertRule
from calltrace.analyses.models import Analysis, EvaluationRow, TranscriptRow
from calltrace.db.listing import NameFilter, Slice, listed
from calltrace.kit.cursor import Cursor


async def rules(session: AsyncSession, names: NameFilter, part: Slice) -> Sequence[AlertRule]:
    """Rules of the organisation, newest first, and one more than asked for if there are more."""
    return (await session.scalars(listed(select(AlertRule), AlertRule, names, part))).all()


async def rules_for(session: AsyncSession, analysis: Analysis) -> Sequence[AlertRule]:
    """The rules that look at a call, oldest first, as they were last committed.

    They stay like that until the transaction ends: who changes or deletes one meanwhile waits, so a call is
    judged by a rule as it was before or as it is after, and nothing is raised for a rule that is gone.
    """
    scopes = (
        _unless_other(AlertRule.project_id, analysis.project_id),
        _unless_other(AlertRule.agent_id, analysis.agent_id),
        _unless_other(AlertRule.queue_id, analysis.queue_id),
    )
    query = select(AlertRule).where(AlertRule.enabled, *scopes)
    held = query.order_by(AlertRule.created_at, AlertRule.id).with_for_update(read=True)
    return (await session.scalars(held.execution_options(populate_existing=True))).all()


async def number_of_rules(session: AsyncSession) -> int:
    """How many rules the organisation has."""
    return await session.scalar(select(func.count()).select_from(AlertRule)) or 0


def _unless_other(
    column: SQLColumnExpression[uuid.UUID | None], value: uuid.UUID | None
) -> ColumnElement[bool]:
    return column.is_(None) if value is None else or_(column.is_(None), column == value)


async def known_emails(session: AsyncSession, emails: Sequence[str]) -> dict[str, str]:
    """Which addresses users of the organisation have who may sign in: as stored, by small letters."""
    lower = [one.lower() for one in emails]
    query = select(User.email).where(func.lower(User.email).in_(lower), User.deactivated_at.is_(None))
    found = await session.scalars(query)
    return {one.lower(): one for one in found}


@dataclass(frozen=True, slots=True)
class AlertFilters:
    """What a list of alerts is narrowed down to; ``sees``: of which agents' calls."""

    mode: Mode | None
    acknowledged: bool | None = None
    rule_id: uuid.UUID | None = None
    analysis_id: uuid.UUID | None = None
    agents: frozenset[uuid.UUID] | None = None


@dataclass(frozen=True, slots=True)
class FoundAlert:
    """An alert and the call that it is about."""

    row: Alert
    analysis: Analysis


async def alerts(
    session: AsyncSession, alerts_of: AlertFilters, *, after: Cursor | None, limit: int
) -> Sequence[FoundAlert]:
    """The next alerts after a cursor, newest first."""
    query = (
        select(Alert, Analysis).join(Analysis, Analysis.id == Alert.analysis_id).where(*_narrowed(alerts_of))
    )
    if after:
        query = query.where(
            tuple_(Alert.created_at, Alert.id) < tuple_(literal(after.moment), literal(after.id))
        )
    query = query.order_by(Alert.created_at.desc(), Alert.id.desc()).limit(limit)
    return [FoundAlert(row[0], row[1]) for row in (await session.execute(query)).all()]


async def alert(
    session: AsyncSession, alert_id: uuid.UUID, alerts_of: AlertFilters, *, lock: bool = False
) -> FoundAlert | None:
    """One alert, if it lies within what is narrowed down to."""
    query = select(Alert, Analysis).join(Analysis, Analysis.id == Alert.analysis_id)
    query = query.where(Alert.id == alert_id, *_narrowed(alerts_of))
    if lock:
        query = query.with_for_update(of=Alert)
    row = (await session.execute(query)).first()
    return FoundAlert(row[0], row[1]) if row else None


def _narrowed(which: AlertFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if which.mode is not None:
        found.append(Alert.mode == which.mode)
    if which.acknowledged is not None:
        open_ = Alert.acknowledged_at.is_(None)
        found.append(~open_ if which.acknowledged else open_)
    if which.rule_id is not None:
        found.append(Alert.rule_id == which.rule_id)
    if which.analysis_id is not None:
        found.append(Alert.analysis_id == which.analysis_id)
    if which.agents is not None:
        found.append(Analysis.agent_id.in_(which.agents))
    return found


@dataclass(frozen=True, slots=True)
class Past:
    """A call that was evaluated, with what was said and found as JSON text."""

    analysis: Analysis
    evaluation: str
    transcript: str


_EVALUATION = (
    select(cast(EvaluationRow.document, Text))
    .where(EvaluationRow.analysis_id == Analysis.id, EvaluationRow.status == "completed")
    .order_by(EvaluationRow.created_at.desc())
    .limit(1)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class PastFilters:
    """Which calls of before a rule is tried on."""

    mode: Mode
    project_id: uuid.UUID | None = None
    agent_id: uuid.UUID | None = None
    queue_id: uuid.UUID | None = None
    agents: frozenset[uuid.UUID] | None = None


async def past(
    session: AsyncSession, calls_of: PastFilters, *, after: Cursor | None, limit: int
) -> Sequence[Past]:
    """The next completed calls after a cursor, newest first."""
    query = select(Analysis, _EVALUATION, cast(TranscriptRow.document, Text))
    query = query.join(TranscriptRow, TranscriptRow.analysis_id == Analysis.id)
    query = query.where(Analysis.status == "completed", Analysis.mode == calls_of.mode)
    for column, value in (
        (Analysis.project_id, calls_of.project_id), (Analysis.agent_id, calls_of.agent_id),
        (Analysis.queue_id, calls_of.queue_id),
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    if calls_of.agents is not None:
        query = query.where(Analysis.agent_id.in_(calls_of.agents))
    if after:
        place = tuple_(literal(after.moment), literal(after.id))
        query = query.where(tuple_(Analysis.created_at, Analysis.id) < place)
    query = query.order_by(Analysis.created_at.desc(), Analysis.id.desc()).limit(limit)
    return [Past(row[0], row[1], row[2]) for row in (await session.execute(query)).all() if row[1]]
