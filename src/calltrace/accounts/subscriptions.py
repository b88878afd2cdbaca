"""Which plan an organisation is on, and how it changes; money moves elsewhere (``payments``), if at all.

The plan of live calls is the organisation's own; test mode has one that is worth nothing. A plan that was
cancelled for the end of the month ends with it, whether anybody looks or not.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, queries
from calltrace.accounts.audit import SYSTEM, Actor, Deed
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.accounts.models import Mode, Organisation, Plan, Subscription
from calltrace.accounts.usage import Period
from calltrace.db.clock import database_now
from calltrace.kit.errors import InvalidRequestError
from calltrace.kit.ids import uuid7

PAID: frozenset[Plan] = frozenset({"pro", "business"})


class Standing:
    """The subscription of an organisation in one mode, locked: changes come one after the other."""

    def __init__(self, row: Subscription, organisation: Organisation, now: datetime) -> None:
        self.row, self._organisation, self.now = row, organisation, now

    @property
    def plan(self) -> Plan:
        """Which plan it is."""
        return cast("Plan", self._organisation.plan if self.row.mode == "live" else self.row.test_plan)

    def put(self, plan: Plan) -> None:
        """Change the plan, from now on; nothing is cancelled any more."""
        if self.row.mode == "live":
            self._organisation.plan = plan
        else:
            self.row.test_plan = plan
        self.row.status, self.row.ends_at = "active", None

    @property
    def period(self) -> Period:
        """The month that is paid for."""
        return Period.of(self.now)


async def of(session: AsyncSession, org_id: uuid.UUID, mode: Mode) -> Standing:
    """The subscription of an organisation: every one has one, from the first time that it is asked for."""
    organisation = await queries.locked_organisation(session, org_id)
    assert organisation is not None
    await session.refresh(organisation)
    values = {"id": uuid7(), "org_id": org_id, "mode": mode, "test_plan": organisation.plan}
    await session.execute(insert(Subscription).values(values).on_conflict_do_nothing())
    row = await queries.subscription(session, mode)
    assert row is not None
    standing = Standing(row, organisation, await database_now(session))
    if row.ends_at is not None and row.ends_at <= standing.now:
        await _end(session, standing, SYSTEM)
    return standing


async def start(session: AsyncSession, standing: Standing, plan: Plan, actor: Actor) -> None:
    """Take a plan.

    Raises:
        AlreadyExistsError: a paid one is running.
    """
    if standing.plan in PAID:
        raise AlreadyExistsError("Subscription already exists")
    await change(session, standing, plan, actor)


async def change(session: AsyncSession, standing: Standing, plan: Plan, actor: Actor) -> None:
    """Go over to a plan at once; the same again is no deed, unless it was cancelled."""
    before = standing.plan
    if (before, standing.row.status, standing.row.ends_at) == (plan, "active", None):
        return
    standing.put(plan)
    await _record(session, standing, actor, "subscription.changed", {"from": before, "to": plan})


async def cancel(session: AsyncSession, standing: Standing, actor: Actor, *, immediately: bool) -> None:
    """End a paid plan, now or with the month.

    Raises:
        InvalidRequestError: there is none.
    """
    if standing.plan not in PAID:
        raise InvalidRequestError("No active paid subscription")
    if immediately:
        await _end(session, standing, actor)
        return
    standing.row.ends_at = standing.period.end
    await _record(session, standing, actor, "subscription.cancelled", {"plan": standing.plan})


@dataclass(frozen=True, slots=True)
class Agreed:
    """What is agreed at the payment service.

    Attributes:
        name: of the agreement there; ``None`` when there is none any more.
        plan: what it pays for; ``None`` for a price that we do not know: then the plan stays as it is.
        status: ``active`` or ``past_due``.
        ends_at: when it ends, if it was cancelled.
    """

    name: str | None
    plan: Plan | None = None
    status: str = "active"
    ends_at: datetime | None = None


async def follow(session: AsyncSession, standing: Standing, agreed: Agreed, actor: Actor) -> None:
    """Go by what is agreed at the payment service; a plan that does not rest on it is left alone."""
    row, before = standing.row, standing.plan
    if agreed.name is None:
        if row.agreement is not None:
            await _end(session, standing, actor)
        return
    if agreed.name == row.set_aside:
        return  # the operator gave another plan, until something new is bought
    row.agreement, row.set_aside = agreed.name, None
    plan = agreed.plan or before
    if (before, row.status, row.ends_at) == (plan, agreed.status, agreed.ends_at):
        return
    standing.put(plan)
    row.status, row.ends_at = agreed.status, agreed.ends_at
    facts = {"from": before, "to": plan, "status": agreed.status}
    ends = {"ends": agreed.ends_at.isoformat()} if agreed.ends_at else {}
    await _record(session, standing, actor, "subscription.changed", {**facts, **ends})


async def take_up(session: AsyncSession, org_id: uuid.UUID) -> None:
    """Let the plan rest on what is paid for again: somebody has just chosen it there."""
    row = (await of(session, org_id, "live")).row
    row.agreement, row.set_aside = row.agreement or row.set_aside, None


async def _end(session: AsyncSession, standing: Standing, actor: Actor) -> None:
    before = standing.plan
    standing.put("free")
    standing.row.status, standing.row.agreement = "canceled", None
    await _record(session, standing, actor, "subscription.ended", {"plan": before})


async def _record(
    session: AsyncSession, standing: Standing, actor: Actor, action: str, facts: Mapping[str, Any]
) -> None:
    row = standing.row
    await session.flush()
    await audit.record(session, row.org_id, actor, Deed(action, row.id, {"mode": row.mode, **facts}))


async def settle(session: AsyncSession) -> None:
    """End what was cancelled for a month that is over (operator session).

    Each organisation is locked before its subscription, as ``of`` does it.
    """
    over = (Subscription.ends_at <= func.clock_timestamp(), Subscription.mode == "live")
    found = select(Subscription.org_id).where(*over).order_by(Subscription.org_id)
    for org_id in (await session.scalars(found)).all():
        organisation = await queries.locked_organisation(session, org_id)
        again = select(Subscription).where(Subscription.org_id == org_id, *over)
        row = await session.scalar(again, execution_options={"populate_existing": True})
        if organisation is not None and row is not None:
            await session.refresh(organisation)
            await _end(session, Standing(row, organisation, await database_now(session)), SYSTEM)
