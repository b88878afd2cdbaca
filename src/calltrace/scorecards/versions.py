"""The versions of a scorecard. One never changes once it is written: whatever changes is a new one."""

import json
import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor, Deed, record
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.scorecards import queries
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.models import ScorecardRow, ScorecardVersion
from calltrace.scorecards.queries import Stored

MAX_BYTES = 1024 * 1024
"""Of a stored document, which spells out every default: later defaults must not change old versions."""
_LONGEST_NUMBER = 9


async def add(session: AsyncSession, actor: Actor, scorecard_id: uuid.UUID, wanted: Scorecard) -> Stored:
    """What the scorecard says from now on, as its next version; the same words again make none.

    Of several at the same time each gets a number of its own.

    Raises:
        NotFoundError: there is no such scorecard. InvalidRequestError: it is too big.
    """
    row = await for_change(session, scorecard_id)
    newest = (await current(session, scorecard_id)).version
    if newest.document == _pinned(wanted, row.id, newest.version):
        return Stored(row, newest)
    row.name = wanted.name
    version = await write(session, row, wanted, newest.version + 1)
    done = Deed("scorecard.version_added", row.id, {"version": version.version})
    await record(session, row.org_id, actor, done)
    return Stored(row, version)


async def write(session: AsyncSession, row: ScorecardRow, wanted: Scorecard, number: int) -> ScorecardVersion:
    """Write down one version; the caller holds the scorecard for change.

    Raises:
        InvalidRequestError: it is too big.
    """
    document = _pinned(wanted, row.id, number)
    size = len(json.dumps(document, ensure_ascii=False).encode())
    if size > MAX_BYTES:
        detail = f"A scorecard is at most {MAX_BYTES} bytes; this one has {size}."
        raise InvalidRequestError(detail, errors=[FieldError("/document", detail)])
    version = ScorecardVersion(org_id=row.org_id, scorecard_id=row.id, version=number, document=document)
    session.add(version)
    await session.flush()
    return version


def _pinned(wanted: Scorecard, scorecard_id: uuid.UUID, number: int) -> dict[str, object]:
    """The document as it is stored: evaluations name a scorecard by the row's id and the version's number."""
    return wanted.model_copy(update={"id": scorecard_id, "version": number}).model_dump(mode="json")


async def current(session: AsyncSession, scorecard_id: uuid.UUID) -> Stored:
    """A scorecard in its newest version.

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
