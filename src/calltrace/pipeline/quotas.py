"""Telling subscribers that a plan is nearly used up: once for each metric and month."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert

from calltrace.accounts import plans, usage
from calltrace.accounts import queries as accounts
from calltrace.accounts.models import UsageEntry
from calltrace.accounts.quotas import quota_of
from calltrace.accounts.usage import Period
from calltrace.db.clock import database_now
from calltrace.db.session import Database
from calltrace.kit.ids import uuid7
from calltrace.webhooks import service as webhooks

NEAR_PERCENT = 80
WARNED = "quota_warning"


@dataclass(frozen=True, slots=True)
class QuotaNeared:
    """So much of what a plan includes was used."""

    metric: str
    used: int
    included: int
    event: str = "usage.quota_neared"

    @property
    def percent(self) -> int:
        """Of what is included."""
        return self.used * 100 // self.included


async def warn(database: Database, data_dir: Path) -> None:
    """One round over the organisations whose analyses have an end: as agreed, else by plan."""
    terms = plans.catalogue(data_dir)
    async with database.operator() as session:
        period = Period.of(await database_now(session))
        found = [quota_of(one, terms, "analyses") for one in await accounts.organisations(session)]
    for quota in found:
        if quota is not None and quota.limit:
            await _warn(database, quota.org_id, period, quota.limit)


async def _warn(database: Database, org_id: uuid.UUID, period: Period, included: int) -> None:
    """Of several that notice at the same time, one tells: the note is a line of the ledger."""
    async with database.tenant(org_id) as session:
        used = (await usage.of_month(session, "live", period)).analyses
        told = QuotaNeared("calls", used, included)
        if told.percent < NEAR_PERCENT:
            return
        note = {
            "id": uuid7(), "org_id": org_id, "what": WARNED, "quantity": float(used), "unit": "call",
            "mode": "live", "resource_id": uuid.uuid5(org_id, f"{told.metric} {period.name}"),
        }  # fmt: skip
        statement = insert(UsageEntry).values(note).on_conflict_do_nothing().returning(UsageEntry.id)
        if await session.scalar(statement) is not None:
            await webhooks.publish(session, org_id, "live", told, None)
