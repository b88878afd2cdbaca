"""The first answer to a request, given again to whoever repeats it with the same idempotency key.

A key is taken before the work begins and holds the answer once it is done; a refusal frees it. Whoever comes
meanwhile waits. A process that dies at work leaves a key that can be taken over after BUSY.
"""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries
from calltrace.accounts.errors import AnswerPendingError, AnswerReusedError
from calltrace.accounts.models import Answer, Mode
from calltrace.db.clock import database_now
from calltrace.db.session import Database
from calltrace.kit.encryption import SecretBox
from calltrace.kit.ids import uuid7

KEPT = timedelta(hours=24)
BUSY = timedelta(minutes=5)
"""Longer than any request works: one that changes a plan asks Stripe several times, each with retries."""
WAIT_SECONDS, LOOK_SECONDS = 10.0, 0.1


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with an idempotency key.

    Attributes:
        operation: method and path.
        request_hash: of what it says: the same key with something else is refused.
    """

    org_id: uuid.UUID
    mode: Mode
    operation: str
    key: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The right to work on an answer, until somebody takes it over, who has another ``until``.

    Attributes:
        id: the same for all who work on it, one after the other.
    """

    id: uuid.UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was given before."""

    status: int
    body: str


async def take(database: Database, box: SecretBox, asked: Asked) -> Given | Taken:
    """The answer of before; or, where there is none, the right to work on it.

    ``keep``, ``free`` or ``let_go`` ends it.

    Raises:
        AnswerReusedError: the key came with another request.
        AnswerPendingError: somebody else has been at work on it for WAIT_SECONDS.
    """
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while True:
        async with database.tenant(asked.org_id) as session:
            found = await _look(session, box, asked)
        if found is not None:
            return found
        if asyncio.get_running_loop().time() > deadline:
            raise AnswerPendingError("The first request with this key is still being answered.", 1)
        await asyncio.sleep(LOOK_SECONDS)


async def _look(session: AsyncSession, box: SecretBox, asked: Asked) -> Given | Taken | None:
    now = await database_now(session)
    same = (Answer.mode == asked.mode, Answer.operation == asked.operation, Answer.key == asked.key)
    await session.execute(delete(Answer).where(*same, Answer.created_at < now - KEPT))
    values = {
        "id": uuid7(), "org_id": asked.org_id, "mode": asked.mode, "operation": asked.operation,
        "key": asked.key, "request_hash": asked.request_hash, "busy_until": now + BUSY,
    }  # fmt: skip
    statement = insert(Answer).values(values).on_conflict_do_nothing().returning(Answer.id)
    if (taken := await session.scalar(statement)) is not None:
        return Taken(taken, now + BUSY)
    row = await queries.locked_answer(session, asked.mode, asked.operation, asked.key)
    if row is None:  # freed meanwhile
        return None
    if row.request_hash != asked.request_hash:
        raise AnswerReusedError("Idempotency-Key was already used with a different request")
    if row.status is not None:
        return Given(row.status, box.open(row.sealed_body or ""))
    if row.busy_until is not None and row.busy_until < now:
        row.busy_until = now + BUSY
        return Taken(row.id, now + BUSY)
    return None


def _held(taken: Taken) -> tuple[ColumnElement[bool], ...]:
    """Whether it was not taken over: what a slow one does then is nothing to whoever has it now."""
    return Answer.id == taken.id, Answer.busy_until == taken.until


async def keep(database: Database, box: SecretBox, asked: Asked, taken: Taken, given: Given) -> None:
    """Remember the answer."""
    values = {"status": given.status, "sealed_body": box.seal(given.body), "busy_until": None}
    async with database.tenant(asked.org_id) as session:
        await session.execute(update(Answer).where(*_held(taken)).values(values))


async def free(database: Database, asked: Asked, taken: Taken) -> None:
    """Nothing came of it: the key may be used again."""
    async with database.tenant(asked.org_id) as session:
        await session.execute(delete(Answer).where(*_held(taken)))


async def let_go(database: Database, asked: Asked, taken: Taken) -> None:
    """What came of it is not known: whoever repeats the request takes it over at once."""
    async with database.tenant(asked.org_id) as session:
        await session.execute(update(Answer).where(*_held(taken)).values(busy_until=func.clock_timestamp()))


async def forget(session: AsyncSession) -> None:
    """Delete the answers that are not given again any more (operator session)."""
    await session.execute(delete(Answer).where(Answer.created_at < func.clock_timestamp() - KEPT))
