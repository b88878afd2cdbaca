"""Taking an analysis in: judge the request, probe the source, write the row and its job together."""

import hashlib
import json
import uuid
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, inspect
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.models import Mode, Organisation, Plan
from calltrace.accounts.plans import Terms
from calltrace.accounts.quotas import Quotas, quota_of
from calltrace.analyses import queries, read
from calltrace.analyses.errors import IdempotencyInProgressError, IdempotencyKeyReusedError
from calltrace.analyses.minutes import Minutes, allowance_of
from calltrace.analyses.models import Analysis, IdempotencyKey
from calltrace.catalog import queries as catalog
from calltrace.catalog.known import agent_known_as
from calltrace.catalog.service import REFERENCES, unknown
from calltrace.conversations import voice_calls
from calltrace.db import jobs
from calltrace.db.conflicts import broken_constraint
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.ids import uuid7
from calltrace.kit.outbound import OutboundClient
from calltrace.recordings import fetch, uploads
from calltrace.webhooks import service as webhooks

METADATA_BYTES, METADATA_DEPTH = 16 * 1024, 5
"""Of what a caller adds, as JSON."""
_LATER_FIELDS = (
    "upload_id", "agent_channels", "project_id", "engagement_id", "call_center_id", "contact_id", "ai_call",
    "called_at", "agent_known_as", "webhook_endpoint_id", "scorecard_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Submission:
    """A request for one analysis, already judged field by field; from a URL or from an upload.

    ``agent_known_as`` names an agent by the caller's own text, in place of ``agent_id``; a new one is made.
    """

    file_url: str | None
    file_name: str | None
    agent_id: uuid.UUID | None
    queue_id: uuid.UUID | None
    language: str
    external_id: str | None
    idempotency_key: str | None
    metadata: dict[str, Any]
    mode: Mode = "live"
    upload_id: uuid.UUID | None = None
    agent_channels: str | None = None
    project_id: uuid.UUID | None = None
    engagement_id: uuid.UUID | None = None
    call_center_id: uuid.UUID | None = None
    contact_id: str | None = None
    ai_call: bool | None = None
    called_at: datetime | None = None
    agent_known_as: str | None = None
    webhook_endpoint_id: uuid.UUID | None = None
    scorecard_id: uuid.UUID | None = None

    @property
    def references(self) -> dict[str, uuid.UUID]:
        """The rows of the catalogue that it names, by column."""
        return {name: getattr(self, name) for name in REFERENCES if getattr(self, name)}

    def fingerprint(self) -> str:
        """SHA-256 of everything but the key: the same payload gives the same text."""
        content = {name: value for name, value in asdict(self).items() if name != "idempotency_key"}
        for name in _LATER_FIELDS:  # as keys of earlier versions were stored
            if content[name] is None:
                del content[name]
        del content["mode"]  # keys of the two modes do not meet
        canonical = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to a submission; ``replayed`` when it is the first answer given again."""

    analysis_id: uuid.UUID
    external_id: str | None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Promised:
    """What an analysis will be known by, and since when."""

    analysis_id: uuid.UUID
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Intake:
    """What taking in needs from the outside."""

    database: Database
    client: OutboundClient
    limits: fetch.FetchLimits
    uploads: uploads.Uploads
    probe: bool
    quotas: Quotas | None = None
    minutes: Minutes | None = None
    plans: Mapping[Plan, Terms] = field(default_factory=dict[Plan, Terms])


async def submit(intake: Intake, org_id: uuid.UUID, key_id: uuid.UUID | None, wanted: Submission) -> Accepted:
    """Accept one analysis, or answer again what was accepted before under the same key.

    A refused request burns no key: the key is written together with the analysis.

    Raises:
        IdempotencyKeyReusedError: the key belongs to another payload.
        InvalidRequestError: an agent or a queue that the organisation does not have.
        QuotaExceededError, MinutesExhaustedError: the analyses, or minutes, of this month are used up.
        CallTraceError: the source is refused by the outbound guard or the probe (status 422), or the upload
            is used, expired or not complete (409).
    """
    if earlier := await _look_up(intake, org_id, wanted):
        return earlier
    await check_source(intake, org_id, wanted)
    try:
        async with of_the_quota(intake, org_id, wanted.mode), intake.database.tenant(org_id) as session:
            return await accept(session, org_id, key_id, wanted)
    except IntegrityError as error:
        _refuse_what_is_gone(error)
        raise
    except _LostRaceError:
        async with intake.database.tenant(org_id) as session:
            return await _won_by_another(session, wanted)


async def check_before(intake: Intake, org_id: uuid.UUID, wanted: Submission) -> None:
    """Whether it would be taken in now, asked before its file is sent. Nothing is used up.

    Raises:
        InvalidRequestError, QuotaExceededError, MinutesExhaustedError: as ``submit``.
    """
    async with intake.database.tenant(org_id) as session:
        await _check_catalog(session, wanted)
    async with of_the_quota(intake, org_id, wanted.mode) as use:
        use.needless = True


@dataclass(slots=True)
class Use:
    """One analysis of a month's quota; ``needless`` once it turns out that none was begun."""

    needless: bool = False


@asynccontextmanager
async def of_the_quota(
    intake: Intake, org_id: uuid.UUID, mode: Mode, *, spoken: bool = True
) -> AsyncGenerator[Use]:
    """Use one analysis of the month's quota up, unless nothing comes of it. Test calls cost nothing.

    Args:
        intake: what taking in needs.
        org_id: whose.
        mode: whether it counts.
        spoken: whether it is audio, and so of the month's minutes, too.

    Raises:
        QuotaExceededError, MinutesExhaustedError: they are used up.
    """
    use = Use()
    organisation = await _counted(intake, org_id, mode)
    if organisation is None:
        yield use
        return
    quota = quota_of(organisation, intake.plans, "analyses")
    async with _of_the_minutes(intake, organisation if spoken else None):
        if intake.quotas is None or quota is None:
            yield use
            return
        await intake.quotas.use(intake.database, quota)
        begun = False
        try:
            yield use
            begun = not use.needless
        finally:
            if not begun:
                await intake.quotas.give_back(intake.database, quota)


@asynccontextmanager
async def of_the_minutes(intake: Intake, org_id: uuid.UUID, mode: Mode) -> AsyncGenerator[None]:
    """Hear something once more that was counted as an analysis before.

    Raises:
        MinutesExhaustedError: the month's minutes are used up.
    """
    async with _of_the_minutes(intake, await _counted(intake, org_id, mode)):
        yield


async def _counted(intake: Intake, org_id: uuid.UUID, mode: Mode) -> Organisation | None:
    """Whose quotas count, if any do."""
    if mode != "live" or (intake.quotas is None and intake.minutes is None):
        return None
    async with intake.database.tenant(org_id) as session:
        return await accounts.organisation(session, org_id)


def _of_the_minutes(intake: Intake, organisation: Organisation | None) -> AbstractAsyncContextManager[None]:
    allowance = allowance_of(organisation, intake.plans) if organisation else None
    if intake.minutes is None or allowance is None:
        return nullcontext()
    return intake.minutes.hold(intake.database, allowance)


async def _look_up(intake: Intake, org_id: uuid.UUID, wanted: Submission) -> Accepted | None:
    """What was answered before; and whether what the request names is there."""
    if not (wanted.idempotency_key or wanted.references):
        return None
    async with intake.database.tenant(org_id) as session:
        earlier = await _earlier(session, wanted)
        if earlier is None:
            await _check_catalog(session, wanted)
        return earlier


class _LostRaceError(Exception):
    """Another request with the same key was committed first; ours is rolled back."""


async def _earlier(session: AsyncSession, wanted: Submission) -> Accepted | None:
    if wanted.idempotency_key is None:
        return None
    known = await queries.idempotency_key(session, wanted.mode, wanted.idempotency_key)
    if known is None:
        return None
    if known.request_hash != wanted.fingerprint():
        raise IdempotencyKeyReusedError("Use a new idempotencyKey for a new payload.")
    return Accepted(known.analysis_id, wanted.external_id, replayed=True)


async def _check_catalog(session: AsyncSession, wanted: Submission) -> None:
    for column, row_id in wanted.references.items():
        field, model = REFERENCES[column]
        if not await catalog.has(session, model, row_id):
            raise unknown(field)


def _refuse_what_is_gone(error: IntegrityError) -> None:
    """An agent or a queue that was deleted since it was looked up is as unknown as any other."""
    column = (broken_constraint(error) or "").removeprefix("fk_analyses_")
    if column in REFERENCES:
        raise unknown(REFERENCES[column][0]) from error


async def check_source(intake: Intake, org_id: uuid.UUID, wanted: Submission) -> None:
    """Refuse at once what is certain; everything is checked again when it is fetched (decision CTX-1)."""
    if wanted.upload_id is not None:
        await uploads.judge(intake.uploads, org_id, wanted.upload_id, wanted.mode)
    elif intake.probe:
        await fetch.probe(intake.client, wanted.file_url or "", intake.limits)
    else:
        await intake.client.check(wanted.file_url or "")


async def accept(
    session: AsyncSession,
    org_id: uuid.UUID,
    key_id: uuid.UUID | None,
    wanted: Submission,
    promised: Promised | None = None,
) -> Accepted:
    """Write an analysis down with its job and its event, in a transaction of the caller.

    Args:
        session: of the organisation; what the request names was looked up already.
        org_id: which one.
        key_id: who asks.
        wanted: already judged.
        promised: what was said of it before, if anything was.

    Raises:
        InvalidRequestError, UploadUsedError, UploadExpiredError, UploadIncompleteError: of its upload.
    """
    analysis = _row(org_id, key_id, wanted, promised or Promised(uuid7(), clock.now_ms()))
    if wanted.agent_known_as is not None:
        analysis.agent_id = await agent_known_as(session, org_id, wanted.agent_known_as)
    if analysis.call_center_id is None and (wanted.queue_id or analysis.agent_id):
        analysis.call_center_id = await catalog.call_center_of(session, wanted.queue_id, analysis.agent_id)
    await _take_key(session, analysis, wanted)  # first: a retry at the same time waits, and is answered again
    if wanted.upload_id is not None:
        upload = await uploads.take(session, wanted.upload_id, wanted.mode)
        analysis.file_name = wanted.file_name or upload.file_name
    await session.execute(_INSERT, _values(analysis))
    if analysis.ai_call:
        await voice_calls.note(session, _heard(analysis))
    await jobs.enqueue(session, jobs.PROCESS, f"{org_id}/{analysis.id}")
    await webhooks.publish(
        session, org_id, wanted.mode, read.event(analysis, "analysis.created"), analysis.id
    )
    return Accepted(analysis.id, analysis.external_id)


def _heard(analysis: Analysis) -> voice_calls.Heard:
    return voice_calls.Heard(
        analysis.id, analysis.org_id, analysis.mode, analysis.queue_id, analysis.agent_id,
        analysis.engagement_id, analysis.external_id, analysis.called_at, analysis.created_at,
    )  # fmt: skip


_COLUMNS = [(attribute.key, attribute.columns[0].name) for attribute in inspect(Analysis).column_attrs]
_INSERT = insert(cast("Table", Analysis.__table__))
"""Built once, and past the unit of work: the row is written in one statement and not read again."""


def _values(analysis: Analysis) -> dict[str, Any]:
    """What is set on a new row, by column; the rest is the table's default."""
    given = analysis.__dict__
    return {column: given[name] for name, column in _COLUMNS if name in given}


def _row(org_id: uuid.UUID, key_id: uuid.UUID | None, wanted: Submission, promised: Promised) -> Analysis:
    return Analysis(
        id=promised.analysis_id, org_id=org_id, api_key_id=key_id, file_url=wanted.file_url,
        file_name=wanted.file_name, agent_id=wanted.agent_id, queue_id=wanted.queue_id,
        language=wanted.language, external_id=wanted.external_id, details=wanted.metadata, status="queued",
        created_at=promised.created_at,
        mode=wanted.mode, upload_id=wanted.upload_id, agent_channels=wanted.agent_channels,
        project_id=wanted.project_id, engagement_id=wanted.engagement_id,
        call_center_id=wanted.call_center_id, contact_id=wanted.contact_id, ai_call=bool(wanted.ai_call),
        called_at=wanted.called_at or promised.created_at, webhook_endpoint_id=wanted.webhook_endpoint_id,
        scorecard_id=wanted.scorecard_id,
    )  # fmt: skip


async def _take_key(session: AsyncSession, analysis: Analysis, wanted: Submission) -> None:
    """Bind the key to the analysis. Requests at the same time wait here for the first to commit."""
    if wanted.idempotency_key is None:
        return
    values = {
        "id": uuid7(), "org_id": analysis.org_id, "mode": wanted.mode, "key": wanted.idempotency_key,
        "request_hash": wanted.fingerprint(), "analysis_id": analysis.id,
    }  # fmt: skip
    statement = insert(IdempotencyKey).values(values).on_conflict_do_nothing().returning(IdempotencyKey.id)
    if await session.scalar(statement) is None:
        raise _LostRaceError


async def _won_by_another(session: AsyncSession, wanted: Submission) -> Accepted:
    earlier = await _earlier(session, wanted)
    if earlier is None:  # the winner was erased between our two transactions
        raise IdempotencyInProgressError("Try again in a moment.")
    return earlier
