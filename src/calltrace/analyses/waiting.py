"""Files that are sent before their analysis is asked for: opened, processed, tried again, evaluated again."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses import evaluation_queries, evaluations, lifecycle, queries, submit
from calltrace.analyses.errors import NothingToTryAgainError
from calltrace.analyses.models import Analysis, EvaluationRow, WaitingFile
from calltrace.analyses.submit import Intake, Submission
from calltrace.catalog import assignment
from calltrace.db import jobs
from calltrace.kit import clock
from calltrace.kit.errors import NotFoundError
from calltrace.recordings import uploads
from calltrace.recordings.uploads import Opened, Wanted

LIFETIME = timedelta(days=7)
"""How long a file waits for its analysis."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a file before it is sent; what it names was looked up in the same transaction."""

    file_name: str
    content_type: str | None = None
    language: str = "auto"
    external_id: str | None = None
    agent_id: uuid.UUID | None = None
    queue_id: uuid.UUID | None = None
    engagement_id: uuid.UUID | None = None
    call_center_id: uuid.UUID | None = None
    ai_call: bool = False
    called_at: datetime | None = None


async def open_file(
    intake: Intake, org_id: uuid.UUID, key_id: uuid.UUID | None, told: Told, file_id: uuid.UUID | None = None
) -> tuple[WaitingFile, Opened]:
    """Let a file be sent; it goes through this installation, never straight into the object store.

    Args:
        intake: what taking in needs.
        org_id: whose file it is.
        key_id: who asks.
        told: of the file.
        file_id: the id that it, and then its analysis, is to have.

    Raises:
        UnsupportedMediaError: by what the client says of the file.
    """
    wanted = Wanted(
        told.file_name, content_type=told.content_type, direct=False, lifetime=LIFETIME, again=True
    )
    opened = await uploads.open_upload(intake.uploads, org_id, key_id, wanted)
    async with intake.database.tenant(org_id) as session:
        row = WaitingFile(
            org_id=org_id, upload_id=opened.upload.id, file_name=told.file_name, language=told.language,
            external_id=told.external_id, agent_id=told.agent_id, queue_id=told.queue_id,
            engagement_id=told.engagement_id, call_center_id=told.call_center_id, ai_call=told.ai_call,
            called_at=told.called_at or clock.now_ms(), created_at=clock.now_ms(),
            **({"id": file_id} if file_id else {}),
        )  # fmt: skip
        session.add(row)
    return row, opened


@dataclass(frozen=True, slots=True)
class Wish:
    """Process a file: by a scorecard, in a language, again although it is done."""

    file_id: uuid.UUID
    mode: Mode = "live"
    scorecard_id: uuid.UUID | None = None
    language: str | None = None
    force: bool = False
    api_key_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of it: an evaluation, and whether it was there before."""

    evaluation_id: uuid.UUID
    status: str
    finished: bool = False
    begun: bool = False


async def ask(intake: Intake, org_id: uuid.UUID, wish: Wish) -> Asked:
    """Have a file analysed (``process``); a first analysis uses one of the month's quota up.

    Raises:
        QuotaExceededError, MinutesExhaustedError: those of this month are used up. Otherwise as in
            ``process``.
    """
    async with intake.database.tenant(org_id) as session:
        waits = await session.get(WaitingFile, wish.file_id) is not None
        known = await queries.call(session, wish.file_id, wish.mode)
        if not waits and (known is None or known.status != "failed"):
            return await process(session, org_id, wish)
    if not waits:
        async with (
            submit.of_the_minutes(intake, org_id, wish.mode),
            intake.database.tenant(org_id) as session,
        ):
            return await process(session, org_id, wish)
    async with submit.of_the_quota(intake, org_id, wish.mode) as use:
        async with intake.database.tenant(org_id) as session:
            asked = await process(session, org_id, wish)
        use.needless = not asked.begun  # of two who ask at once one begins
    return asked


async def process(session: AsyncSession, org_id: uuid.UUID, wish: Wish) -> Asked:
    """Have a file analysed, once however often it is asked for.

    What runs is left to run; what failed is tried again; what is done is only done again by ``force``,
    and then by an evaluation of its own without a new transcription.

    Raises:
        NotFoundError: there is no such file. InvalidRequestError: there is no such scorecard.
        UploadIncompleteError: it was not sent yet. NothingToTryAgainError: it failed, and is gone.
    """
    if wish.scorecard_id is not None:
        await assignment.asked_version(session, wish.scorecard_id)
    file = await session.get(WaitingFile, wish.file_id, with_for_update=True)
    if file is not None:
        return await _begin(session, org_id, file, wish)
    analysis = await queries.lock(session, wish.file_id, wish.mode)
    if analysis is None or analysis.medium != "voice":
        raise NotFoundError("There is no audio file with this id.")
    return await _go_on(session, org_id, analysis, wish)


async def _begin(session: AsyncSession, org_id: uuid.UUID, file: WaitingFile, wish: Wish) -> Asked:
    wanted = Submission(
        file_url=None, file_name=file.file_name, agent_id=file.agent_id, queue_id=file.queue_id,
        language=wish.language or file.language, external_id=file.external_id, idempotency_key=None,
        metadata={}, upload_id=file.upload_id, engagement_id=file.engagement_id,
        call_center_id=file.call_center_id, ai_call=file.ai_call, called_at=file.called_at,
        scorecard_id=wish.scorecard_id,
    )  # fmt: skip
    accepted = await submit.accept(
        session, org_id, wish.api_key_id, wanted, submit.Promised(file.id, file.created_at)
    )
    await session.delete(file)
    await session.flush()
    return Asked(accepted.analysis_id, "queued", begun=True)


async def _go_on(session: AsyncSession, org_id: uuid.UUID, analysis: Analysis, wish: Wish) -> Asked:
    newest = await evaluation_queries.newest_evaluation(session, analysis.id)
    if analysis.status in {"queued", "processing"}:
        return Asked(analysis.id, analysis.status)
    if newest is None or (analysis.status == "failed" and newest.status == "failed"):
        await _try_again(session, analysis, wish)
        return Asked(analysis.id, "queued")
    if newest.status == "queued":
        return Asked(newest.id, newest.status)
    if newest.status == "completed" and not wish.force:
        return Asked(newest.id, newest.status, finished=True)
    return await _evaluate_again(session, org_id, analysis, newest, wish)


async def _evaluate_again(
    session: AsyncSession, org_id: uuid.UUID, analysis: Analysis, newest: EvaluationRow, wish: Wish
) -> Asked:
    again = evaluations.Wish(analysis.id, wish.mode, wish.scorecard_id, wish.api_key_id)
    if wish.scorecard_id is None and newest.status == "failed":
        row = await evaluations.ask_for(
            session, org_id, analysis.id, newest.scorecard_version_id, wish.api_key_id
        )
    else:
        row = await evaluations.ask(session, org_id, again)
    return Asked(row.id, row.status)


async def _try_again(session: AsyncSession, analysis: Analysis, wish: Wish) -> None:
    """An analysis that failed starts anew, from whatever there still is of its recording."""
    lost = analysis.recording_id is None and analysis.upload_id is not None
    if lost and not await uploads.take_again(session, cast("uuid.UUID", analysis.upload_id)):
        raise NothingToTryAgainError("The file is not kept any more; send it again as a new audio file.")
    if wish.language:
        analysis.language = wish.language
    if wish.scorecard_id:
        analysis.scorecard_id = wish.scorecard_id
    await lifecycle.start_again(session, analysis)
    await jobs.enqueue(session, jobs.PROCESS, f"{analysis.org_id}/{analysis.id}")
