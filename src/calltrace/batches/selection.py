"""Which calls a batch is about: chosen once, when it is asked for, by one statement of the database."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import (
    ARRAY,
    Select,
    Uuid,
    and_,
    any_,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses.list_queries import Filters, filtered
from calltrace.analyses.models import Analysis, EvaluationRow, TranscriptRow
from calltrace.batches.models import Batch, BatchCall
from calltrace.kit.errors import FieldError, InvalidRequestError

MOST_CALLS = 10_000
"""Of one batch: hours of a worker's time."""
MOST_IDS = 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """The calls with some ids, or the newest ``limit`` of those that were heard and match the filters.

    The batch says of which mode they are.
    """

    analysis_ids: Sequence[uuid.UUID] | None = None
    filters: Filters = field(default_factory=Filters)
    limit: int = 1000


_ENDED = Analysis.status.in_(("completed", "failed"))
_HEARD = exists().where(TranscriptRow.analysis_id == Analysis.id)
_NEWEST = (
    select(EvaluationRow.id)
    .where(EvaluationRow.analysis_id == Analysis.id, EvaluationRow.status == "completed")
    .order_by(EvaluationRow.created_at.desc())
    .limit(1)
    .scalar_subquery()
)


async def fill(session: AsyncSession, batch: Batch, wanted: Selection) -> int:
    """Write down the calls of a batch and answer how many can be judged.

    Of calls that are named by id, those that cannot be judged are among them and say why. A back-test notes
    which result each call has now, if it compares with that.

    Raises:
        InvalidRequestError: an id names no call of the organisation and mode.
    """
    picked = _picked(wanted, batch.mode).cte("picked")
    newest = batch.kind == "backtest" and batch.against_id is None
    is_ready = picked.c.ready
    rows = select(
        literal(batch.org_id, Uuid),
        literal(batch.id, Uuid),
        picked.c.id,
        func.row_number().over(order_by=(picked.c.created_at.desc(), picked.c.id.desc())),
        case((is_ready, "waiting"), else_="failed"),
        case((is_ready, null()), else_="analysis_not_completed"),
        picked.c.newest if newest else null(),
    )
    into = ["org_id", "batch_id", "analysis_id", "position", "status", "code", "evaluation_id"]
    statement = insert(BatchCall).from_select(into, rows).returning(BatchCall.status)
    found = [str(one) for one in await session.scalars(statement)]
    batch.selected = len(found)
    if wanted.analysis_ids is not None:
        await _check_ids(session, batch, wanted.analysis_ids)
    return found.count("waiting")


def _picked(wanted: Selection, mode: Mode) -> Select[*tuple[Any, ...]]:
    """Locked, so that none of them is erased before its row is written; that takes a moment."""
    query = select(
        Analysis.id, Analysis.created_at, and_(_ENDED, _HEARD).label("ready"), _NEWEST.label("newest")
    )
    if wanted.analysis_ids is not None:
        ids = literal(list(wanted.analysis_ids), ARRAY(Uuid))
        query = query.where(Analysis.id == any_(ids), Analysis.mode == mode)
    else:
        query = filtered(query, replace(wanted.filters, mode=mode)).where(_ENDED, _HEARD)
        query = query.order_by(Analysis.created_at.desc(), Analysis.id.desc()).limit(wanted.limit)
    return query.with_for_update(read=True, key_share=True, of=Analysis)


async def _check_ids(session: AsyncSession, batch: Batch, ids: Sequence[uuid.UUID]) -> None:
    query = select(BatchCall.analysis_id).where(BatchCall.batch_id == batch.id)
    known = set(await session.scalars(query))
    detail = "Names no analysis that this key can see."
    wrong = [FieldError(f"/analysisIds/{n}", detail) for n, one in enumerate(ids) if one not in known]
    if wrong:
        raise InvalidRequestError("analysisIds names analyses that do not exist.", errors=wrong)
