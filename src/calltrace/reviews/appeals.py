"""What agents do with results of their own calls: acknowledge them, or appeal a criterion.

An appeal is made once for each criterion of an evaluation, and within the days that the organisation sets,
counted from when the evaluation was completed. Somebody else decides: upheld, an override follows in the same
transaction; rejected, with a reason.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Deed, record
from calltrace.accounts.errors import AlreadyExistsError, ForbiddenError
from calltrace.analyses.models import Analysis, EvaluationRow
from calltrace.analyses.read import following
from calltrace.catalog.service import refused
from calltrace.db.clock import database_now
from calltrace.db.conflicts import broken_constraint
from calltrace.evaluation.results import Settled
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError
from calltrace.kit.ids import uuid7
from calltrace.kit.words import Words
from calltrace.reviews import overrides, pinned, policy, queries, who
from calltrace.reviews.errors import AppealDecidedError, AppealTooLateError, NotImpartialError
from calltrace.reviews.models import Acknowledgement, Appeal
from calltrace.reviews.overrides import Quoted, Wanted
from calltrace.reviews.who import Who

Outcome = Literal["upheld", "rejected"]
State = Literal["open", "upheld", "rejected"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What somebody decides on an appeal; an upheld one says what holds instead, as an override does."""

    outcome: Outcome
    reason: str
    verdict: Settled | None = None
    points: float | None = None
    evidence: Sequence[Quoted] = ()
    revision: int | None = None


async def acknowledge(session: AsyncSession, agent: Who, analysis_id: uuid.UUID) -> Acknowledgement:
    """The agent has seen the result that the own call shows; again is not an error.

    Raises:
        NotFoundError: it is not the own call. ForbiddenError: they are no agent.
        NothingToDecideError: there is no result yet.
    """
    analysis = await _own_call(session, agent, analysis_id)
    found = await pinned.shown(session, analysis)
    user_id = agent.require_person()
    row = {
        "id": uuid7(), "org_id": agent.org_id, "analysis_id": analysis.id, "evaluation_id": found.row.id,
        "user_id": user_id,
    }  # fmt: skip
    await session.execute(insert(Acknowledgement).values(row).on_conflict_do_nothing())
    known = await queries.acknowledgement(session, found.row.id, user_id)
    if known is None:
        raise NotFoundError("There is no analysis with this id.")
    return known


async def acknowledgements(
    session: AsyncSession, reader: Who, analysis_id: uuid.UUID, *, cursor: str | None, limit: int
) -> tuple[Sequence[Acknowledgement], str | None]:
    """One page of who has seen results of a call, newest first, and the cursor of the next page.

    Raises:
        NotFoundError: there is no such call for them.
    """
    await who.find_call(session, reader, analysis_id)
    after = Cursor.decode(cursor) if cursor else None
    found = await queries.acknowledgements(session, analysis_id, after=after, limit=limit + 1)
    return found[:limit], following(found, limit)


async def make(session: AsyncSession, agent: Who, analysis_id: uuid.UUID, key: str, reason: str) -> Appeal:
    """Appeal one criterion of the result that the own call shows.

    Raises:
        NotFoundError, ForbiddenError, NothingToDecideError: as ``acknowledge``.
        InvalidRequestError: the criterion or the reason. AppealTooLateError: the time is over.
        AlreadyExistsError: it was appealed before.
    """
    analysis = await _own_call(session, agent, analysis_id)
    found = await pinned.shown(session, analysis)
    found.line(key)
    if not reason.strip():
        raise refused("reason", "is missing", Words("Give a reason."))
    now, until = await database_now(session), await deadline(session, agent.org_id, found.row)
    if now > until:
        raise AppealTooLateError(
            Words("This result could be appealed until %(until)s.", until=clock.iso(until))
        )
    appeal = Appeal(
        org_id=agent.org_id, analysis_id=analysis.id, evaluation_id=found.row.id, criterion_key=key,
        user_id=agent.require_person(), reason=reason.strip(), state="open", created_at=now,
    )  # fmt: skip
    session.add(appeal)
    await _flush(session)
    await record(session, agent.org_id, agent.actor, Deed("appeal.made", analysis.id, {"criterion": key}))
    return appeal


async def deadline(session: AsyncSession, org_id: uuid.UUID, judged: EvaluationRow) -> datetime:
    """Until when an evaluation can be appealed."""
    days = timedelta(days=(await policy.read(session, org_id)).appeal_days)
    return (judged.completed_at or judged.created_at) + days


async def of_call(session: AsyncSession, reader: Who, analysis_id: uuid.UUID) -> Sequence[Appeal]:
    """Every appeal on a call, newest first.

    Raises:
        NotFoundError: there is no such call for them.
    """
    await who.find_call(session, reader, analysis_id)
    return await queries.appeals_of(session, analysis_id)


async def decide(session: AsyncSession, judge: Who, appeal_id: uuid.UUID, ruling: Ruling) -> Appeal:
    """Decide on an appeal; if it is upheld the criterion is overridden with it.

    Raises:
        NotFoundError: there is none for them. ForbiddenError: they may not decide.
        NotImpartialError: it is their own, or against their own verdict (unless owner or admin).
        AppealDecidedError: somebody did. InvalidRequestError, OverrideConflictError,
        EvaluationSupersededError: as ``overrides.decide``.
    """
    appeal = await _find(session, judge, appeal_id)
    analysis = await who.find_call(session, judge, appeal.analysis_id, lock=True)
    await session.refresh(appeal, with_for_update=True)
    judge.require_judge(analysis)
    if appeal.state != "open":
        raise AppealDecidedError(Words("The appeal is %(state)s already.", state=appeal.state))
    await _check_impartial(session, judge, appeal)
    if not ruling.reason.strip():
        raise refused("reason", "is missing", Words("Give a reason."))
    if ruling.outcome == "upheld":
        made = await overrides.decide_line(session, judge, analysis, _override(appeal, ruling))
        appeal.override_id = made.id
    elif (ruling.verdict, ruling.points) != (None, None):
        words = Words("Verdict and points are for appeals that are upheld.")
        raise refused("verdict", "and points are for appeals that are upheld", words)
    appeal.state, appeal.decided_at = ruling.outcome, await database_now(session)
    appeal.decided_by, appeal.decision_reason = judge.actor.name, ruling.reason.strip()
    await session.flush()
    facts = {"criterion": appeal.criterion_key, "via": judge.via}
    await record(session, judge.org_id, judge.actor, Deed(f"appeal.{appeal.state}", analysis.id, facts))
    return appeal


async def find(session: AsyncSession, reader: Who, appeal_id: uuid.UUID) -> Appeal:
    """One appeal.

    Raises:
        NotFoundError: there is none that they may see.
    """
    return await _find(session, reader, appeal_id)


async def page(
    session: AsyncSession, reader: Who, state: State | None, *, cursor: str | None, limit: int
) -> tuple[Sequence[Appeal], str | None]:
    """One page of appeals that somebody may see, newest first, and the cursor of the next page."""
    after = Cursor.decode(cursor) if cursor else None
    found = await queries.appeals(session, reader.mode, reader.agents, state, after=after, limit=limit + 1)
    return found[:limit], following(found, limit)


async def _own_call(session: AsyncSession, agent: Who, analysis_id: uuid.UUID) -> Analysis:
    agent.require_person()
    analysis = await who.find_call(session, agent, analysis_id, lock=True)
    if agent.agent_id is None or analysis.agent_id != agent.agent_id:
        raise ForbiddenError("Only the agent of a call acknowledges its result or appeals it.")
    return analysis


async def _find(session: AsyncSession, reader: Who, appeal_id: uuid.UUID) -> Appeal:
    appeal = await queries.appeal(session, appeal_id)
    if appeal is None:
        raise NotFoundError("There is no appeal with this id.")
    await who.find_call(session, reader, appeal.analysis_id)
    return appeal


async def _check_impartial(session: AsyncSession, judge: Who, appeal: Appeal) -> None:
    if judge.user_id is not None and appeal.user_id == judge.user_id:
        raise NotImpartialError("Nobody decides on the own appeal.")
    words = {one.criterion_key: one for one in await queries.newest_words(session, appeal.evaluation_id)}
    word = words.get(appeal.criterion_key)
    if word is not None and judge.is_same(word.actor_kind, word.actor_id) and not judge.administers:
        raise NotImpartialError("Somebody else decides on an appeal against the own verdict.")


def _override(appeal: Appeal, ruling: Ruling) -> Wanted:
    if ruling.revision is None:
        words = Words("Load the page anew, and decide again.")
        raise refused("revision", "of the criterion is missing", words)
    return Wanted(
        appeal.criterion_key, ruling.revision, "override", ruling.reason, ruling.verdict, ruling.points,
        ruling.evidence, appeal.evaluation_id,
    )  # fmt: skip


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if broken_constraint(error) == "uq_appeals_evaluation_id_criterion_key":
            raise AlreadyExistsError("This criterion was appealed before.") from error
        raise
