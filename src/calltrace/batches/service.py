"""Verbs on batches: ask for one, look at it, cancel it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.models import Mode
from calltrace.analyses.read import following
from calltrace.batches import queries, selection
from calltrace.batches.errors import BatchOverError, NothingToEvaluateError, TooManyBatchesError
from calltrace.batches.models import Batch
from calltrace.batches.selection import Selection
from calltrace.catalog import assignment
from calltrace.db import jobs
from calltrace.db.base import Json
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.ids import uuid7
from calltrace.kit.words import Words
from calltrace.scorecards import queries as scorecards
from calltrace.scorecards import versions

MOST_UNFINISHED = 20
"""Batches of one organisation that have not ended."""
BACKTEST, EVALUATE = "backtest", "evaluate"
Kind = Literal["backtest", "evaluate"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, for which calls; without a job whoever asks does the work."""

    org_id: uuid.UUID
    mode: Mode
    calls: Selection
    api_key_id: uuid.UUID | None = None
    with_job: bool = True


async def backtest(
    session: AsyncSession,
    asked: Asked,
    scorecard_id: uuid.UUID,
    version: int | None = None,
    against: int | None = None,
) -> Batch:
    """Have past calls judged by a version, without changing anything of them.

    Args:
        session: of the organisation.
        asked: who asks, for which calls.
        scorecard_id: the scorecard.
        version: its number; the draft if not given, else the newest published one.
        against: the published version to compare with; what each call has now if not given.

    Raises:
        NotFoundError: there is no such scorecard. InvalidRequestError: no such version or analysis.
        NothingToEvaluateError: no call can be judged. TooManyBatchesError: others have not ended.
    """
    stored = await versions.current(session, scorecard_id)
    number = version or stored.draft or stored.version.version
    candidate = await _version(session, scorecard_id, number, "version")
    other = None if against is None else await _version(session, scorecard_id, against, "against")
    if other is not None and not versions.is_published(other):
        words = Words("Only what is published can be compared with.")
        raise _refused("against", "is a draft; only what is published can be compared with.", words)
    made = _batch(asked, BACKTEST)
    made.scorecard_id, made.document = scorecard_id, candidate.document
    made.against_id = other.id if other else None
    return await _begin(session, asked, made)


async def backtest_of_file(session: AsyncSession, asked: Asked, document: Json) -> Batch:
    """The same by a document that is stored nowhere else.

    Raises:
        NothingToEvaluateError, TooManyBatchesError: as above.
    """
    made = _batch(asked, BACKTEST)
    made.document = document
    return await _begin(session, asked, made)


async def evaluate(session: AsyncSession, asked: Asked, scorecard_id: uuid.UUID | None) -> Batch:
    """Have calls evaluated again: by a scorecard as it is now, or by what is chosen for each.

    Raises:
        InvalidRequestError: no such scorecard or analysis.
        NothingToEvaluateError, TooManyBatchesError: as above.
    """
    made = _batch(asked, EVALUATE)
    made.by_choice = scorecard_id is None
    if scorecard_id is not None:
        version = await assignment.asked_version(session, scorecard_id)
        made.scorecard_version_id = version.id if version else None
    return await _begin(session, asked, made)


def _batch(asked: Asked, kind: Kind) -> Batch:
    return Batch(
        id=uuid7(), org_id=asked.org_id, kind=kind, mode=asked.mode, selected=0, by_choice=False,
        api_key_id=asked.api_key_id,
    )  # fmt: skip


async def _begin(session: AsyncSession, asked: Asked, made: Batch) -> Batch:
    await accounts.locked_organisation(session, asked.org_id)  # of two at a time, the limit counts both
    if await queries.unfinished(session, asked.org_id) >= MOST_UNFINISHED:
        raise TooManyBatchesError(
            Words(
                "%(most_unfinished)s batches have not ended; cancel one, or wait.",
                most_unfinished=MOST_UNFINISHED,
            )
        )
    session.add(made)
    await session.flush()
    if not await selection.fill(session, made, asked.calls):
        raise NothingToEvaluateError("No call that was asked for has a transcript that can be judged.")
    await session.flush()
    await session.refresh(made)
    if asked.with_job:
        await jobs.enqueue(session, jobs.EVALUATE_BATCH, job_key(made))
    return made


def job_key(batch: Batch) -> str:
    """What a batch's next job is named by: each takes over from the one before."""
    return f"{batch.org_id}/{batch.id}/{batch.attempts}"


async def _version(
    session: AsyncSession, scorecard_id: uuid.UUID, number: int, field: str
) -> versions.ScorecardVersion:
    found = await scorecards.versions(session, scorecard_id, number + 1, 1)
    if not found or found[0].version != number:
        words = Words("This scorecard has no such version.")
        raise _refused(field, "names no version of this scorecard.", words)
    return found[0]


def _refused(field: str, reason: str, words: Words) -> InvalidRequestError:
    detail = words.where_programs_read(f"{field} {reason}")
    return InvalidRequestError(detail, errors=[FieldError(f"/{field}", detail)])


async def find(session: AsyncSession, batch_id: uuid.UUID, kind: Kind, mode: Mode) -> Batch:
    """One batch.

    Raises:
        NotFoundError: there is none, or it belongs to another organisation or mode.
    """
    found = await queries.batch(session, batch_id, kind, mode)
    if found is None:
        raise NotFoundError(
            "There is no back-test with this id." if kind == BACKTEST else "There is no batch with this id."
        )
    return found


async def find_backtest(
    session: AsyncSession, scorecard_id: uuid.UUID, batch_id: uuid.UUID, mode: Mode
) -> Batch:
    """One back-test of a scorecard.

    Raises:
        NotFoundError: there is none, or it belongs to another scorecard, organisation or mode.
    """
    found = await find(session, batch_id, BACKTEST, mode)
    if found.scorecard_id != scorecard_id:
        raise NotFoundError("There is no back-test with this id.")
    return found


async def page(
    session: AsyncSession,
    kind: Kind,
    mode: Mode,
    scorecard_id: uuid.UUID | None = None,
    *,
    cursor: str | None,
    limit: int,
) -> tuple[Sequence[Batch], str | None]:
    """One page of batches, newest first, and the cursor of the next page."""
    after = Cursor.decode(cursor) if cursor else None
    found = await queries.batches(session, kind, mode, scorecard_id, after=after, limit=limit + 1)
    return found[:limit], following(found, limit)


async def cancel(session: AsyncSession, batch: Batch) -> Batch:
    """Begin no further call of it; one that is being evaluated is ended. Twice is once.

    Raises:
        BatchOverError: it was completed.
    """
    values = {"status": "cancelled", "completed_at": func.clock_timestamp()}
    unfinished = update(Batch).where(Batch.id == batch.id, Batch.status.in_(("queued", "running")))
    await session.execute(unfinished.values(values).execution_options(synchronize_session=False))
    await session.refresh(batch)
    if batch.status != "cancelled":
        raise BatchOverError("It is completed.")
    return batch
