"""Comments on a segment, on a criterion or on the whole call: for colleagues, or also for the agent."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Deed, record
from calltrace.accounts.errors import ForbiddenError
from calltrace.analyses.models import Analysis, TranscriptRow
from calltrace.analyses.read import following
from calltrace.catalog.service import refused
from calltrace.db.base import Json
from calltrace.db.clock import database_now
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError
from calltrace.kit.words import Words
from calltrace.reviews import queries, who
from calltrace.reviews.models import Comment
from calltrace.reviews.who import Who

LONGEST_TEXT = 5000


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody writes, and where; ``shared``: the agent may see it (``None``: by the role)."""

    text: str
    segment_id: str | None = None
    criterion_key: str | None = None
    shared: bool | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """What changes of a comment; ``None`` leaves it."""

    text: str | None = None
    shared: bool | None = None


async def add(session: AsyncSession, author: Who, analysis_id: uuid.UUID, note: Note) -> Comment:
    """Write a comment. An agent's comments can always be seen by the agent; others' only if they say so.

    Raises:
        NotFoundError: there is no such call for them. InvalidRequestError: naming the field.
    """
    analysis = await who.find_call(session, author, analysis_id, lock=True)  # nobody erases it meanwhile
    await _check_place(session, analysis, note)
    made = Comment(
        org_id=author.org_id, analysis_id=analysis.id, segment_id=note.segment_id,
        criterion_key=note.criterion_key, text=_checked(note.text), shared=_shared(author, note.shared),
        created_at=await database_now(session), **author.by,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    return made


async def edit(
    session: AsyncSession, author: Who, analysis_id: uuid.UUID, comment_id: uuid.UUID, wanted: Edit
) -> Comment:
    """Change an own comment; the same again is no change.

    Raises:
        NotFoundError: there is none that they may see. ForbiddenError: somebody else wrote it.
        InvalidRequestError: naming the field.
    """
    row = await _own(session, author, analysis_id, comment_id)
    text = row.text if wanted.text is None else _checked(wanted.text)
    shared = row.shared if wanted.shared is None else _shared(author, wanted.shared)
    if (text, shared) != (row.text, row.shared):
        row.text, row.shared, row.edited_at = text, shared, await database_now(session)
        await session.flush()
    return row


async def remove(session: AsyncSession, author: Who, analysis_id: uuid.UUID, comment_id: uuid.UUID) -> None:
    """Delete an own comment; the audit trail says that, and quotes nothing.

    Raises:
        NotFoundError: there is none that they may see. ForbiddenError: somebody else wrote it.
    """
    row = await _own(session, author, analysis_id, comment_id)
    await session.delete(row)
    await session.flush()
    facts = {"analysisId": str(analysis_id), "via": author.via}
    await record(session, author.org_id, author.actor, Deed("comment.deleted", comment_id, facts))


async def page(
    session: AsyncSession, reader: Who, analysis_id: uuid.UUID, *, cursor: str | None, limit: int
) -> tuple[Sequence[Comment], str | None]:
    """One page of the comments that somebody may see, newest first, and the cursor of the next page.

    Raises:
        NotFoundError: there is no such call for them.
    """
    await who.find_call(session, reader, analysis_id)
    after = Cursor.decode(cursor) if cursor else None
    found = await queries.comments(
        session, analysis_id, shared_only=not reader.judges, after=after, limit=limit + 1
    )
    return found[:limit], following(found, limit)


async def _own(session: AsyncSession, author: Who, analysis_id: uuid.UUID, comment_id: uuid.UUID) -> Comment:
    await who.find_call(session, author, analysis_id)
    row = await queries.comment(session, analysis_id, comment_id)
    if row is None or not (row.shared or author.judges):
        raise NotFoundError("There is no comment with this id.")
    if not author.is_same(row.actor_kind, row.actor_id):
        raise ForbiddenError("Only its author changes a comment.")
    return row


async def _check_place(session: AsyncSession, analysis: Analysis, note: Note) -> None:
    if note.segment_id is not None and note.criterion_key is not None:
        words = Words("A comment is on a line or on a criterion, not on both.")
        raise refused("criterionKey", "and segmentId exclude each other", words)
    if note.segment_id is not None:
        heard = await session.get(TranscriptRow, analysis.id)
        if heard is None or note.segment_id not in {one["id"] for one in heard.document["segments"]}:
            words = Words("The transcript has no such line.")
            raise refused("segmentId", "names no segment of the transcript", words)
    if note.criterion_key is not None:
        row = await queries.shown_evaluation(session, analysis.id)
        if row is None or row.document is None or note.criterion_key not in _keys(row.document):
            words = Words("The evaluation has no such criterion.")
            raise refused("criterionKey", "names no criterion of the evaluation", words)


def _keys(document: Json) -> set[str]:
    return {one["key"] for one in document["criteria"]}


def _checked(text: str) -> str:
    if not 0 < len(text.strip()) <= len(text) <= LONGEST_TEXT:
        words = Words("A comment has 1 to %(longest)s characters.", longest=LONGEST_TEXT)
        raise refused("text", f"has 1 to {LONGEST_TEXT} characters", words)
    return text.strip()


def _shared(author: Who, wanted: bool | None) -> bool:  # noqa: FBT001 - a value of the comment
    if not author.judges and wanted is False:
        words = Words("What agents write they may see.")
        raise refused("visibility", "of an agent's comment is agent", words)
    return not author.judges if wanted is None else wanted
