"""Erasing conversations, as an analysis is erased."""

import uuid
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Deed, record
from calltrace.analyses import erase
from calltrace.analyses.models import WaitingFile
from calltrace.analyses.telling import Source, noun
from calltrace.conversations import rows
from calltrace.conversations.models import Conversation
from calltrace.db.session import Database
from calltrace.kit.errors import NotFoundError
from calltrace.recordings import objects, uploads
from calltrace.recordings.models import Upload
from calltrace.recordings.vault import Vault


async def forget(
    database: Database, vault: Vault, source: Source, conversation_id: uuid.UUID,
    kind: Literal["text", "voice"] | None = None,
) -> None:  # fmt: skip
    """Erase a conversation for good, with all that came of it: messages, survey, evaluation, recording.

    Raises:
        NotFoundError: there is none (of that kind).
    """
    async with database.tenant(source.org_id) as session:
        row = await rows.find(session, conversation_id, source.mode, lock=True)
        if row is None or row.kind != (kind or row.kind):
            raise NotFoundError("There is no conversation with this id.")
        analysis_id, doomed = row.analysis_id, list[str]()
        if analysis_id is None:
            doomed = await _forget_waiting(session, row.id)
            erased = await erase.conversations(session, Conversation.id == row.id)
            deed = Deed(f"{noun(row.kind)}.erased", row.id, {"mode": source.mode, "erased": erased})
            await record(session, source.org_id, source.actor, deed)
    if analysis_id is not None:
        await erase.erase(database, vault, source.actor, source.org_id, analysis_id, source.mode)
    await objects.remove(database, vault, source.org_id, doomed)


async def _forget_waiting(session: AsyncSession, call_id: uuid.UUID) -> list[str]:
    """A recording that was sent for a call, and not asked for yet."""
    waiting = await session.get(WaitingFile, call_id, with_for_update=True)
    if waiting is None:
        return []
    upload = await session.get(Upload, waiting.upload_id)
    await session.delete(waiting)
    await session.flush()
    return await uploads.forget(session, upload) if upload else []
