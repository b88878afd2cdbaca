"""From rows to the one Analysis document, and to the events that tell of it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses import list_queries, queries, search
from calltrace.analyses.document import (
    AnalysisDocument,
    CallDocument,
    ErrorDocument,
    ProcessingDocument,
    ProgressDocument,
)
from calltrace.analyses.errors import TranscriptNotReadyError
from calltrace.analyses.links import RecordingLinks
from calltrace.analyses.models import Analysis
from calltrace.db.base import Row
from calltrace.evaluation.results import Evaluation
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError
from calltrace.kit.json_text import dumps
from calltrace.kit.words import Words
from calltrace.speech.transcript import Mark, TalkMetrics, Transcript
from calltrace.webhooks.events import AnalysisEvent, AnalysisEventType, EventCall


async def find(session: AsyncSession, analysis_id: uuid.UUID, mode: Mode | None = None) -> queries.Found:
    """One analysis as it is now; of one mode, when that is given.

    Raises:
        NotFoundError: there is none, or it belongs to another organisation or mode.
    """
    found = await queries.find(session, analysis_id, mode)
    if found is None:
        raise NotFoundError("There is no analysis with this id.")
    return found


async def page(
    session: AsyncSession, filters: list_queries.Filters, *, cursor: str | None, limit: int
) -> tuple[Sequence[uuid.UUID], str | None]:
    """Which analyses are on one page, newest first, and the cursor of the next page."""
    after = Cursor.decode(cursor) if cursor else None
    if filters.text is not None:
        hits = await search.find(session, filters, after, limit)
        return hits.ids, hits.after and hits.after.encode()
    found = await list_queries.calls(session, filters, after=after, limit=limit + 1)
    return [one.id for one in found[:limit]], following(found, limit)


def following(found: Sequence[Row], limit: int) -> str | None:
    """The cursor of the next page; of a page and one row more, if there is one."""
    last = found[limit - 1] if len(found) > limit else None
    return Cursor(last.created_at, last.id).encode() if last else None


@dataclass(frozen=True, slots=True)
class Heard:
    """A transcript as JSON text, and how the recording was called."""

    analysis_id: uuid.UUID
    file_name: str | None
    document: str


async def transcript(session: AsyncSession, analysis_id: uuid.UUID, mode: Mode) -> Heard:
    """What was said, from the moment when it is known.

    Raises:
        NotFoundError: there is no such analysis, or it failed before anything was heard.
        TranscriptNotReadyError: it may still come.
    """
    found = await queries.transcript_of(session, analysis_id, mode)
    if found is None:
        raise NotFoundError("There is no analysis with this id.")
    analysis, document = found
    if document is not None:
        return Heard(analysis.id, analysis.file_name, document)
    if analysis.status == "failed":
        raise NotFoundError("The analysis failed before anything was heard; its error says why.")
    raise TranscriptNotReadyError(
        Words("The analysis is %(status)s; nothing was heard yet.", status=analysis.status)
    )


def as_json(found: queries.Found, links: RecordingLinks) -> dict[str, Any]:
    """The Analysis document (interfaces, section 3) for ``orjson``, large parts passed on as they are."""
    bare = queries.Found(found.analysis, None, None)
    content = document(bare, links).model_dump(mode="json")
    content["transcript"] = orjson.Fragment(found.transcript) if found.transcript else None
    content["evaluation"] = orjson.Fragment(found.evaluation) if found.evaluation else None
    content["metadata"] = orjson.Fragment(dumps(found.analysis.details))  # numbers of any size
    return content


def written(found: Sequence[queries.Found], links: RecordingLinks) -> bytes:
    """The documents of some analyses, with commas between."""
    return b",".join(dumps(as_json(one, links)) for one in found)


def document(found: queries.Found, links: RecordingLinks) -> AnalysisDocument:
    """The document of interfaces, section 3."""
    analysis = found.analysis
    return AnalysisDocument(
        analysis_id=str(analysis.id),
        status=analysis.status,  # pyright: ignore[reportArgumentType] - the table checks the same words
        external_id=analysis.external_id,
        created_at=clock.iso(analysis.created_at),
        completed_at=clock.iso(analysis.completed_at) if analysis.completed_at else None,
        progress=ProgressDocument(
            stage=analysis.stage,  # pyright: ignore[reportArgumentType] - validated by the document
            percent=analysis.percent,
        ),
        call=call_document(analysis, links),
        transcript=Transcript.model_validate_json(found.transcript) if found.transcript else None,
        evaluation=Evaluation.model_validate_json(found.evaluation) if found.evaluation else None,
        metadata=analysis.details,
        error=ErrorDocument.model_validate(analysis.error) if analysis.error else None,
        processing=ProcessingDocument.model_validate(analysis.processing),
    )


def call_document(analysis: Analysis, links: RecordingLinks) -> CallDocument:
    """What is known of the call itself."""
    return CallDocument(
        status=analysis.status,  # pyright: ignore[reportArgumentType] - the table checks the same words
        duration_seconds=analysis.duration_seconds,
        agent_id=_text(analysis.agent_id),
        queue_id=_text(analysis.queue_id),
        recording_url=links.url(analysis.org_id, analysis.id) if analysis.recording_id else None,
        playback_url=_playback_url(analysis, links),
        channels=analysis.channels,
        sample_rate=analysis.sample_rate,
        metrics=TalkMetrics.model_validate(analysis.metrics) if analysis.metrics else None,
        marks=None if analysis.marks is None else [Mark.model_validate(one) for one in analysis.marks],
        project_id=_text(analysis.project_id),
        engagement_id=_text(analysis.engagement_id),
        call_center_id=_text(analysis.call_center_id),
        contact_id=analysis.contact_id,
        called_at=clock.iso(analysis.called_at),
        ai_call=analysis.ai_call,
        medium=analysis.medium,  # pyright: ignore[reportArgumentType] - the table checks the same words
    )


def _text(value: uuid.UUID | None) -> str | None:
    return str(value) if value else None


def _playback_url(analysis: Analysis, links: RecordingLinks) -> str | None:
    is_there = analysis.playable and analysis.recording_id
    return links.playback_url(analysis.org_id, analysis.id) if is_there else None


def event(
    analysis: Analysis,
    kind: AnalysisEventType,
    *,
    transcript: Transcript | None = None,
    evaluation: Evaluation | None = None,
    links: RecordingLinks | None = None,
) -> AnalysisEvent:
    """A state transition as subscribers see it (acceptance CT-112, CT-115)."""
    url = links.url(analysis.org_id, analysis.id) if links and analysis.recording_id else None
    moment = analysis.created_at if kind == "analysis.created" else analysis.completed_at
    return AnalysisEvent(
        event=kind,
        occurred_at=clock.iso(moment or clock.now()),
        analysis_id=str(analysis.id),
        external_id=analysis.external_id,
        call=EventCall(
            status=analysis.status,
            duration_seconds=analysis.duration_seconds,
            recording_url=url,
            agent_id=_text(analysis.agent_id),
            queue_id=_text(analysis.queue_id),
        ),
        transcript=transcript,
        evaluation=evaluation,
        metadata=analysis.details,
        error=analysis.error,
    )
