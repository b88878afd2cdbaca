"""Chats as other systems tell of them: taken in, changed.

One that comes again under the same external id is put in place of what is known of it. A chat whose
messages are complete is evaluated, and evaluated anew when they are others than before.
"""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses import chats
from calltrace.analyses.models import Analysis
from calltrace.analyses.submit import Intake
from calltrace.analyses.telling import UNKNOWN_LANGUAGE, Source, Told, locked, note, put, quota, relabel
from calltrace.catalog.service import check_references
from calltrace.conversations import queries, rows, service
from calltrace.conversations.models import Conversation
from calltrace.conversations.service import Identity, Said
from calltrace.kit.errors import InvalidRequestError, NotFoundError


async def receive(intake: Intake, source: Source, told: Told) -> tuple[Conversation, bool]:
    """Take a chat in; answers whether it is new.

    Raises:
        InvalidRequestError: naming a label that the organisation does not have.
        QuotaExceededError: it is to be evaluated, and the analyses of this month are used up.
    """
    async with intake.database.tenant(source.org_id) as session:
        known = await rows.known_as(session, source.mode, "text", told.external_id)
        evaluated = known is not None and known.analysis_id is not None
    ends = told.values.get("status", "completed") == "completed" and bool(told.said)
    async with quota(intake, source, needed=ends and not evaluated), locked(intake, source) as session:
        row, new = await put_chat(session, source.org_id, told, source.mode)
        await note(session, source, row, "created" if new else "updated", told)
    return row, new


async def put_chat(
    session: AsyncSession, org_id: uuid.UUID, told: Told, mode: Mode = "live"
) -> tuple[Conversation, bool]:
    """Put a chat in place, in a transaction that holds the organisation."""
    await check_references(session, told.values)
    row, new = await service.put(session, Identity(org_id, "text", told.external_id, mode), told.values)
    await _settle(session, row, told)
    return row, new


async def change(intake: Intake, source: Source, conversation_id: uuid.UUID, told: Told) -> Conversation:
    """Change a chat: columns that are given, and its messages as a whole, if they are.

    Raises:
        NotFoundError: there is none. InvalidRequestError: it is a voice call, or naming a label.
        QuotaExceededError: as above.
    """
    async with intake.database.tenant(source.org_id) as session:
        known = await find(session, conversation_id, source.mode)
        evaluated = known.analysis_id is not None
        ends = told.values.get("status", known.status) == "completed"
    async with quota(intake, source, needed=ends and not evaluated), locked(intake, source) as session:
        row = await find(session, conversation_id, source.mode, lock=True)
        if row.kind != "text":
            raise InvalidRequestError("This is a voice call: it is changed as one (/voice-calls).")
        await put(session, row, told)
        await _settle(session, row, told)
        await note(session, source, row, "updated", told)
    return row


async def find(
    session: AsyncSession, conversation_id: uuid.UUID, mode: Mode, *, lock: bool = False
) -> Conversation:
    """One conversation.

    Raises:
        NotFoundError: there is none, or it is another organisation's or mode's.
    """
    found = await rows.find(session, conversation_id, mode, lock=lock)
    if found is None:
        raise NotFoundError("There is no conversation with this id.")
    return found


async def _settle(session: AsyncSession, row: Conversation, told: Told) -> None:
    """Messages are kept without what is not to be kept, and held against a scorecard once they are all."""
    changed = False
    language = told.language or await _language(session, row)
    if told.said is not None:
        said = await chats.without_sensitive(session, row.org_id, told.said, language)
        changed = await service.put_messages(session, row, said)
    if row.status == "completed" and (changed or row.analysis_id is None):
        kept = [Said(one.role, one.content, one.sent_at) for one in await queries.messages(session, row.id)]
        if kept:
            await chats.evaluate(session, row, kept, language)
    await relabel(session, row, told)


async def _language(session: AsyncSession, row: Conversation) -> str:
    analysis = await session.get(Analysis, row.analysis_id) if row.analysis_id else None
    return (analysis.heard_language if analysis else None) or UNKNOWN_LANGUAGE
