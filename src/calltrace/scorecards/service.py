"""Verbs on stored scorecards. A version never changes once it is written: whatever changes is a new one."""

import json
import uuid

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.db.conflicts import broken_constraint
from calltrace.kit import clock
from calltrace.kit.errors import NotFoundError
from calltrace.kit.ids import uuid7
from calltrace.scorecards import queries
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.errors import ScorecardError
from calltrace.scorecards.models import ScorecardRow, ScorecardVersion
from calltrace.scorecards.queries import Stored

MAX_BYTES = 1024 * 1024
"""Of a stored document, which spells out every default: later defaults must not change old versions."""
_EXTERNAL_ID_TAKEN = "uq_scorecards_org_id_external_id"


async def create(
    session: AsyncSession, org_id: uuid.UUID, actor: Actor, wanted: Scorecard, external_id: str | None = None
) -> Stored:
    """Store a scorecard with its first version.

    Raises:
        ScorecardError: it is too big. AlreadyExistsError: the external id is taken.
    """
    row = ScorecardRow(id=uuid7(), org_id=org_id, name=wanted.name, external_id=external_id)
    session.add(row)
    await _flush(session)
    version = await _write_version(session, row, wanted, 1)
    await record(session, org_id, actor, Deed("scorecard.created", row.id, {"key": wanted.key}))
    return Stored(row, version)


async def find(session: AsyncSession, scorecard_id: uuid.UUID) -> Stored:
    """A scorecard in its newest version.

    Raises:
        NotFoundError: there is none, or it was deleted.
    """
    found = await queries.scorecard(session, scorecard_id)
    if found is None:
        raise NotFoundError("There is no scorecard with this id.")
    return found


async def add_version(
    session: AsyncSession, actor: Actor, scorecard_id: uuid.UUID, wanted: Scorecard
) -> Stored:
    """What the scorecard says from now on, as its next version; the same words again make none.

    Of several at the same time each gets a number of its own.

    Raises:
        NotFoundError: there is no such scorecard. ScorecardError: it is too big.
    """
    row = await _for_change(session, scorecard_id)
    newest = (await find(session, scorecard_id)).version
    if newest.document == _pinned(wanted, row.id, newest.version):
        return Stored(row, newest)
    row.name = wanted.name
    version = await _write_version(session, row, wanted, newest.version + 1)
    done = Deed("scorecard.version_added", row.id, {"version": version.version})
    await record(session, row.org_id, actor, done)
    return Stored(row, version)


async def set_external_id(
    session: AsyncSession, actor: Actor, scorecard_id: uuid.UUID, external_id: str | None
) -> None:
    """Change the id under which another system knows the scorecard.

    Raises:
        NotFoundError: there is no such scorecard. AlreadyExistsError: the external id is taken.
    """
    row = await _for_change(session, scorecard_id)
    if row.external_id == external_id:
        return
    row.external_id = external_id
    await _flush(session)
    await record(session, row.org_id, actor, Deed("scorecard.updated", row.id, {"fields": ["externalId"]}))


async def remove(session: AsyncSession, actor: Actor, row: ScorecardRow) -> None:
    """Take a scorecard away from everyone. Evaluations stay pinned to its versions, which are kept.

    The caller holds it for change, and knows that no queue names it.
    """
    row.deleted_at = clock.now()
    await session.flush()
    await record(session, row.org_id, actor, Deed("scorecard.deleted", row.id))


async def _for_change(session: AsyncSession, scorecard_id: uuid.UUID) -> ScorecardRow:
    row = await queries.for_change(session, scorecard_id)
    if row is None:
        raise NotFoundError("There is no scorecard with this id.")
    return row


async def _write_version(
    session: AsyncSession, row: ScorecardRow, wanted: Scorecard, number: int
) -> ScorecardVersion:
    document = _pinned(wanted, row.id, number)
    size = len(json.dumps(document, ensure_ascii=False).encode())
    if size > MAX_BYTES:
        raise ScorecardError(f"a scorecard is at most {MAX_BYTES} bytes; this one has {size}")
    version = ScorecardVersion(org_id=row.org_id, scorecard_id=row.id, version=number, document=document)
    session.add(version)
    await session.flush()
    return version


def _pinned(wanted: Scorecard, scorecard_id: uuid.UUID, number: int) -> dict[str, object]:
    """The document as it is stored: evaluations name a scorecard by the row's id and the version's number."""
    return wanted.model_copy(update={"id": scorecard_id, "version": number}).model_dump(mode="json")


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if broken_constraint(error) == _EXTERNAL_ID_TAKEN:
            raise AlreadyExistsError("A scorecard with this externalId exists already.") from error
        raise
