"""``/voice-calls`` (acceptance AU-090 to AU-093): calls that a voice bot took."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses import threads
from calltrace.analyses.models import Analysis
from calltrace.analyses.threads import Turn
from calltrace.conversations import surveys
from calltrace.conversations.models import Conversation, Survey, VoiceCall
from calltrace.dialects.auralytik import file_queries, links
from calltrace.dialects.auralytik.answers import AnswersDep, Many, One, Page
from calltrace.dialects.auralytik.deps import Id, PlatformDep, VoiceReader
from calltrace.dialects.auralytik.documents.conversations import (
    Answer,
    RecordingLink,
    SurveyOut,
    VoiceCallOut,
    VoiceTurn,
)
from calltrace.dialects.auralytik.engagements import total_of
from calltrace.dialects.auralytik.filters import CampaignFilter, PeriodDep
from calltrace.dialects.auralytik.forms import iso, named, path_id, when, whole, written
from calltrace.kit.errors import NotFoundError

router = APIRouter(prefix="/voice-calls", tags=["Voice Calls"])
State = Literal["Completed", "Busy", "NoAnswer", "Failed"]
Pair = tuple[Conversation, VoiceCall]


@router.get("")
async def list_voice_calls(  # noqa: PLR0917 - parameters of a list, none is passed by position
    caller: VoiceReader,
    platform: PlatformDep,
    answers: AnswersDep,
    part: Page,
    period: PeriodDep,
    campaign_id: CampaignFilter,
    state: Annotated[State | None, Query()] = None,
    direction: Annotated[Literal["Inbound", "Outbound"] | None, Query()] = None,
) -> Many[VoiceCallOut]:
    """List voice calls; dates are those of their beginning."""
    query = _every()
    equal = {
        Conversation.queue_id: campaign_id, VoiceCall.state: state, VoiceCall.direction: direction,
    }  # fmt: skip
    for column, value in equal.items():
        query = query if value is None else query.where(column == value)
    query = query if period.start is None else query.where(Conversation.started_at >= period.start)
    query = query if period.end is None else query.where(Conversation.started_at < period.end)
    async with platform.database.tenant(caller.principal.org_id) as session:
        total = await total_of(session, query.with_only_columns(Conversation.id))
        cut = query.order_by(Conversation.created_at.desc(), Conversation.id.desc())
        rows = [(row[0], row[1]) for row in await session.execute(cut.offset(part.offset).limit(part.size))]
        return answers.many(await _listed(session, rows), part, total)


@router.get("/{id}")
async def get_voice_call(
    caller: VoiceReader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[VoiceCallOut]:
    """Get voice call by ID, with its turns and what the customer said of it."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        pair = await _find(session, thing)
        shown = (await _listed(session, [pair]))[0]
        turns, _total = await threads.messages(session, pair[0])
        survey = await surveys.of_conversation(session, pair[0])
        begun = pair[0].started_at
        full = {"transcript": [_turn(one, begun) for one in turns], "epa_results": _survey(pair[0], survey)}
        return answers.one(shown.model_copy(update=full))


@router.get("/{id}/recording-url")
async def get_recording_url(
    caller: VoiceReader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[RecordingLink]:
    """Get recording URL, good for 15 minutes."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        row, _call = await _find(session, thing)
        found = await file_queries.find(session, row.analysis_id or row.id)
        if found is None:
            raise NotFoundError("The call has no recording.")
        await links.readable_size(session, found)
    link = links.download(platform, caller.principal.org_id, found.row.id)
    return answers.one(RecordingLink(url=link.url, expires_at=iso(link.expires_at)))


@router.get("/{id}/epa-results")
async def get_epa_results(
    caller: VoiceReader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[SurveyOut]:
    """Get EPA analysis results: what the customer answered in the survey after the call."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        row, _call = await _find(session, thing)
        return answers.one(_survey(row, await surveys.of_conversation(session, row)))


def _every():  # noqa: ANN202 - a query of pairs
    query = select(Conversation, VoiceCall).join(VoiceCall, VoiceCall.id == Conversation.id)
    return query.where(Conversation.mode == "live")


async def _find(session: AsyncSession, text: str) -> Pair:
    row = (await session.execute(_every().where(Conversation.id == path_id("vc", text)))).first()
    if row is None:
        raise NotFoundError("There is no voice call with this id.")
    return row[0], row[1]


async def _listed(session: AsyncSession, rows: Sequence[Pair]) -> list[VoiceCallOut]:
    recordings = await threads.analyses_of(session, [row for row, _call in rows])
    return [_shown(row, call, recordings.get(row.id)) for row, call in rows]


def _shown(row: Conversation, call: VoiceCall, analysis: Analysis | None) -> VoiceCallOut:
    """What is told of a call, and where nothing is, what its recording says."""
    told = threads.heard_of(row, call, analysis)
    return VoiceCallOut(
        id=named("vc", row.id),
        campaign_id=written("camp", row.queue_id),
        direction=call.direction,
        state=call.state,
        start_time=iso(row.started_at),
        end_time=when(told.ended_at),
        duration_seconds=whole(told.duration_seconds),
        talk_time_seconds=whole(told.talk_time_seconds),
        outcome=call.outcome,
        transcript=None,
        epa_results=None,
        created_at=iso(row.created_at),
    )


def _turn(one: Turn, begun: datetime) -> VoiceTurn:
    seconds = max(0, int((one.sent_at - begun).total_seconds()))
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return VoiceTurn(role=one.role, text=one.content, timestamp=clock)


def _survey(row: Conversation, survey: Survey | None) -> SurveyOut:
    known = {"voice_call_id": named("vc", row.id)}
    if survey is None:
        return SurveyOut(
            **known, state="NotStarted", completion_reason=None, total_questions=0, questions_answered=0,
            calculated_score=None, responses=[],
        )  # fmt: skip
    return SurveyOut(
        **known,
        state=survey.state,
        completion_reason=survey.completion_reason,
        total_questions=survey.total_questions,
        questions_answered=survey.questions_answered,
        calculated_score=survey.calculated_score,
        responses=[Answer(**one) for one in survey.responses],
    )
