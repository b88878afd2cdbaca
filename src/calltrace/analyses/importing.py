"""Taking over what another system knows: call centres, campaigns, people, work, chats, calls, by its ids.

Everything is put in place by ``externalId``, so the same file again changes nothing, and a later one changes
what it names. The order is that of what refers to what.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.audit import OPERATOR, Actor
from calltrace.analyses import chats, conversations, surveys, voice_calls, waiting
from calltrace.analyses.models import Analysis, WaitingFile
from calltrace.analyses.submit import Intake
from calltrace.analyses.survey_fields import Count, Score
from calltrace.analyses.surveys import About, Answered
from calltrace.analyses.telling import Told
from calltrace.analyses.waiting import Wish
from calltrace.catalog import service
from calltrace.catalog.service import AGENTS, CALL_CENTERS, ENGAGEMENTS, QUEUES, Kind
from calltrace.conversations.models import Conversation
from calltrace.conversations.service import Said
from calltrace.kit.document import Document
from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.moments import of_a_call
from calltrace.kit.words import Words
from calltrace.recordings import upload_receive
from calltrace.recordings.upload_inlet import Sending

CallMoment = Annotated[AwareDatetime, AfterValidator(of_a_call)]
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=50_000)]
Seconds = Annotated[float, Field(ge=0)]
OffsetClock = Annotated[str, StringConstraints(pattern=r"^\d{1,3}:[0-5]\d:[0-5]\d$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
_PIECE = 1024 * 1024
Ids = dict[str, dict[str, uuid.UUID]]


class CenterEntry(Document):
    """A call centre."""

    external_id: ExternalId
    name: Name


class CampaignEntry(Document):
    """A campaign: a queue."""

    external_id: ExternalId
    name: Name
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    type: Annotated[str, StringConstraints(min_length=1, max_length=50)] | None = None
    status: Literal["active", "paused", "completed"] = "active"
    call_center: ExternalId | None = None
    start_date: date | None = None
    end_date: date | None = None


class ExecutiveEntry(Document):
    """An executive: an agent."""

    external_id: ExternalId
    name: Name
    call_center: ExternalId | None = None


class EngagementEntry(Document):
    """An engagement: a piece of work with a customer."""

    external_id: ExternalId
    name: Name
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    type: Annotated[str, StringConstraints(min_length=1, max_length=50)] = "general"
    status: Literal["active", "completed", "archived"] = "active"


class MessageEntry(Document):
    """A message of a chat."""

    role: Literal["customer", "agent", "bot"]
    content: Text
    timestamp: AwareDatetime


class ConversationEntry(Document):
    """A chat; ``language`` (ISO 639) where it is known."""

    external_id: ExternalId
    channel_id: ExternalId | None = None
    campaign: ExternalId | None = None
    executive: ExternalId | None = None
    engagement: ExternalId | None = None
    status: Literal["active", "completed"] = "completed"
    started_at: CallMoment
    ended_at: AwareDatetime | None = None
    messages: list[MessageEntry] = Field(default_factory=list[MessageEntry], max_length=10_000)
    language: Language = "und"


class TurnEntry(Document):
    """A turn of a voice call; ``timestamp`` (HH:MM:SS) counts from its beginning."""

    role: Literal["customer", "agent", "bot"]
    text: Text
    timestamp: OffsetClock


class AnswerEntry(Document):
    """One answer of a survey."""

    question: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    answer: Annotated[str, StringConstraints(max_length=5000)] | None = None
    score: Score | None = None


class SurveyEntry(Document):
    """What the customer answered after the call."""

    state: Literal["Completed", "Partial", "NotStarted"]
    completion_reason: Literal["AllAnswered", "HangUp", "Timeout"] | None = None
    total_questions: Count = 0
    questions_answered: Count = 0
    calculated_score: Score | None = None
    responses: list[AnswerEntry] = Field(default_factory=list[AnswerEntry], max_length=500)


class VoiceCallEntry(Document):
    """A call that a bot took; ``recordingFile`` is a path on this machine."""

    external_id: ExternalId
    campaign: ExternalId | None = None
    executive: ExternalId | None = None
    engagement: ExternalId | None = None
    direction: Literal["Inbound", "Outbound"] = "Inbound"
    state: Literal["Completed", "Busy", "NoAnswer", "Failed"] = "Completed"
    start_time: CallMoment
    end_time: AwareDatetime | None = None
    duration_seconds: Seconds | None = None
    talk_time_seconds: Seconds | None = None
    outcome: Annotated[str, StringConstraints(max_length=255)] | None = None
    recording_file: str | None = None
    transcript: list[TurnEntry] = Field(default_factory=list[TurnEntry], max_length=10_000)
    epa_results: SurveyEntry | None = None


class Import(Document):
    """A file; all lists are optional."""

    call_centers: list[CenterEntry] = Field(default_factory=list[CenterEntry])
    campaigns: list[CampaignEntry] = Field(default_factory=list[CampaignEntry])
    executives: list[ExecutiveEntry] = Field(default_factory=list[ExecutiveEntry])
    engagements: list[EngagementEntry] = Field(default_factory=list[EngagementEntry])
    conversations: list[ConversationEntry] = Field(default_factory=list[ConversationEntry])
    voice_calls: list[VoiceCallEntry] = Field(default_factory=list[VoiceCallEntry])


@dataclass(frozen=True, slots=True)
class Importer:
    """Puts a file in place for one organisation; each entry is a transaction of its own."""

    intake: Intake
    org_id: uuid.UUID
    actor: Actor = OPERATOR
    folder: Path = Path()

    async def run(self, content: Import) -> Ids:
        """Put everything in place; answers the ids by external ids.

        Raises:
            InvalidRequestError: naming the entry that names something unknown, or a file that cannot be read.
        """
        return {
            "callCenters": await self._each(content.call_centers, "callCenters", self._center),
            "campaigns": await self._each(content.campaigns, "campaigns", self._campaign),
            "executives": await self._each(content.executives, "executives", self._executive),
            "engagements": await self._each(content.engagements, "engagements", self._engagement),
            "conversations": await self._each(content.conversations, "conversations", self._conversation),
            "voiceCalls": await self._each(content.voice_calls, "voiceCalls", self._voice_call),
        }

    async def _each(
        self, entries: list[Any], where: str, put: Callable[[Any], Awaitable[uuid.UUID]]
    ) -> dict[str, uuid.UUID]:
        found = dict[str, uuid.UUID]()
        for number, entry in enumerate(entries):
            try:
                found[entry.external_id] = await put(entry)
            except InvalidRequestError as error:
                pointer = f"/{where}/{number}"
                raise InvalidRequestError(
                    Words(
                        "%(where)s[%(number)s]: %(detail)s", where=where, number=number, detail=error.detail
                    ),
                    errors=[FieldError(pointer, error.detail)],
                ) from error
        return found

    async def _center(self, entry: CenterEntry) -> uuid.UUID:
        return await self._named(CALL_CENTERS, entry.external_id, {"name": entry.name})

    async def _campaign(self, entry: CampaignEntry) -> uuid.UUID:
        values = {
            "name": entry.name, "description": entry.description or None, "kind": entry.type,
            "status": entry.status, "starts_on": entry.start_date, "ends_on": entry.end_date,
        }  # fmt: skip
        return await self._named(QUEUES, entry.external_id, values, entry.call_center)

    async def _executive(self, entry: ExecutiveEntry) -> uuid.UUID:
        return await self._named(AGENTS, entry.external_id, {"name": entry.name}, entry.call_center)

    async def _engagement(self, entry: EngagementEntry) -> uuid.UUID:
        values = {
            "name": entry.name, "description": entry.description or None, "kind": entry.type,
            "status": entry.status,
        }  # fmt: skip
        return await self._named(ENGAGEMENTS, entry.external_id, values)

    async def _named(
        self, kind: Kind[Any], external_id: str, values: Mapping[str, Any], center: str | None = None
    ) -> uuid.UUID:
        async with self._held() as session:
            wanted = dict(values)
            if kind in {QUEUES, AGENTS}:
                wanted["call_center_id"] = await _of(session, CALL_CENTERS, "callCenter", center)
            query = select(kind.model).where(kind.model.external_id == external_id)
            row = await session.scalar(query)
            if row is None:
                wanted["external_id"] = external_id
                return (await service.create(session, self.org_id, self.actor, kind, wanted)).id
            return (await service.change(session, self.actor, kind, row.id, wanted)).id

    async def _conversation(self, entry: ConversationEntry) -> uuid.UUID:
        said = await self._kept([Said(one.role, one.content, one.timestamp) for one in entry.messages])
        async with self._held() as session:
            values = {
                "channel_id": entry.channel_id, "status": entry.status, "started_at": entry.started_at,
                "ended_at": entry.ended_at, **await _filed(session, entry),
            }  # fmt: skip
            told = Told(entry.external_id, values, said, entry.language)
            row, _new, _begun = await conversations.put_chat(session, self.org_id, told)
            return row.id

    async def _voice_call(self, entry: VoiceCallEntry) -> uuid.UUID:
        recording = self._readable(entry.recording_file)
        said = await self._kept([_turn(one, entry.start_time) for one in entry.transcript])
        async with self._held() as session:
            values = {
                "status": "completed", "started_at": entry.start_time, "ended_at": entry.end_time,
                **await _filed(session, entry),
            }  # fmt: skip
            columns = {
                "direction": entry.direction, "state": entry.state, "outcome": entry.outcome,
                "duration_seconds": entry.duration_seconds, "talk_time_seconds": entry.talk_time_seconds,
            }  # fmt: skip
            told = Told(entry.external_id, values, said, call=columns)
            row, call, new = await voice_calls.put_call(session, self.org_id, told)
            if entry.epa_results is not None:
                await self._survey(session, entry.epa_results, row)
            if new and recording is None:
                await voice_calls.tell(session, row, call)
            known = await session.get(Analysis, row.id)
            if left := await session.get(WaitingFile, row.id):
                await session.delete(left)  # of a run that broke off before its recording was there
        if recording is not None and known is None:
            await self._take_in(row, recording)
        return row.id

    async def _kept(self, said: Sequence[Said]) -> list[Said]:
        return await chats.keepable(self.intake.database, self.org_id, said)

    async def _survey(self, session: AsyncSession, entry: SurveyEntry, row: Conversation) -> None:
        responses = [one.model_dump(by_alias=False) for one in entry.responses]
        told = Answered(
            About(conversation_id=row.id), state=entry.state, completion_reason=entry.completion_reason,
            total_questions=entry.total_questions, questions_answered=entry.questions_answered,
            score=entry.calculated_score, responses=responses,
        )  # fmt: skip
        await surveys.hold(session, self.org_id)
        await surveys.put(session, self.org_id, "live", [told])

    @asynccontextmanager
    async def _held(self) -> AsyncGenerator[AsyncSession]:
        async with self.intake.database.tenant(self.org_id) as session:
            await accounts.locked_organisation(session, self.org_id)
            yield session

    def _readable(self, name: str | None) -> Path | None:
        if name is None:
            return None
        path = self.folder / name
        if not path.is_file():
            raise InvalidRequestError(Words("recordingFile %(name)s is no file.", name=f"{name!r}"))
        return path

    async def _take_in(self, row: Conversation, path: Path) -> None:
        """The recording of a voice call has the call's id, and is processed like any other."""
        told = waiting.Told(
            path.name[-255:], agent_id=row.agent_id, queue_id=row.queue_id,
            engagement_id=row.engagement_id, ai_call=True, called_at=row.started_at,
        )  # fmt: skip
        _file, opened = await waiting.open_file(self.intake, self.org_id, None, told, row.id)
        size = await asyncio.to_thread(lambda: path.stat().st_size)
        await upload_receive.receive(
            self.intake.uploads, self.org_id, opened.upload.id, Sending(None, size, size), _pieces(path)
        )
        async with self.intake.database.tenant(self.org_id) as session:
            await waiting.process(session, self.org_id, Wish(row.id))


async def _filed(session: AsyncSession, entry: ConversationEntry | VoiceCallEntry) -> dict[str, Any]:
    """What a conversation is filed under."""
    return {
        "queue_id": await _of(session, QUEUES, "campaign", entry.campaign),
        "agent_id": await _of(session, AGENTS, "executive", entry.executive),
        "engagement_id": await _of(session, ENGAGEMENTS, "engagement", entry.engagement),
    }


async def _of(session: AsyncSession, kind: Kind[Any], field: str, external_id: str | None) -> Any:
    """The row that an entry names by its external id.

    Raises:
        InvalidRequestError: there is none.
    """
    if external_id is None:
        return None
    found = await session.scalar(select(kind.model.id).where(kind.model.external_id == external_id))
    if found is None:
        raise InvalidRequestError(
            Words(
                "%(field)s %(external_id)s names nothing that there is.",
                field=field,
                external_id=f"{external_id!r}",
            )
        )
    return found


async def _pieces(path: Path) -> AsyncGenerator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


def _turn(one: TurnEntry, begun: datetime) -> Said:
    hours, minutes, seconds = (int(part) for part in one.timestamp.split(":"))
    return Said(one.role, one.text, begun + timedelta(hours=hours, minutes=minutes, seconds=seconds))
