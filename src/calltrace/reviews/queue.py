"""The review queue: calls that people look at, each by one of them at a time.

Whoever claims a call has it for LEASE by the database's clock; claiming again renews that. A claim that ran
out is open for everyone, but still good for finishing while nobody else has taken the call.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Deed, record
from calltrace.accounts.errors import ForbiddenError
from calltrace.analyses.models import Analysis
from calltrace.analyses.read import following
from calltrace.catalog.service import refused
from calltrace.db.clock import database_now
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError
from calltrace.kit.words import Words
from calltrace.reviews import pinned, queries, who
from calltrace.reviews.errors import (
    ReviewFinishedError,
    ReviewIncompleteError,
    ReviewNotClaimedError,
    ReviewTakenError,
)
from calltrace.reviews.models import ReviewItem
from calltrace.reviews.who import Who

LEASE = timedelta(minutes=30)
State = Literal["open", "in_review", "done", "skipped"]
LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Seen:
    """A call on the queue at one moment: a claim that ran out is none."""

    row: ReviewItem
    at: datetime

    @property
    def claimed(self) -> bool:
        """Whether somebody has it now."""
        until = self.row.claimed_until
        return self.row.state == "in_review" and until is not None and until > self.at

    @property
    def state(self) -> str:
        """Its state now."""
        return "open" if self.row.state == "in_review" and not self.claimed else self.row.state


async def page(
    session: AsyncSession, reader: Who, state: State | None, assignee_id: uuid.UUID | None,
    *, cursor: str | None, limit: int,
) -> tuple[Sequence[Seen], str | None]:  # fmt: skip
    """One page of the queue as far as somebody may see it, newest first, and the cursor of the next page.

    Raises:
        ForbiddenError: an agent.
    """
    reader.require_judge()
    after = Cursor.decode(cursor) if cursor else None
    found = await queries.review_items(
        session, reader.mode, reader.agents, state, assignee_id, after=after, limit=limit + 1
    )
    now = await database_now(session)
    return [Seen(row, now) for row in found[:limit]], following(found, limit)


Board = Literal["open", "mine", "done"]


async def board(
    session: AsyncSession, reader: Who, which: Board, *, cursor: str | None, limit: int
) -> tuple[Sequence[Seen], str | None]:
    """One page of what is to be reviewed, of what of that is the reader's, or of what is done or skipped.

    Raises:
        ForbiddenError: an agent. InvalidRequestError: the cursor, or nobody is named.
    """
    reader.require_judge()
    found = await queries.review_board(
        session, reader.mode, reader.agents, reader.require_person() if which == "mine" else None,
        over=which == "done", after=Cursor.decode(cursor) if cursor else None, limit=limit + 1,
    )  # fmt: skip
    now = await database_now(session)
    return [Seen(row, now) for row in found[:limit]], following(found, limit)


async def of_call(session: AsyncSession, reader: Who, analysis_id: uuid.UUID) -> Seen | None:
    """The place of a call on the queue, if it was ever put there; agents are told of none.

    Raises:
        NotFoundError: there is no such call for them.
    """
    await who.find_call(session, reader, analysis_id)
    row = await queries.review_of(session, analysis_id) if reader.judges else None
    return Seen(row, await database_now(session)) if row else None


async def find(session: AsyncSession, reader: Who, item_id: uuid.UUID) -> Seen:
    """One call on the queue.

    Raises:
        NotFoundError: there is none that they may see. ForbiddenError: an agent.
    """
    row, _analysis = await _find(session, reader, item_id)
    return Seen(row, await database_now(session))


async def claim(session: AsyncSession, reviewer: Who, item_id: uuid.UUID) -> Seen:
    """Take a call, or keep it for longer.

    Raises:
        NotFoundError, ForbiddenError: as ``find``. InvalidRequestError: nobody is named.
        NotImpartialError: it is the own call. ReviewFinishedError: it is done or skipped.
        ReviewTakenError: somebody else has it, or it is meant for somebody else.
    """
    user_id = reviewer.require_person()
    row, analysis = await _open(session, reviewer, item_id)
    reviewer.require_judge(analysis)
    seen = Seen(row, await database_now(session))
    if row.assignee_id not in {None, user_id} and not reviewer.administers:
        raise ReviewTakenError("This call is meant for somebody else.")
    if seen.claimed and row.claimed_by != user_id:
        raise ReviewTakenError("Somebody else is reviewing this call.")
    row.state, row.claimed_by, row.claimed_until = "in_review", user_id, seen.at + LEASE
    await session.flush()
    return seen


async def release(session: AsyncSession, reviewer: Who, item_id: uuid.UUID) -> Seen:
    """Let a call go; owners and admins may take it from somebody.

    Raises:
        NotFoundError, ForbiddenError, ReviewFinishedError: as above. ReviewNotClaimedError: others have it.
    """
    row, _analysis = await _open(session, reviewer, item_id)
    if row.claimed_by != reviewer.user_id and not reviewer.administers:
        raise ReviewNotClaimedError("Only who has a call lets it go.")
    row.state, row.claimed_by, row.claimed_until = "open", None, None
    await session.flush()
    return Seen(row, await database_now(session))


async def assign(
    session: AsyncSession, reader: Who, item_id: uuid.UUID, assignee_id: uuid.UUID | None
) -> Seen:
    """Say for whom a call is meant, or that anybody may take it. A claim of somebody else ends.

    Raises:
        NotFoundError, ForbiddenError, ReviewFinishedError: as above.
        InvalidRequestError: the assignee may not review it.
    """
    row, analysis = await _open(session, reader, item_id)
    if reader.role == "reviewer":
        raise ForbiddenError("Reviewers take calls; supervisors, admins and owners assign them.")
    if assignee_id is not None:
        await _check_assignee(session, reader, analysis, assignee_id)
    row.assignee_id = assignee_id
    if assignee_id is not None and row.claimed_by not in {None, assignee_id}:
        row.state, row.claimed_by, row.claimed_until = "open", None, None
    await session.flush()
    facts = {"assigneeId": str(assignee_id) if assignee_id else None}
    await record(session, reader.org_id, reader.actor, Deed("review.assigned", row.analysis_id, facts))
    return Seen(row, await database_now(session))


async def finish(session: AsyncSession, reviewer: Who, item_id: uuid.UUID, reason: str | None = None) -> Seen:
    """End a review: every criterion is confirmed or overridden.

    Raises:
        NotFoundError, ForbiddenError, ReviewFinishedError: as above.
        ReviewNotClaimedError: they do not have it. ReviewIncompleteError: naming what is undecided.
    """
    row, analysis = await _held(session, reviewer, item_id)
    found = await pinned.shown(session, analysis)
    decided = {one.criterion_key for one in await queries.newest_words(session, found.row.id) if one.verdict}
    missing = [one.key for one in found.scorecard.criteria if one.key not in decided]
    if missing:
        raise ReviewIncompleteError(
            Words("Confirm or override these first: %(missing)s.", missing=", ".join(missing))
        )
    return await _finished(session, reviewer, row, "done", reason)


async def skip(session: AsyncSession, reviewer: Who, item_id: uuid.UUID, reason: str) -> Seen:
    """End a review without one.

    Raises:
        NotFoundError, ForbiddenError, ReviewFinishedError, ReviewNotClaimedError: as above.
        InvalidRequestError: no reason is given.
    """
    row, _analysis = await _held(session, reviewer, item_id)
    if not reason.strip():
        raise refused("reason", "is missing", Words("Give a reason."))
    return await _finished(session, reviewer, row, "skipped", reason)


async def _find(
    session: AsyncSession, reader: Who, item_id: uuid.UUID, *, lock: bool = False
) -> tuple[ReviewItem, Analysis]:
    reader.require_judge()
    found = await queries.review_item(session, item_id)
    if found is None:
        raise NotFoundError("There is no review with this id.")
    analysis = await who.find_call(session, reader, found.analysis_id, lock=lock)
    if lock:
        await session.refresh(found, with_for_update=True)
    return found, analysis


async def _open(session: AsyncSession, reader: Who, item_id: uuid.UUID) -> tuple[ReviewItem, Analysis]:
    row, analysis = await _find(session, reader, item_id, lock=True)
    if row.state in {"done", "skipped"}:
        raise ReviewFinishedError(Words("This review is %(state)s.", state=row.state))
    return row, analysis


async def _held(session: AsyncSession, reviewer: Who, item_id: uuid.UUID) -> tuple[ReviewItem, Analysis]:
    user_id = reviewer.require_person()
    row, analysis = await _open(session, reviewer, item_id)
    if row.claimed_by != user_id:
        raise ReviewNotClaimedError("Claim the call before you finish its review.")
    return row, analysis


async def _check_assignee(
    session: AsyncSession, reader: Who, analysis: Analysis, assignee_id: uuid.UUID
) -> None:
    if not await who.may_judge(session, reader, analysis, assignee_id):
        words = Words("This person may not review this call.")
        raise refused("assigneeId", "names somebody who may not review this call", words)


async def _finished(
    session: AsyncSession, reviewer: Who, row: ReviewItem, state: State, reason: str | None
) -> Seen:
    now = await database_now(session)
    row.state, row.finished_at, row.finished_by = state, now, reviewer.actor.name
    row.reason, row.claimed_until = (reason or "").strip() or None, None
    await session.flush()
    await record(session, reviewer.org_id, reviewer.actor, Deed(f"review.{state}", row.analysis_id))
    return Seen(row, now)
