"""The draft of a scorecard: changed in place, judged by nobody, until it is published or discarded."""

import hashlib
import json
import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor, Deed, record
from calltrace.kit.words import Words
from calltrace.scorecards import queries, versions
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.errors import (
    DraftChangedError,
    DraftOutdatedError,
    OnlyVersionError,
    VersionPublishedError,
)
from calltrace.scorecards.models import ScorecardVersion
from calltrace.scorecards.queries import Stored
from calltrace.scorecards.versions import Draft


def stamp(version: ScorecardVersion) -> str:
    """A mark of what a version says: whoever sends it back has seen these very words."""
    words = json.dumps([version.version, version.document], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def check_seen(version: ScorecardVersion, seen: str) -> None:
    """That a version still says what somebody saw.

    Raises:
        DraftChangedError: it does not.
    """
    if seen != stamp(version):
        raise DraftChangedError("Somebody else saved the scorecard since you opened it.")


async def working_copy(session: AsyncSession, scorecard_id: uuid.UUID) -> ScorecardVersion:
    """What somebody who changes a scorecard begins with: its draft, else the newest published version.

    Raises:
        NotFoundError: there is no such scorecard.
    """
    stored = await versions.current(session, scorecard_id)
    return await queries.draft(session, scorecard_id) or stored.version


async def save(
    session: AsyncSession,
    actor: Actor,
    scorecard_id: uuid.UUID,
    wanted: Scorecard,
    *,
    seen: str | None = None,
) -> Stored:
    """Write the scorecard's one draft, or change it in place; the same words again are no deed.

    Args:
        session: of the organisation.
        actor: for the audit trail.
        scorecard_id: the scorecard.
        wanted: what the draft says from now on.
        seen: the stamp of the working copy that was changed, where nobody else's change may be undone unseen.

    Raises:
        NotFoundError: there is no such scorecard. ScorecardArchivedError: it is archived.
        InvalidRequestError: it is too big. DraftChangedError: the working copy is not what was ``seen``.
    """
    row = await versions.for_new_version(session, scorecard_id)
    published = await queries.published_number(session, row.id)
    draft = await queries.draft(session, row.id)
    if seen is not None:
        check_seen(await working_copy(session, row.id), seen)
    if draft is not None and draft.document == versions.pinned(wanted, draft):
        return Stored(row, draft, draft.version)
    if draft is None:
        number = await versions.next_number(session, row.id)
        draft = await versions.write(session, row, wanted, number, draft=Draft(published))
    else:
        versions.fill(draft, wanted)
    if published is None:  # nothing else could lend it its name
        row.name = wanted.name
    await session.flush()
    details = {"version": draft.version, "basedOn": draft.based_on}
    await record(session, row.org_id, actor, Deed("scorecard.draft_saved", row.id, details))
    return Stored(row, draft, draft.version)


async def publish(
    session: AsyncSession,
    actor: Actor,
    scorecard_id: uuid.UUID,
    number: str,
    replaces: int | None = None,
    *,
    seen: str | None = None,
) -> ScorecardVersion:
    """Have calls judged by the draft from now on; one that is published already is answered as it is.

    Whoever publishes a draft that is older than the newest published version says so by naming that version:
    what somebody else published meanwhile is never undone unseen. The draft becomes the next version then,
    so that the highest published number is always the one that counts.

    Args:
        session: of the organisation.
        actor: for the audit trail.
        scorecard_id: the scorecard.
        number: the draft's, as a path spells it.
        replaces: the newest published version, as the caller knows it; the one that the draft is based on,
            if not given.
        seen: the stamp of the draft that was read, where nothing else is to be published.

    Raises:
        NotFoundError: no such scorecard or version. ScorecardArchivedError: it is archived.
        DraftOutdatedError: another version was published meanwhile.
        DraftChangedError: it is not what was ``seen``.
    """
    row = await versions.for_new_version(session, scorecard_id)
    version = await versions.find(session, row.id, number)
    if versions.is_published(version):
        return version
    if seen is not None:
        check_seen(version, seen)
    published = await queries.published_number(session, row.id)
    _check_newest(published, version.based_on if replaces is None else replaces)
    if published is not None and version.version < published:
        document = Scorecard.model_validate(version.document)
        version.version = await versions.next_number(session, row.id)
        versions.fill(version, document)
    await versions.publish(session, row, version)
    details = {"version": version.version, "replaces": published}
    await record(session, row.org_id, actor, Deed("scorecard.published", row.id, details))
    return version


async def discard(
    session: AsyncSession, actor: Actor, scorecard_id: uuid.UUID, number: str, *, seen: str | None = None
) -> None:
    """Throw a draft away; with ``seen``, its stamp, only if it is what was read.

    Raises:
        DraftChangedError: it is not what was ``seen``.
        NotFoundError: no such scorecard or version. VersionPublishedError: it is no draft.
        OnlyVersionError: nothing of the scorecard would be left.
    """
    row = await versions.for_change(session, scorecard_id)
    version = await versions.find(session, row.id, number)
    if versions.is_published(version):
        raise VersionPublishedError("A published version is kept for the evaluations that name it.")
    if seen is not None:
        check_seen(version, seen)
    if await queries.published_number(session, row.id) is None:
        raise OnlyVersionError("The scorecard has nothing but this draft; delete the scorecard instead.")
    await session.delete(version)
    await session.flush()
    details = {"version": version.version}
    await record(session, row.org_id, actor, Deed("scorecard.draft_discarded", row.id, details))


def _check_newest(published: int | None, expected: int | None) -> None:
    if published == expected:
        return
    known = f"version {expected}" if expected else "nothing"
    newest = f"version {published} is the newest" if published else "nothing is published yet"
    raise DraftOutdatedError(
        Words(
            "You replace %(known)s, but %(newest)s. Look at what differs, then publish with"
            ' "replaces": %(published)s.',
            known=known,
            newest=newest,
            published=published or "null",
        )
    )
