"""How far the machine agrees with people, criterion by criterion, and what follows from it.

Agreement is measured over the newest decisions of people on live calls (confirmed and overridden ones, and
closed calibrations). Where it is under what the organisation sets, the criterion is demoted from ``grade`` to
``suggest``: results made from then on wait for a person. It recovers by itself, or a person lifts it.
"""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import SYSTEM, Deed, record
from calltrace.db.clock import database_now
from calltrace.evaluation.agreement import Agreement, agreement
from calltrace.evaluation.human import only_suggested
from calltrace.evaluation.results import Evaluation
from calltrace.kit.errors import NotFoundError
from calltrace.reviews import pinned, policy, queries
from calltrace.reviews.models import Standing
from calltrace.reviews.who import Who

WINDOW = 200
"""The newest decisions that count: a criterion that got better must be able to show it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One criterion of a scorecard: the agreement, and what the machine may do with it."""

    scorecard_id: uuid.UUID
    criterion_key: str
    agreement: Agreement
    standing: Standing | None

    @property
    def mode(self) -> str:
        """``grade`` or ``suggest``."""
        return self.standing.mode if self.standing else "grade"


async def measured(session: AsyncSession, scorecard_id: uuid.UUID) -> list[Measured]:
    """Every criterion of a scorecard that people decided, by key."""
    standings = {one.criterion_key: one for one in await queries.standings(session, scorecard_id)}
    keys = {*await queries.decided_keys(session, scorecard_id), *standings}
    return [await _measure(session, scorecard_id, key, standings.get(key)) for key in sorted(keys)]


async def update(session: AsyncSession, org_id: uuid.UUID, scorecard_id: uuid.UUID, key: str) -> None:
    """Look at one criterion again after a decision, in its transaction; demote it, or let it recover."""
    wanted = await policy.read(session, org_id)
    standing = await _locked(session, org_id, scorecard_id, key)
    found = (await _measure(session, scorecard_id, key, standing)).agreement
    mode = _mode(standing.mode, found, wanted.least_agreement, wanted.least_decisions)
    if mode == standing.mode:
        return
    standing.mode, standing.kappa, standing.n = mode, found.kappa, found.n
    standing.changed_at = await database_now(session)
    await session.flush()
    deed = "criterion.demoted" if mode == "suggest" else "criterion.restored"
    facts = {"scorecardId": str(scorecard_id), "criterion": key, "kappa": found.kappa, "n": found.n}
    await record(session, org_id, SYSTEM, Deed(deed, scorecard_id, facts))


async def lift(session: AsyncSession, admin: Who, scorecard_id: uuid.UUID, key: str) -> Measured:
    """Trust the machine with a criterion again; only decisions made from now on count against it.

    Raises:
        ForbiddenError: for owners and admins. NotFoundError: it is not demoted.
    """
    admin.require_administrator()
    standing = await queries.standing(session, scorecard_id, key)
    if standing is None or standing.mode != "suggest":
        raise NotFoundError("This criterion is not demoted.")
    now = await database_now(session)
    standing.mode, standing.changed_at, standing.lifted_at = "grade", now, now
    standing.lifted_by = admin.actor.name
    await session.flush()
    facts = {"scorecardId": str(scorecard_id), "criterion": key, "via": admin.via}
    await record(session, admin.org_id, admin.actor, Deed("criterion.lifted", scorecard_id, facts))
    return await _measure(session, scorecard_id, key, standing)


async def with_suggestions(
    session: AsyncSession, evaluation: Evaluation, version_id: uuid.UUID | None
) -> Evaluation:
    """A new evaluation, in which criteria that are demoted wait for a person.

    ``version_id`` is the scorecard version it was made by; ``None`` for the scorecard that ships.
    """
    scorecard = await pinned.scorecard(session, version_id)
    demoted = {
        one.criterion_key for one in await queries.standings(session, scorecard.id) if one.mode == "suggest"
    }
    return only_suggested(evaluation, scorecard, demoted) if demoted else evaluation


def _mode(mode: str, found: Agreement, least: float | None, decisions: int) -> str:
    """Too few decisions, or those in which nothing ever differs, change nothing."""
    if least is None:
        return "grade"
    if found.n < decisions or found.kappa is None:
        return "grade" if mode == "suggest" and found.n >= decisions and found.percent == _ALL else mode
    return "suggest" if found.kappa < least else "grade"


_ALL = 100.0


async def _measure(
    session: AsyncSession, scorecard_id: uuid.UUID, key: str, standing: Standing | None
) -> Measured:
    since = standing.lifted_at if standing else None
    pairs = await _pairs(session, scorecard_id, key, since, WINDOW)
    # In a thread: each kappa has an interval by bootstrap.
    return Measured(scorecard_id, key, await asyncio.to_thread(agreement, pairs), standing)


async def _pairs(
    session: AsyncSession, scorecard_id: uuid.UUID, key: str, since: datetime | None, limit: int
) -> Sequence[tuple[str, str]]:
    """What the machine and what a person said, the newest first."""
    decided = await queries.decisions(session, scorecard_id, key, since, limit)
    calibrated = await queries.calibrated(session, scorecard_id, key, since, limit)
    newest = sorted([*decided, *calibrated], key=lambda one: one[0], reverse=True)[:limit]
    return [(machine, person) for _at, machine, person in newest]


async def _locked(session: AsyncSession, org_id: uuid.UUID, scorecard_id: uuid.UUID, key: str) -> Standing:
    """The criterion's row, one transaction at a time: each sees the decisions of those before it."""
    row = {"org_id": org_id, "scorecard_id": scorecard_id, "criterion_key": key}
    await session.execute(insert(Standing).values(row).on_conflict_do_nothing())
    return await session.get_one(
        Standing, (org_id, scorecard_id, key), with_for_update=True, populate_existing=True
    )
