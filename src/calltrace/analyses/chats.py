"""Chats as calls: what was written is a transcript, and is held against the same scorecards.

There is nothing to fetch and to hear: a worker finds the transcript and evaluates it. Times are those of
the messages, counted from the beginning of the chat; a message ends where the next one begins, after
READING_SECONDS at the latest.
"""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.analyses import lifecycle, queries
from calltrace.analyses.models import Analysis, TranscriptRow
from calltrace.conversations.models import Conversation
from calltrace.conversations.service import Said
from calltrace.db import jobs
from calltrace.db.session import Database
from calltrace.evaluation.redaction import Redaction, redact
from calltrace.kit import clock
from calltrace.kit.ids import uuid7
from calltrace.speech.transcript import Attribution, Role, Segment, Transcript

READING_SECONDS = 5.0
UNKNOWN_LANGUAGE = "und"
_ROLES: dict[str, Role] = {"customer": "customer", "agent": "agent", "bot": "agent"}


async def keepable(database: Database, org_id: uuid.UUID, said: Sequence[Said]) -> list[Said]:
    """The messages as they may be kept: without what the organisation wants taken out.

    To be asked before anything is locked: for a long chat it takes its time, in a thread.
    """
    async with database.tenant(org_id) as session:
        kinds = await _unwanted(session, org_id)
    return await _without(said, kinds)


async def keepable_now(session: AsyncSession, org_id: uuid.UUID, said: Sequence[Said]) -> list[Said]:
    """The same of a few messages, within a transaction."""
    return await _without(said, await _unwanted(session, org_id))


async def _unwanted(session: AsyncSession, org_id: uuid.UUID) -> Sequence[str]:
    organisation = await accounts.organisation(session, org_id)
    wanted = organisation.redaction if organisation else None
    return Redaction.model_validate(wanted).transcript if wanted else ()


async def _without(said: Sequence[Said], kinds: Sequence[str]) -> list[Said]:
    if not kinds or not said:
        return list(said)
    transcript = transcript_of(said, UNKNOWN_LANGUAGE)
    changed = await asyncio.to_thread(redact, transcript, kinds, transcript.segments[-1].end)
    segments = changed.transcript.segments
    return [replace(one, content=segment.text) for one, segment in zip(said, segments, strict=True)]


def transcript_of(said: Sequence[Said], language: str) -> Transcript:
    """Messages in their order as a transcript; who wrote them is known."""
    begun = said[0].sent_at
    starts = [max(0.0, (one.sent_at - begun).total_seconds()) for one in said]
    ends = [max(min(start + READING_SECONDS, following), start) for start, following in pairwise(starts)]
    ends.append(starts[-1] + READING_SECONDS)
    segments = [
        Segment(
            id=f"s{number}", speaker=_ROLES[one.role], speaker_id=one.role, channel=0, start=start, end=end,
            text=one.content, confidence=1.0,
        )
        for number, (one, start, end) in enumerate(zip(said, starts, ends, strict=True), 1)
    ]  # fmt: skip
    return Transcript(
        language=language,
        language_confidence=1.0 if language != UNKNOWN_LANGUAGE else 0.0,
        attribution=Attribution(method="channel", confidence=1.0, reason="Messages say who wrote them."),
        segments=segments,
    )


async def is_evaluated(session: AsyncSession, row: Conversation, said: Sequence[Said], language: str) -> bool:
    """Whether a chat is evaluated by what was written, in its language; roles may have been corrected."""
    if row.analysis_id is None:
        return False
    known = await session.get(TranscriptRow, row.analysis_id)
    if known is None or known.document["language"] != language:
        return False
    words = [(one["text"], one["start"]) for one in known.document["segments"]]
    return words == [(one.text, one.start) for one in transcript_of(said, language).segments]


async def evaluate(session: AsyncSession, row: Conversation, said: Sequence[Said], language: str) -> None:
    """Have a chat evaluated; one whose messages are others now is evaluated anew.

    Args:
        session: of the organisation; the conversation is held.
        row: of the chat.
        said: its messages, as they are kept.
        language: ISO 639-1, or ``und``.
    """
    analysis = await queries.lock(session, row.analysis_id, None) if row.analysis_id else None
    if analysis is None:
        analysis = _analysis(row)
        session.add(analysis)
        await session.flush()
        row.analysis_id = analysis.id
        await session.flush()
    else:
        analysis.attempt += 1  # whoever is at it finds that it moved on
        await lifecycle.start_again(session, analysis)
    document = transcript_of(said, language).model_dump(mode="json")
    values = {"analysis_id": analysis.id, "org_id": row.org_id, "document": document}
    statement = insert(TranscriptRow).values(values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["analysis_id"], set_={"document": document})
    )
    analysis.heard_language = None if language == UNKNOWN_LANGUAGE else language
    await session.flush()
    await jobs.enqueue(session, jobs.PROCESS, f"{row.org_id}/{analysis.id}")


def _analysis(row: Conversation) -> Analysis:
    return Analysis(
        id=uuid7(), org_id=row.org_id, medium="text", mode=row.mode, status="queued",
        created_at=clock.now_ms(), external_id=row.external_id, agent_id=row.agent_id, queue_id=row.queue_id,
        engagement_id=row.engagement_id, called_at=row.started_at, details={},
    )  # fmt: skip
