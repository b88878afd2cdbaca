"""Voice calls as other systems tell of them: taken in with or without a recording, changed.

A recording is analysed under the id of its call, like any other.
"""

import uuid
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses import submit
from calltrace.analyses.models import Analysis, WaitingFile
from calltrace.analyses.submit import Intake, Promised, Submission
from calltrace.analyses.telling import Source, Told, keepable, locked, note, put, quota, relabel
from calltrace.catalog.service import check_references
from calltrace.conversations import rows, service
from calltrace.conversations.events import VoiceCallCompleted
from calltrace.conversations.models import Conversation, VoiceCall
from calltrace.conversations.service import Identity
from calltrace.kit.errors import NotFoundError
from calltrace.webhooks import service as webhooks


async def receive(
    intake: Intake, source: Source, told: Told, recording: Submission | None
) -> tuple[Conversation, VoiceCall, bool]:
    """Take a voice call in, with its recording if there is one; answers whether it is new.

    A recording is analysed under the id of the call; one that comes again for the same call is left alone.

    Raises:
        InvalidRequestError: naming a label that the organisation does not have.
        QuotaExceededError, MinutesExhaustedError: it has a recording, and those of this month are used up.
        CallTraceError: the source of the recording is refused.
    """
    async with intake.database.tenant(source.org_id) as session:
        known = await rows.known_as(session, source.mode, "voice", told.external_id)
        taken = known is not None and await _has_recording(session, known.id)
        await check_references(session, told.values)
    wanted = None if taken else recording
    told = await keepable(intake, source.org_id, told)
    if wanted is not None:
        await submit.check_source(intake, source.org_id, wanted)
    heard = wanted is not None
    async with quota(intake, source, needed=heard, spoken=True) as use, locked(intake, source) as session:
        row, call, new = await put_call(session, source.org_id, told, source.mode)
        if wanted is not None and await _has_recording(session, row.id):
            use.needless, wanted = True, None  # of two that come at once, one is first
        if wanted is not None:
            await _take_recording(session, source, row, wanted)
        elif new:
            await tell(session, row, call)
        await note(session, source, row, "created" if new else "updated", told)
    return row, call, new


async def put_call(
    session: AsyncSession, org_id: uuid.UUID, told: Told, mode: Mode = "live"
) -> tuple[Conversation, VoiceCall, bool]:
    """Put a voice call in place, in a transaction that holds the organisation; of turns that may be kept."""
    await check_references(session, told.values)
    row, _new = await service.put(session, Identity(org_id, "voice", told.external_id, mode), told.values)
    call, new = await _settle(session, row, told)
    return row, call, new


async def change(
    intake: Intake, source: Source, call_id: uuid.UUID, told: Told
) -> tuple[Conversation, VoiceCall]:
    """Change a voice call: columns that are given, and its turns as a whole, if they are.

    Raises:
        NotFoundError: there is none. InvalidRequestError: naming a label.
    """
    told = await keepable(intake, source.org_id, told)
    async with locked(intake, source) as session:
        row, _call = await find(session, call_id, source.mode, lock=True)
        await put(session, row, told)
        call, _new = await _settle(session, row, told)
        await note(session, source, row, "updated", told)
    return row, call


async def find(session: AsyncSession, call_id: uuid.UUID, mode: Mode, *, lock: bool = False) -> rows.Pair:
    """One voice call.

    Raises:
        NotFoundError: there is none, or it is another organisation's or mode's.
    """
    found = await rows.find_voice(session, call_id, mode, lock=lock)
    if found is None:
        raise NotFoundError("There is no voice call with this id.")
    return found


async def _settle(session: AsyncSession, row: Conversation, told: Told) -> tuple[VoiceCall, bool]:
    if told.said is not None:
        await service.put_messages(session, row, told.said)
    await relabel(session, row, told)
    return await service.put_voice_call(session, row, told.call or {})


async def tell(session: AsyncSession, row: Conversation, call: VoiceCall) -> None:
    """A call of which there is no recording is over as soon as it is told of."""
    if call.state == "Completed":
        event = VoiceCallCompleted(row.id, row.queue_id, call.state, call.outcome)
        await webhooks.publish(session, row.org_id, row.mode, event, None)


async def _has_recording(session: AsyncSession, call_id: uuid.UUID) -> bool:
    return bool(await session.get(Analysis, call_id) or await session.get(WaitingFile, call_id))


async def _take_recording(
    session: AsyncSession, source: Source, row: Conversation, wanted: Submission
) -> None:
    filed = replace(
        wanted, queue_id=row.queue_id, agent_id=row.agent_id, engagement_id=row.engagement_id, ai_call=True,
        called_at=row.started_at, external_id=row.external_id, mode=source.mode,
    )  # fmt: skip
    promised = Promised(row.id, row.created_at)
    await submit.accept(session, source.org_id, source.key_id, filed, promised)
    await session.refresh(row)
