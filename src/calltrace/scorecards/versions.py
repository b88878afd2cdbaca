"""The versions of a scorecard. One never changes once it is published: whatever changes is a new one."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor, Deed, record
from calltrace.db.clock import database_now
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.words import Words
from calltrace.scorecards import queries
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.errors import ScorecardArchivedError
from calltrace.scorecards.models import ScorecardRow, ScorecardVersion
from calltrace.scorecards.queries import Stored

MAX_BYTES = 1024 * 1024
"""Of a stored document, which spells out every default: later defaults must not change old versions."""
_LONGEST_NUMBER = 9


@dataclass(frozen=True, slots=True)
class Draft:
    """That a version is a draft, and which one was the newest published when it was begun."""

    based_on: int | None = None


async def add(session: AsyncSession, actor: Actor, scorecard_id: uuid.UUID, wanted: Scorecard) -> Stored:
    """What the scorecard says from now on, as its next version; the same words again make none.

    Of several at the same time each gets a number of its own.

    Raises:
        NotFoundError: there is no such scorecard. ScorecardArchivedError: it is archived.
        InvalidRequestError: it is too big.
    """
    row = await for_new_version(session, scorecard_id)
    newest = await current(session, scorecard_id)
    if is_published(newest.version) and newest.version.document == pinned(wanted, newest.version):
        return newest
    version = await write(session, row, wanted, await next_number(session, row.id))
    done = Deed("scorecard.version_added", row.id, {"version": version.version})
    await record(session, row.org_id, actor, done)
    return Stored(row, version, newest.draft)


async def publish(session: AsyncSession, row: ScorecardRow, version: ScorecardVersion) -> None:
    """From now on calls are judged by this draft; the caller holds the scorecard for change."""
    version.published_at = await database_now(session)
    row.name = version.document["name"]
    await session.flush()


def is_published(version: ScorecardVersion) -> bool:
    """Whether calls can be judged by it; else it is a draft."""
    return version.published_at is not None


async def write(
    session: AsyncSession, row: ScorecardRow, wanted: Scorecard, number: int, *, draft: Draft | None = None
) -> ScorecardVersion:
    """Write down one version, published unless it is a draft; the caller holds the scorecard for change.

    Raises:
        InvalidRequestError: it is too big.
    """
    version = ScorecardVersion(org_id=row.org_id, scorecard_id=row.id, version=number)
    fill(version, wanted)
    if draft is None:
        version.published_at, row.name = await database_now(session), wanted.name
    else:
        version.based_on = draft.based_on
    session.add(version)
    await session.flush()
    return version


def fill(version: ScorecardVersion, wanted: Scorecard) -> None:
    """What a draft says from now on.

    Raises:
        InvalidRequestError: it is too big.
    """
    document = pinned(wanted, version)
    size = len(json.dumps(document, ensure_ascii=False).encode())
    if size > MAX_BYTES:
        detail = Words(
            "A scorecard is at most %(max_bytes)s bytes; this one has %(size)s.",
            max_bytes=MAX_BYTES,
            size=size,
        )
        raise InvalidRequestError(detail, errors=[FieldError("/document", detail)])
    version.document = document


def pinned(wanted: Scorecard, version: ScorecardVersion) -> dict[str, object]:
    """The document as it is stored: evaluations name a scorecard by the row's id and the version's number."""
    named = {"id": version.scorecard_id, "version": version.version}
    return wanted.model_copy(update=named).model_dump(mode="json")


async def next_number(session: AsyncSession, scorecard_id: uuid.UUID) -> int:
    """The number of the next version; the caller holds the scorecard for change."""
    return (await queries.highest_number(session, scorecard_id) or 0) + 1


async def current(session: AsyncSession, scorecard_id: uuid.UUID) -> Stored:
    """A scorecard in its newest published version, else its draft.

    Raises:
        NotFoundError: there is none, or it was deleted.
    """
    found = await queries.scorecard(session, scorecard_id)
    if found is None:
        raise _unknown()
    return found


async def for_change(session: AsyncSession, scorecard_id: uuid.UUID) -> ScorecardRow:
    """A scorecard that nobody else changes, deletes or gives to a queue until the transaction ends.

    Raises:
        NotFoundError: there is none, or it was deleted.
    """
    row = await queries.for_change(session, scorecard_id)
    if row is None:
        raise _unknown()
    return row


async def for_new_version(session: AsyncSession, scorecard_id: uuid.UUID) -> ScorecardRow:
    """A scorecard that nobody else changes until the transaction ends, and that may get versions.

    Raises:
        NotFoundError: there is none, or it was deleted. ScorecardArchivedError: it is archived.
    """
    row = await for_change(session, scorecard_id)
    if row.archived_at is not None:
        raise ScorecardArchivedError("The scorecard is archived; take it up again before you change it.")
    return row


async def find(session: AsyncSession, scorecard_id: uuid.UUID, number: str) -> ScorecardVersion:
    """One version by its number, as a path spells it.

    Raises:
        NotFoundError: no such scorecard or version.
    """
    await current(session, scorecard_id)
    wanted = int(number) if _is_number(number) else 0
    found = await queries.versions(session, scorecard_id, wanted + 1, 1)
    if not found or found[0].version != wanted:
        raise NotFoundError("There is no version with this number.")
    return found[0]


async def page(
    session: AsyncSession, scorecard_id: uuid.UUID, *, cursor: str | None, limit: int
) -> tuple[Sequence[ScorecardVersion], str | None]:
    """One page of versions, newest first, and the cursor of the next page.

    Raises:
        NotFoundError: there is no such scorecard. InvalidRequestError: the cursor was not made by us.
    """
    if cursor is not None and not _is_number(cursor):
        wrong = FieldError("/cursor", "Not a cursor that this API gave out.")
        raise InvalidRequestError("cursor is not valid.", errors=[wrong])
    await current(session, scorecard_id)
    found = await queries.versions(session, scorecard_id, int(cursor) if cursor else None, limit + 1)
    return found[:limit], str(found[limit - 1].version) if len(found) > limit else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER


def _unknown() -> NotFoundError:
    return NotFoundError("There is no scorecard with this id.")
