"""Raising alerts as a call is evaluated, in that transaction; reading and acknowledging them."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Deed, record
from calltrace.alerts import notices, queries
from calltrace.alerts.document import Conditions
from calltrace.alerts.matching import Call, Reason, message, reasons
from calltrace.alerts.models import Alert, AlertRule
from calltrace.alerts.queries import AlertFilters, FoundAlert
from calltrace.analyses.models import Analysis, EvaluationRow
from calltrace.analyses.read import following
from calltrace.evaluation.results import Evaluation
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError
from calltrace.kit.ids import uuid7
from calltrace.reviews import queries as reviews
from calltrace.reviews.who import Who
from calltrace.speech.transcript import TalkMetrics, Transcript
from calltrace.webhooks import service as webhooks
from calltrace.webhooks.events import AlertEvent


async def judge(
    session: AsyncSession,
    analysis_id: uuid.UUID,
    transcript: Transcript,
    evaluation: Evaluation,
    public_url: str,
) -> int:
    """Hold a call that has just been evaluated against the rules; answers how many alerts that raised.

    A rule raises one alert for a call, once: a call that is evaluated again can only raise those that it
    has not raised before.

    Args:
        session: the transaction that writes the evaluation down.
        analysis_id: of the call.
        transcript: what was said.
        evaluation: as it is shown.
        public_url: of this installation, for what people are told.
    """
    analysis = await session.get_one(Analysis, analysis_id)
    rules = await queries.rules_for(session, analysis)
    if not rules:
        return 0
    metrics = TalkMetrics.model_validate(analysis.metrics) if analysis.metrics else None
    written = analysis.medium == "text"
    call = Call.of(evaluation, transcript, analysis.duration_seconds, metrics, written=written)
    matched = await asyncio.to_thread(_matched, [(one, one.conditions) for one in rules], call)
    raised = [await _raise(session, analysis, rule, found, evaluation, public_url) for rule, found in matched]
    return sum(raised)


async def judge_again(
    session: AsyncSession,
    evaluation_id: uuid.UUID,
    transcript: Transcript,
    evaluation: Evaluation,
    public_url: str,
) -> int:
    """The same for a call that was evaluated again, if that is what the call shows from now on."""
    row = await session.get_one(EvaluationRow, evaluation_id)
    shown = await reviews.shown_evaluation(session, row.analysis_id)
    if shown is None or shown.id != evaluation_id:
        return 0
    return await judge(session, row.analysis_id, transcript, evaluation, public_url)


def _matched(rules: list[tuple[AlertRule, object]], call: Call) -> list[tuple[AlertRule, list[Reason]]]:
    """In a thread, for hours of words: nothing here asks the database."""
    held = [(rule, reasons(Conditions.model_validate(wanted), call)) for rule, wanted in rules]
    return [(rule, found) for rule, found in held if found]


async def _raise(
    session: AsyncSession,
    analysis: Analysis,
    rule: AlertRule,
    found: list[Reason],
    evaluation: Evaluation,
    public_url: str,
) -> bool:
    alert = Alert(
        id=uuid7(), org_id=analysis.org_id, rule_id=rule.id, rule_name=rule.name, analysis_id=analysis.id,
        mode=analysis.mode, score=evaluation.score, message=message(found),
        reasons=[one.model_dump(mode="json") for one in found], created_at=clock.now_ms(),
    )  # fmt: skip
    columns = {column.key: getattr(alert, column.key) for column in Alert.__table__.columns}
    given = {name: value for name, value in columns.items() if value is not None}
    statement = insert(Alert).values(given).on_conflict_do_nothing(index_elements=["analysis_id", "rule_id"])
    if await session.scalar(statement.returning(Alert.id)) is None:
        return False
    await webhooks.publish(session, analysis.org_id, analysis.mode, event(alert, analysis), analysis.id)
    if analysis.mode == "live":
        await notices.tell(session, rule, alert, public_url)
    return True


def event(alert: Alert, analysis: Analysis) -> AlertEvent:
    """What subscribers are told of an alert."""
    return AlertEvent(
        occurred_at=clock.iso(alert.created_at), alert_id=str(alert.id), rule_id=str(alert.rule_id),
        rule_name=alert.rule_name, analysis_id=str(analysis.id), external_id=analysis.external_id,
        score=alert.score, message=alert.message, metadata=analysis.details,
    )  # fmt: skip


async def page(
    session: AsyncSession, reader: Who, which: AlertFilters, *, cursor: str | None, limit: int
) -> tuple[Sequence[FoundAlert], str | None]:
    """One page of alerts of calls that the reader may see, newest first, and the cursor of the next.

    Raises:
        ForbiddenError: an agent. InvalidRequestError: the cursor.
    """
    reader.require_judge()
    after = Cursor.decode(cursor) if cursor else None
    seen = replace(which, agents=reader.agents)
    found = await queries.alerts(session, seen, after=after, limit=limit + 1)
    return found[:limit], following([one.row for one in found], limit)


async def find(session: AsyncSession, reader: Who, alert_id: uuid.UUID, *, lock: bool = False) -> FoundAlert:
    """One alert.

    Raises:
        ForbiddenError: an agent. NotFoundError: there is none that they may see.
    """
    reader.require_judge()
    found = await queries.alert(session, alert_id, AlertFilters(reader.mode, agents=reader.agents), lock=lock)
    if found is None:
        raise NotFoundError("There is no alert with this id.")
    return found


async def acknowledge(session: AsyncSession, reader: Who, alert_id: uuid.UUID) -> FoundAlert:
    """Say that somebody has seen to an alert. Again is not an error, and changes nothing.

    Raises:
        ForbiddenError, NotFoundError: as ``find``.
    """
    found = await find(session, reader, alert_id, lock=True)
    if found.row.acknowledged_at is None:
        found.row.acknowledged_at, found.row.acknowledged_by = clock.now_ms(), reader.actor.name
        await session.flush()
        facts = {"analysisId": str(found.row.analysis_id)}
        await record(session, reader.org_id, reader.actor, Deed("alert.acknowledged", alert_id, facts))
    return found
