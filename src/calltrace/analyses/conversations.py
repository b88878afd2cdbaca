"""Chats as other systems tell of them: taken in, changed.

One that comes again under the same external id is put in place of what is known of it. A chat whose
messages are complete is evaluated, and evaluated anew when they are others than before.
"""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses import chats
from calltrace.analyses.chats import UNKNOWN_LANGUAGE
from calltrace.analyses.models import Analysis
from calltrace.analyses.submit import Intake
from calltrace.analyses.telling import Source, Told, keepable, locked, note, put, quota, relabel
from calltrace.catalog.service import check_references
from calltrace.conversations import queries, rows, service
from calltrace.conversations.errors import MessageConflictError, TooManyMessagesError
from calltrace.conversations.models import ChatMessage, Conversation
from calltrace.conversations.service import Identity, Said
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.words import Words

MOST_MESSAGES = 10_000
_CONTEXT = 3
"""Messages before a new one that are looked at for what is sensitive in it: a question and its answer."""


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
    told = await keepable(intake, source.org_id, told)
    begins = ends and not evaluated
    async with quota(intake, source, needed=begins, spoken=False) as use, locked(intake, source) as session:
        row, new, begun = await put_chat(session, source.org_id, told, source.mode)
        use.needless = not begun  # of two that come at once, one is first
        await note(session, source, row, "created" if new else "updated", told)
    return row, new


async def put_chat(
    session: AsyncSession, org_id: uuid.UUID, told: Told, mode: Mode = "live"
) -> tuple[Conversation, bool, bool]:
    """Put a chat in place, in a transaction that holds the organisation; of messages that may be kept.

    Answers also whether it is new, and whether a first evaluation was begun.
    """
    await check_references(session, told.values)
    row, new = await service.put(session, Identity(org_id, "text", told.external_id, mode), told.values)
    begun = await _settle(session, row, told)
    return row, new, begun


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
        kept = told.said is None and await queries.number_of_messages(session, known.id)
    told = await keepable(intake, source.org_id, told)
    begins = ends and bool(told.said or kept) and not evaluated
    async with quota(intake, source, needed=begins, spoken=False) as use, locked(intake, source) as session:
        row = await find(session, conversation_id, source.mode, lock=True)
        _require_text(row)
        await put(session, row, told)
        use.needless = not await _settle(session, row, told)
        await note(session, source, row, "updated", told)
    return row


async def add_message(
    intake: Intake, source: Source, conversation_id: uuid.UUID, said: Said
) -> tuple[ChatMessage, bool]:
    """Add one message to a chat; answers whether it is new. The same one again adds nothing.

    It is evaluated once the chat is completed; a message that comes later has it evaluated anew.

    Args:
        intake: where it is kept.
        source: who tells of it.
        conversation_id: of the chat.
        said: the message, with an id of the sender.

    Raises:
        NotFoundError: there is no such chat, or it was erased. InvalidRequestError: it is a voice call.
        MessageConflictError: another message has the id. TooManyMessagesError: the chat is full.
        QuotaExceededError: as above.
    """
    async with intake.database.tenant(source.org_id) as session:
        known = await find(session, conversation_id, source.mode)
        begins = known.status == "completed" and known.analysis_id is None
    async with (
        quota(intake, source, needed=begins, spoken=False) as use,
        intake.database.tenant(source.org_id) as session,
    ):
        row = await find(session, conversation_id, source.mode, lock=True)
        _require_text(row)
        message, new = await _added(session, row, said)
        use.needless = row.analysis_id is not None or row.status != "completed"
        if new and row.status == "completed":
            await _judge(session, row, await _language(session, row), changed=True)
            told = Told(None, {}, [said])
            await relabel(session, row, told)
            await note(session, source, row, "updated", told)
    return message, new


async def _added(session: AsyncSession, row: Conversation, said: Said) -> tuple[ChatMessage, bool]:
    assert said.external_id is not None
    before = await queries.last_messages(session, row.id, said.sent_at, _CONTEXT)
    told = [*(service.said_by(one) for one in before), said]
    kept = (await chats.keepable_now(session, row.org_id, told))[-1]
    known = await queries.message_known_as(session, row.id, said.external_id)
    if known is None:
        if await queries.number_of_messages(session, row.id) >= MOST_MESSAGES:
            raise TooManyMessagesError(
                Words("A conversation has at most %(most_messages)s messages.", most_messages=MOST_MESSAGES)
            )
        return await service.add_message(session, row, kept), True
    if (known.role, known.sent_at) != (said.role, said.sent_at) or known.content not in {
        kept.content, said.content,
    }:  # fmt: skip
        raise MessageConflictError("Another message of this conversation has this externalId.")
    return known, False


def _require_text(row: Conversation) -> None:
    if row.kind != "text":
        raise InvalidRequestError("This is a voice call: it is changed as one (/voice-calls).")


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


async def _settle(session: AsyncSession, row: Conversation, told: Told) -> bool:
    """Messages are kept, and held against a scorecard once they are all; answers whether that is begun.

    Raises:
        InvalidRequestError: all messages of a chat that is evaluated are to go.
    """
    changed, evaluated = False, row.analysis_id is not None
    row.language = told.language or row.language
    language = await _language(session, row)
    if told.said is not None:
        changed = await service.put_messages(session, row, told.said)
        if changed and evaluated and not told.said:
            reason = "This chat is evaluated by its messages: send them, or delete the chat."
            raise InvalidRequestError(reason, errors=[FieldError("/messages", reason)])
    await _judge(session, row, language, changed=changed)
    await relabel(session, row, told)
    return row.analysis_id is not None and not evaluated


async def _judge(session: AsyncSession, row: Conversation, language: str, *, changed: bool) -> None:
    """Evaluate what is complete, unless it is evaluated by these very messages already."""
    if row.status != "completed":
        return
    kept = [service.said_by(one) for one in await queries.messages(session, row.id)]
    if kept and (changed or not await chats.is_evaluated(session, row, kept, language)):
        await chats.evaluate(session, row, kept, language)


async def _language(session: AsyncSession, row: Conversation) -> str:
    if row.language is not None:
        return row.language
    analysis = await session.get(Analysis, row.analysis_id) if row.analysis_id else None
    return (analysis.heard_language if analysis else None) or UNKNOWN_LANGUAGE
