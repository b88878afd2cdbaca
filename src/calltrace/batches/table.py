"""The calls of a back-test as CSV (RFC 4180), written a page at a time."""

import uuid
from collections.abc import AsyncGenerator

from calltrace.batches import shown
from calltrace.batches.models import Batch
from calltrace.batches.shown import Call
from calltrace.db.base import Json
from calltrace.db.session import Database
from calltrace.kit.spreadsheet import lines, safe

_PAGE = 500
_COLUMNS = (
    "analysisId", "externalId", "agentId", "agentName", "status", "code", "scoreBefore", "scoreAfter",
    "change", "passedBefore", "passedAfter",
)  # fmt: skip


async def csv_of(database: Database, org_id: uuid.UUID, batch: Batch) -> AsyncGenerator[bytes]:
    """The calls in their order, with both verdicts of each criterion that was tried.

    No transaction is open while a page travels; memory does not grow with the number of calls.
    """
    keys = [one["key"] for part in (batch.document or {})["sections"] for one in part["criteria"]]
    heads = [f"{key} {side}" for key in keys for side in ("before", "after")]
    yield lines([[*_COLUMNS, *heads]])
    above: int | None = 0
    while above is not None:
        async with database.tenant(org_id) as session:
            found, above = await shown.calls(session, batch, above=above, limit=_PAGE)
            written = lines([_row(one, keys) for one in found])
        yield written


def _row(found: Call, keys: list[str]) -> list[object]:
    call = shown.backtest_call(found)
    sides: list[Json] = [call["before"] or {}, call["after"] or {}]
    names = [safe(call[name]) for name in ("externalId", "agentId", "agentName")]
    return [
        call["analysisId"], *names, call["status"], call["code"],
        *(side.get("score") for side in sides), call["change"], *(side.get("passed") for side in sides),
        *(side.get("verdicts", {}).get(key) for key in keys for side in sides),
    ]  # fmt: skip
