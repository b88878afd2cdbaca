"""Verbs on stored scorecards."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.db.clock import database_now
from calltrace.db.conflicts import broken_constraint
from calltrace.kit import clock
from calltrace.kit.errors import FieldError, NotFoundError
from calltrace.kit.ids import uuid7
from calltrace.scorecards import drafts, queries, versions
from calltrace.scorecards.compose import named
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.models import ScorecardRow
from calltrace.scorecards.queries import Stored
from calltrace.scorecards.versions import Draft

_EXTERNAL_ID_TAKEN = "uq_scorecards_org_id_external_id"


async def create(
    session: AsyncSession,
    org_id: uuid.UUID,
    actor: Actor,
    wanted: Scorecard,
    external_id: str | None = None,
    *,
    draft: bool = False,
) -> Stored:
    """Store a scorecard with its first version, published at once unless it is to be a draft.

    Raises:
        InvalidRequestError: it is too big. AlreadyExistsError: the external id is taken.
    """
    row = ScorecardRow(id=uuid7(), org_id=org_id, name=wanted.name, external_id=external_id)
    session.add(row)
    await _flush(session)
    version = await versions.write(session, row, wanted, 1, draft=Draft() if draft else None)
    await record(session, org_id, actor, Deed("scorecard.created", row.id, {"key": wanted.key}))
    return Stored(row, version, version.version if draft else None)


async def store(
    session: AsyncSession, org_id: uuid.UUID, actor: Actor, wanted: Scorecard, *, draft: bool = False
) -> Stored:
    """Store what a file describes: as a new version of the scorecard that it describes already, else anew.

    As a draft it replaces the draft that there is.

    The scorecard is known by the document's id, which an export writes down, or by its key, which is the
    external id of what came from a file.

    Raises:
        InvalidRequestError: it is too big. ScorecardArchivedError: it is archived.
    """
    known = await queries.scorecard(session, wanted.id)
    known = known or await queries.scorecard_by_external_id(session, wanted.key)
    if known is None:
        return await create(session, org_id, actor, wanted, wanted.key, draft=draft)
    return await _write(session, actor, known, wanted, draft=draft)


async def find(session: AsyncSession, text: str) -> Stored:
    """The one scorecard that an id, an external id or a name names, in its newest version.

    Raises:
        NotFoundError: none, or more than one.
    """
    found = await queries.scorecards_named(session, text)
    if len(found) != 1:
        raise NotFoundError(f"{len(found) or 'No'} scorecards match {text!r}; give the id of one.")
    return found[0]


async def change(
    session: AsyncSession, actor: Actor, scorecard_id: uuid.UUID, values: Mapping[str, Any]
) -> Stored:
    """Change what is given of ``document``, ``name`` (both make a version) and ``external_id``.

    ``draft`` says whether that is only drafted; if nothing is said, a scorecard that was published before is
    published again, and one that is only a draft stays one.

    Raises:
        NotFoundError: there is no such scorecard. InvalidRequestError: it is too big.
        AlreadyExistsError: the external id is taken. ScorecardArchivedError: it is archived.
    """
    if "external_id" in values:
        await _set_external_id(session, actor, scorecard_id, values["external_id"])
    await versions.for_change(session, scorecard_id)
    stored = await versions.current(session, scorecard_id)
    if not {"document", "name", "draft"} & values.keys():
        return stored
    draft = values.get("draft")
    if draft is None:
        draft = not versions.is_published(stored.version)
    before = (await queries.draft(session, scorecard_id) if draft else None) or stored.version
    document = values.get("document") or Scorecard.model_validate(before.document)
    return await _write(session, actor, stored, named(document, values.get("name")), draft=draft)


async def _write(
    session: AsyncSession, actor: Actor, stored: Stored, wanted: Scorecard, *, draft: bool
) -> Stored:
    """As a draft, or published; a scorecard that is only a draft is published as it then stands."""
    if draft:
        return await drafts.save(session, actor, stored.row.id, wanted)
    if versions.is_published(stored.version):
        return await versions.add(session, actor, stored.row.id, wanted)
    saved = await drafts.save(session, actor, stored.row.id, wanted)
    version = await drafts.publish(session, actor, stored.row.id, str(saved.version.version))
    return Stored(saved.row, version)


async def _set_external_id(
    session: AsyncSession, actor: Actor, scorecard_id: uuid.UUID, external_id: str | None
) -> None:
    row = await versions.for_change(session, scorecard_id)
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


async def set_archived(session: AsyncSession, actor: Actor, row: ScorecardRow, *, archived: bool) -> None:
    """Put a scorecard away, or take it up again; twice is no deed.

    The caller holds it for change, and knows that nothing chooses one that is put away.
    """
    if (row.archived_at is not None) == archived:
        return
    row.archived_at = await database_now(session) if archived else None
    await session.flush()
    action = "scorecard.archived" if archived else "scorecard.unarchived"
    await record(session, row.org_id, actor, Deed(action, row.id))


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if broken_constraint(error) == _EXTERNAL_ID_TAKEN:
            detail = "There is a scorecard with this externalId already."
            raise AlreadyExistsError(detail, errors=[FieldError("/externalId", detail)]) from error
        raise
