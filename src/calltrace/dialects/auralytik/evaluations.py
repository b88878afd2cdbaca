"""``/evaluations`` (acceptance AU-040 to AU-043)."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.dialects.auralytik import evaluation_queries as queries
from calltrace.dialects.auralytik.answers import AnswersDep, Many, One, Page
from calltrace.dialects.auralytik.deps import EvaluationReader, Id, PlatformDep
from calltrace.dialects.auralytik.documents.common import Fault
from calltrace.dialects.auralytik.documents.evaluations import Evaluation, Results
from calltrace.dialects.auralytik.evaluation_queries import Listed
from calltrace.dialects.auralytik.filters import EvaluationFilters, Sentiment, State
from calltrace.dialects.auralytik.forms import iso, named, path_id, when, whole, written
from calltrace.dialects.auralytik.results import results_of
from calltrace.dialects.auralytik.transcripts import TranscriptOut, transcript_of
from calltrace.kit.errors import NotFoundError

router = APIRouter(prefix="/evaluations", tags=["Evaluations"])


@router.get("")
async def list_evaluations(  # noqa: PLR0917 - parameters of a list, none is passed by position
    caller: EvaluationReader,
    platform: PlatformDep,
    answers: AnswersDep,
    which: EvaluationFilters,
    part: Page,
    state: Annotated[State | None, Query()] = None,
    sentiment: Annotated[Sentiment | None, Query()] = None,
) -> Many[Evaluation]:
    """List evaluations with filters; dates are those of the calls."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        found, total = await queries.page(session, which, state, sentiment, part.offset, part.size)
    return answers.many([shown(one) for one in found], part, total)


@router.get("/{id}")
async def get_evaluation(
    caller: EvaluationReader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[Evaluation]:
    """Get evaluation by ID, with its results."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        found = await find(session, thing)
        return answers.one(shown(found, await results_of(session, found)))


@router.get("/{id}/transcript")
async def get_transcript(
    caller: EvaluationReader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[TranscriptOut]:
    """Get transcript; without segments until something was heard."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        found = await find(session, thing)
        return answers.one(await transcript_of(session, found.analysis.id, found.id, found.state))


@router.get("/{id}/results")
async def get_results(
    caller: EvaluationReader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[Results]:
    """Get AI analysis results; nulls until the evaluation is completed."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        return answers.one(await results_of(session, await find(session, thing)))


async def find(session: AsyncSession, text: str) -> Listed:
    """One evaluation.

    Raises:
        NotFoundError: there is none.
    """
    found = await queries.find(session, path_id("eval", text))
    if found is None:
        raise NotFoundError("There is no evaluation with this id.")
    return found


def shown(found: Listed, says: Results | None = None) -> Evaluation:
    """An evaluation as it is listed, or with what it says."""
    analysis, row = found.analysis, found.row
    error = row.error if row and row.error else analysis.error if found.state == "Failed" else None
    return Evaluation(
        id=named("eval", found.id),
        audio_file_id=named("af", analysis.id),
        engagement_id=written("eng", analysis.engagement_id),
        engagement_name=found.engagement,
        audio_file_name=analysis.file_name,
        audio_date=iso(analysis.called_at),
        executive_id=written("exec", analysis.agent_id),
        executive_name=found.agent,
        call_center_id=written("cc", analysis.call_center_id),
        campaign_id=written("camp", analysis.queue_id),
        duration_in_seconds=whole(analysis.duration_seconds),
        state=found.state,
        sentiment=found.sentiment,
        average_note=row.score if row else None,
        is_ai_call=analysis.ai_call,
        results=says,
        error=Fault.of(error) if error else None,
        created_at=iso(found.created_at),
        completed_at=when(row.completed_at if row else analysis.completed_at),
    )
