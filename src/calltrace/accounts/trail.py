"""Reading the audit trail: a page of it, and all of it as CSV."""

import json
import uuid
from collections.abc import AsyncGenerator, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries
from calltrace.accounts.models import AuditEntry
from calltrace.accounts.queries import TrailFilter
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.kit.spreadsheet import lines, safe

_PAGE = 500
_COLUMNS = (
    "createdAt", "actorKind", "actor", "action", "targetId", "details", "address", "requestId", "id",
)  # fmt: skip


async def page(
    session: AsyncSession, trail: TrailFilter, *, cursor: str | None, limit: int
) -> tuple[Sequence[AuditEntry], str | None]:
    """One page of entries, newest first, and the cursor of the next page."""
    after = Cursor.decode(cursor) if cursor else None
    found = await queries.audit_entries(session, after, limit + 1, trail)
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], Cursor(last.created_at, last.id).encode()


async def csv_of(database: Database, org_id: uuid.UUID, trail: TrailFilter) -> AsyncGenerator[bytes]:
    """Every entry that fits, newest first. No transaction is open while a part travels."""
    yield lines([_COLUMNS])
    cursor: str | None = ""
    while cursor is not None:
        async with database.tenant(org_id) as session:
            found, cursor = await page(session, trail, cursor=cursor or None, limit=_PAGE)
        yield lines([_row(one) for one in found])


def _row(entry: AuditEntry) -> list[object]:
    details = json.dumps(entry.details, ensure_ascii=False) if entry.details else ""
    return [
        clock.iso(entry.created_at), entry.actor_kind, safe(entry.actor), entry.action, safe(entry.target_id),
        details, entry.address, entry.request_id, str(entry.id),
    ]  # fmt: skip
