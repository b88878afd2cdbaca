"""Telling subscribers that a plan is nearly used up: once for each metric and month."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.dialects.postgresql import insert

from calltrace.accounts import plans
from calltrace.accounts import queries as accounts
from calltrace.accounts.models import UsageEntry
from calltrace.accounts.quotas import Quota, quota_of, quota_used
from calltrace.accounts.usage import Period
from calltrace.db.clock import database_now
from calltrace.db.each import each
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
    limited = {one.org_id: one for one in found if one is not None and one.limit}
    await each(database, "quota_warning", limited, lambda org_id: _warn(database, limited[org_id], period))


async def _warn(database: Database, quota: Quota, period: Period) -> None:
    """Of several that notice at the same time, one tells: the note is a line of the ledger."""
    org_id = quota.org_id
    async with database.tenant(org_id) as session:
        used = await quota_used(session, quota)
        told = QuotaNeared("calls", used, quota.limit)
        if told.percent < NEAR_PERCENT:
            return
        note = {
            "id": uuid7(), "org_id": org_id, "what": WARNED, "quantity": float(used), "unit": "call",
            "mode": "live", "resource_id": uuid.uuid5(org_id, f"{told.metric} {period.name}"),
        }  # fmt: skip
        statement = insert(UsageEntry).values(note).on_conflict_do_nothing().returning(UsageEntry.id)
        if await session.scalar(statement) is not None:
            await webhooks.publish(session, org_id, "live", told, None)
