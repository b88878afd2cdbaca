"""Coaching notes: what those who see an agent's calls write to the agent, about one call or about many."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Deed, record
from calltrace.accounts.errors import ForbiddenError
from calltrace.analyses.read import following
from calltrace.catalog.models import Agent
from calltrace.catalog.service import refused
from calltrace.db.clock import database_now
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError
from calltrace.kit.words import Words
from calltrace.reviews import queries, who
from calltrace.reviews.comments import LONGEST_TEXT
from calltrace.reviews.models import CoachingNote
from calltrace.reviews.who import Who


async def find_agent(session: AsyncSession, reader: Who, agent_id: uuid.UUID) -> Agent:
    """An agent whose calls somebody may see.

    Raises:
        NotFoundError: there is none, or not for them: callers cannot tell the two apart.
    """
    agent = await session.get(Agent, agent_id)
    if agent is None or (reader.agents is not None and agent_id not in reader.agents):
        raise NotFoundError("There is no agent with this id.")
    return agent


def may_write(author: Who, agent_id: uuid.UUID) -> bool:
    """Whether somebody may write to an agent whose calls they see: nobody coaches themself."""
    return author.judges and author.agent_id != agent_id


async def add(
    session: AsyncSession, author: Who, agent_id: uuid.UUID, text: str, analysis_id: uuid.UUID | None = None
) -> CoachingNote:
    """Write to an agent.

    Raises:
        NotFoundError: there is no such agent or call for them. ForbiddenError: they only read notes.
        InvalidRequestError: it is empty or too long, or the call is another agent's.
    """
    agent = await find_agent(session, author, agent_id)
    if not may_write(author, agent_id):
        raise ForbiddenError("Notes are written by those who lead an agent.")
    if not 0 < len(text.strip()) <= len(text) <= LONGEST_TEXT:
        words = Words("A note has 1 to %(longest)s characters.", longest=LONGEST_TEXT)
        raise refused("text", f"has 1 to {LONGEST_TEXT} characters", words)
    if analysis_id is not None:
        analysis = await who.find_call(session, author, analysis_id)
        if analysis.agent_id != agent_id:
            words = Words("This is a call of somebody else.")
            raise refused("analysisId", "names a call of somebody else", words)
    made = CoachingNote(
        org_id=author.org_id, agent_id=agent.id, analysis_id=analysis_id, text=text.strip(),
        created_at=await database_now(session), **author.by,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    facts = {"agentId": str(agent_id), "via": author.via}
    await record(session, author.org_id, author.actor, Deed("coaching_note.written", made.id, facts))
    return made


async def remove(session: AsyncSession, author: Who, agent_id: uuid.UUID, note_id: uuid.UUID) -> None:
    """Delete an own note; the audit trail says that, and quotes nothing.

    Raises:
        NotFoundError: there is none that they may see. ForbiddenError: somebody else wrote it.
    """
    await find_agent(session, author, agent_id)
    row = await queries.coaching_note(session, agent_id, note_id)
    if row is None:
        raise NotFoundError("There is no note with this id.")
    if not author.is_same(row.actor_kind, row.actor_id):
        raise ForbiddenError("Only its author deletes a note.")
    await session.delete(row)
    await session.flush()
    facts = {"agentId": str(agent_id), "via": author.via}
    await record(session, author.org_id, author.actor, Deed("coaching_note.deleted", note_id, facts))


async def page(
    session: AsyncSession, reader: Who, agent_id: uuid.UUID, *, cursor: str | None, limit: int
) -> tuple[Sequence[CoachingNote], str | None]:
    """One page of the notes to an agent, newest first, and the cursor of the next page.

    Raises:
        NotFoundError: there is no such agent for them.
    """
    await find_agent(session, reader, agent_id)
    after = Cursor.decode(cursor) if cursor else None
    found = await queries.coaching_notes(session, agent_id, after=after, limit=limit + 1)
    return found[:limit], following(found, limit)
