"""Erasing an analysis and all that came of it, with a receipt that says what was erased and nothing else."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.models import AuditEntry, Mode
from calltrace.analyses import queries, upkeep_queries
from calltrace.analyses.models import Analysis, EvaluationRow, TranscriptRow
from calltrace.analyses.read import following
from calltrace.conversations.models import Conversation, Survey
from calltrace.db import jobs
from calltrace.db.base import Base
from calltrace.db.session import Database
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError
from calltrace.recordings import objects, sound, uploads
from calltrace.recordings.models import Recording, Upload
from calltrace.recordings.vault import Vault
from calltrace.webhooks.erase import erase_deliveries

ACTION = "analysis.erased"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of an erasure: the entry of the audit trail. ``erased`` counts what there was, by kind."""

    receipt_id: uuid.UUID
    analysis_id: str
    erased_at: datetime
    erased: dict[str, int]

    @classmethod
    def of(cls, entry: AuditEntry) -> "Receipt":
        """The receipt that an entry of the audit trail is."""
        return cls(entry.id, str(entry.target_id), entry.created_at, entry.details["erased"])


async def erase(
    database: Database, vault: Vault, actor: Actor, org_id: uuid.UUID, analysis_id: uuid.UUID, mode: Mode
) -> Receipt:
    """Erase audio, transcript, evaluations, webhook snapshots and uploads of one analysis, for good.

    A recording counts once, with its waveform and its copy for browsers.

    All rows go in one transaction, the data key of the audio with them: from then on no copy of it can be
    read, wherever it is. The object itself is removed at once if the store can be reached, else later.
    A worker that has the analysis finds that it is gone. The idempotency key stays for as long as keys do.

    Raises:
        NotFoundError: there is none, it is another organisation's or mode's, or it was erased before.
    """
    async with database.tenant(org_id) as session:
        await _hold_conversations(session, analysis_id)
        analysis = await queries.lock(session, analysis_id, mode)
        if analysis is None:
            raise NotFoundError("There is no analysis with this id.")
        recordings, sent = await _media(session, analysis)
        erased = await _erase_rows(session, analysis)
        object_keys: list[str] = []
        for recording in recordings:
            object_keys += await sound.forget(session, recording)
        for upload in sent:
            object_keys += await uploads.forget(session, upload)
        counts = {"recordings": len(recordings), **erased, "uploads": len(sent)}
        deed = Deed(ACTION, analysis_id, {"mode": mode, "erased": counts})
        receipt = Receipt.of(await audit.record(session, org_id, actor, deed))
    await objects.remove(database, vault, org_id, object_keys)
    return receipt


async def erase_rest(database: Database, vault: Vault, org_id: uuid.UUID) -> None:
    """Erase what an organisation sent that is no analysis: files that wait for theirs, and conversations."""
    async with database.tenant(org_id) as session:
        for table in (Survey, Conversation):
            await session.execute(delete(table).where(table.org_id == org_id))
        sent = (await session.scalars(select(Upload).where(Upload.org_id == org_id))).all()
        object_keys = [key for upload in sent for key in await uploads.forget(session, upload)]
    await objects.remove(database, vault, org_id, object_keys)


async def find(session: AsyncSession, receipt_id: uuid.UUID, mode: Mode) -> Receipt:
    """One receipt.

    Raises:
        NotFoundError: there is none, or it belongs to another organisation or mode.
    """
    entry = await upkeep_queries.erasure(session, receipt_id, mode)
    if entry is None:
        raise NotFoundError("There is no erasure with this id.")
    return Receipt.of(entry)


async def page(
    session: AsyncSession, mode: Mode, analysis_id: uuid.UUID | None, *, cursor: str | None, limit: int
) -> tuple[Sequence[Receipt], str | None]:
    """One page of receipts, newest first, and the cursor of the next page; of one analysis, if given."""
    after = Cursor.decode(cursor) if cursor else None
    target = str(analysis_id) if analysis_id else None
    found = await upkeep_queries.erasures(session, mode, target, after=after, limit=limit + 1)
    return [Receipt.of(one) for one in found[:limit]], following(found, limit)


async def _hold_conversations(session: AsyncSession, analysis_id: uuid.UUID) -> None:
    """First of all, as whoever changes a conversation does: they and erasing wait for one another."""
    await session.execute(
        select(Conversation.id).where(Conversation.analysis_id == analysis_id).with_for_update()
    )


async def _media(session: AsyncSession, analysis: Analysis) -> tuple[list[Recording], list[Upload]]:
    recording = await session.get(Recording, analysis.recording_id) if analysis.recording_id else None
    upload = await session.get(Upload, analysis.upload_id) if analysis.upload_id else None
    return [recording] if recording else [], [upload] if upload else []


async def _erase_rows(session: AsyncSession, analysis: Analysis) -> dict[str, int]:
    """Delete what hangs on the analysis, then the analysis; answer how much there was of each kind."""
    told = await erase_deliveries(session, analysis.id)
    threads = await conversations(
        session, Conversation.analysis_id == analysis.id, Survey.analysis_id == analysis.id
    )
    mine = EvaluationRow.analysis_id == analysis.id
    evaluations = await _delete(session, EvaluationRow, mine, EvaluationRow.id)
    heard = TranscriptRow.analysis_id == analysis.id
    transcripts = await _delete(session, TranscriptRow, heard, TranscriptRow.analysis_id)
    await _delete(session, Analysis, Analysis.id == analysis.id, Analysis.id)
    work = [(jobs.PROCESS, analysis.id), *((jobs.EVALUATE, one) for one in evaluations)]
    await jobs.withdraw(session, [(task, f"{analysis.org_id}/{key}") for task, key in work])
    return {
        "transcripts": len(transcripts),
        "evaluations": len(evaluations),
        "deliveries": told.deliveries,
        "attempts": told.attempts,
        **threads,
    }


async def conversations(
    session: AsyncSession, match: ColumnElement[bool], also: ColumnElement[bool] | None = None
) -> dict[str, int]:
    """Delete conversations with their messages and surveys, and surveys beside; answers how many each."""
    answers = Survey.conversation_id.in_(select(Conversation.id).where(match))
    answers = answers if also is None else or_(also, answers)
    surveys = await _delete(session, Survey, answers, Survey.id)
    gone = await _delete(session, Conversation, match, Conversation.id)
    return {"conversations": len(gone), "surveys": len(surveys)}


async def _delete(
    session: AsyncSession, table: type[Base], match: ColumnElement[bool], key: Any
) -> Sequence[Any]:
    return (await session.scalars(delete(table).where(match).returning(key))).all()
