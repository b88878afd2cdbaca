"""What calls are found by: names and words of each, read when they are due (decision 0041).

Triggers of the database say when: a row without words is due. Whoever reads it holds the row meanwhile, and
whoever changes the call then waits, and makes it due again: nothing old is written over something new.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
from sqlalchemy import Text, cast, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.models import Analysis, CallText, TranscriptRow
from calltrace.db.session import Database
from calltrace.kit.folding import folded

AT_ONCE = 100
"""Calls that are read in one transaction: whoever changes one of them waits for it."""
OF_A_ROUND = 5000
MOST_BYTES = 600_000
"""Of the words of one call: PostgreSQL keeps no more than a million (far more than a day of talk has)."""
NAMED = "~"
"""Before three letters of a name: by those its parts are found."""


def name_of_file(file_name: str | None, file_url: str | None) -> str:
    """What the file of a call is called: its name, else the end of the address that it came from."""
    return file_name or unquote(urlsplit(file_url or "").path).rstrip("/").rpartition("/")[2]


def owner_mark(org_id: uuid.UUID) -> str:
    """Before each word in the index: of which organisation it is, so that others' words cost nothing."""
    return f"{org_id.hex[-6:]}:"


def parts(name: str) -> set[str]:
    """All three letters that stand together in the words of a folded name."""
    return {word[at : at + 3] for word in name.split() for at in range(len(word) - 2)}


async def read_due(session: AsyncSession, most: int = AT_ONCE) -> int:
    """Read calls that are due, the newest first; those that somebody else reads are left to them.

    Args:
        session: of an organisation, or the operator's.
        most: how many.

    Returns:
        How many were read.
    """
    due = select(CallText.analysis_id).where(CallText.words.is_(None)).order_by(CallText.created_at.desc())
    ids = (await session.scalars(due.limit(most).with_for_update(skip_locked=True))).all()
    if not ids:
        return 0
    # A statement of its own: it sees what was committed before the rows were held.
    query = (
        select(
            Analysis.id, Analysis.org_id, Analysis.file_name, Analysis.file_url, Analysis.external_id,
            cast(TranscriptRow.document, Text),
        )
        .outerjoin(TranscriptRow, TranscriptRow.analysis_id == Analysis.id)
        .where(Analysis.id.in_(ids))
    )  # fmt: skip
    for row in (await session.execute(query)).all():
        values = _read(row[1], (name_of_file(row[2], row[3]), row[4]), row[5])
        await session.execute(update(CallText).where(CallText.analysis_id == row[0]).values(values))
    return len(ids)


def _read(org_id: uuid.UUID, names: Iterable[str | None], document: str | None) -> dict[str, Any]:
    segments: Sequence[Any] = orjson.loads(document)["segments"] if document else []
    said = [(one["id"], " ".join(one["text"].split())) for one in segments]
    lines = [folded(text) for _id, text in said]
    named = "\n".join(folded(name) for name in names if name)
    return {
        "named": named,
        "said": "\n".join(f"{key}\t{text}" for key, text in said),
        "folded": "\n".join(lines),
        "words": func.array_to_tsvector(literal(_lexemes(org_id, named, lines), ARRAY(Text))),
    }


def _lexemes(org_id: uuid.UUID, named: str, lines: Sequence[str]) -> list[str]:
    mark, found, size = owner_mark(org_id), list[str](), 0
    letters = {f"{NAMED}{part}": None for part in parts(named)}
    for word in letters | dict.fromkeys(" ".join((named, *lines)).split()):
        size += len(word.encode()) + len(mark)
        if size > MOST_BYTES:
            break
        found.append(mark + word)
    return found


async def are_due(session: AsyncSession) -> bool:
    """Whether the search does not know all calls yet."""
    return bool(await session.scalar(select(exists().where(CallText.words.is_(None)))))


async def keep_up(database: Database) -> int:
    """Read what is due, of all organisations; a part of it, if it is much. Answers how many were read."""
    count = 0
    while count < OF_A_ROUND:
        async with database.operator() as session:
            found = await read_due(session)
        count += found
        if found < AT_ONCE:
            break
    return count
