"""Correcting who is who in a call that was heard: new roles, new metrics, and one more evaluation.

Nothing is transcribed again. What is still to be evaluated with the old roles is superseded and asked for
anew, by the same scorecards: a result of roles that somebody called wrong must not come last.
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.models import Mode
from calltrace.analyses import evaluation_work, evaluations
from calltrace.analyses.document import ErrorDocument
from calltrace.analyses.evaluations import Wish
from calltrace.analyses.models import EvaluationRow, TranscriptRow
from calltrace.db.base import Json
from calltrace.speech import reassign
from calltrace.speech.marks import with_overlaps
from calltrace.speech.metrics import measure
from calltrace.speech.transcript import Mark, Role, Transcript

_SUPERSEDED = ErrorDocument(
    code="evaluation_superseded",
    message="The roles of the speakers were corrected before it was made; a newer one takes its place.",
    stage="evaluating",
    retryable=False,
)


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be changed: the roles of some speakers (by ``speakerId``), or, without any, both sides."""

    analysis_id: uuid.UUID
    mode: Mode
    speakers: Mapping[str, Role] | None
    api_key_id: uuid.UUID | None = None


async def correct(
    session: AsyncSession, org_id: uuid.UUID, actor: Actor, wanted: Correction
) -> EvaluationRow:
    """Give speakers other roles, and have the analysis evaluated again.

    Raises:
        NotFoundError: there is no such analysis.
        AnalysisNotCompletedError: it is still being processed, or failed before anything was heard.
        RolesUnknownError: both sides are to be swapped, and nobody is either.
        InvalidRequestError: a speaker that the transcript does not have.
    """
    analysis = await evaluations.heard_analysis(session, wanted.analysis_id, wanted.mode)
    row = await session.get_one(TranscriptRow, analysis.id)
    duration = analysis.measured_seconds
    # In a thread: a transcript of hours must not hold up other requests.
    found = await asyncio.to_thread(_corrected, row.document, analysis.marks, duration, wanted.speakers)
    row.document, analysis.marks, analysis.metrics = found.transcript, found.marks, found.metrics
    versions = await evaluation_work.supersede(session, analysis.id, _SUPERSEDED)
    await record(
        session, org_id, actor, Deed("analysis.roles_corrected", analysis.id, {"speakers": found.roles})
    )
    wish = Wish(analysis.id, wanted.mode, api_key_id=wanted.api_key_id)
    answer = await evaluations.ask(session, org_id, wish)
    for version_id in versions - {answer.scorecard_version_id}:
        await evaluations.ask_for(session, org_id, analysis.id, version_id, wanted.api_key_id)
    return answer


@dataclass(frozen=True, slots=True)
class _Corrected:
    transcript: Json
    marks: list[Json] | None
    metrics: Json | None
    roles: dict[str, Role]


def _corrected(
    document: Json, marks: Sequence[Json] | None, duration: float | None, speakers: Mapping[str, Role] | None
) -> _Corrected:
    """``duration`` is ``None`` for a text conversation: no time of it is measured."""
    transcript = Transcript.model_validate(document)
    changed = reassign.swapped(transcript) if speakers is None else reassign.assigned(transcript, speakers)
    known = None if marks is None else [Mark.model_validate(mark) for mark in marks]
    again = None if known is None else with_overlaps(known, changed)
    return _Corrected(
        changed.model_dump(mode="json"),
        None if again is None else [mark.model_dump(mode="json") for mark in again],
        None if duration is None else measure(changed, duration, again).model_dump(mode="json"),
        {segment.speaker_id: segment.speaker for segment in changed.segments},
    )
