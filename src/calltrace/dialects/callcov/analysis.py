"""``/analysis/``: submit, retrieve, list, register a webhook (CV-082 to CV-085, CV-100 to CV-112)."""

import uuid
from typing import Annotated, Any

from fastapi import Path, Request, Response
from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.errors import MinutesExhaustedError
from calltrace.analyses import queries as analyses
from calltrace.analyses.submit import Submission, submit
from calltrace.db.clock import database_now
from calltrace.dialects.callcov import intake, queries, reading, schemas, shown, wire
from calltrace.dialects.callcov.body import read_json
from calltrace.dialects.callcov.caller import Caller
from calltrace.dialects.callcov.door import REPLAYED, CallerDep, PlatformDep
from calltrace.dialects.callcov.errors import InvalidError, RefusedError, refused_field
from calltrace.dialects.callcov.intake import Submitted, Url, fingerprint
from calltrace.dialects.callcov.once import once, once_known
from calltrace.dialects.callcov.query import Query
from calltrace.dialects.callcov.routes import IDEMPOTENCY, Routes, query
from calltrace.kit.errors import CallTraceError, FileTooLargeError, UnsupportedMediaError
from calltrace.kit.ids import uuid7
from calltrace.kit.outbound.errors import UrlBlockedError, UrlNotHttpsError, UrlUnreachableError
from calltrace.pipeline.context import Platform
from calltrace.webhooks import queries as webhooks
from calltrace.webhooks import service
from calltrace.webhooks.single import Owner, endpoint_for, secret_of

routes = Routes("/analysis", "Analysis")
CONTRACT = "callcov"
MOST, DEFAULT = 1000, 100
STATUSES = ("processing", "completed", "failed")
_KINDS: dict[type[CallTraceError], str] = {
    UrlNotHttpsError: "url_not_https",
    UrlBlockedError: "url_blocked",
    UrlUnreachableError: "url_unreachable",
    FileTooLargeError: "file_too_large",
    UnsupportedMediaError: "unsupported_content_type",
}
AnalysisId = Annotated[str, Path(description="UUID of the analysis.")]


@routes.add(
    "POST", "/", schemas.Analysis, status=201, sends=intake.AnalysisCreate, form=intake.AnalysisUpload,
    parameters=[IDEMPOTENCY], errors=(400, 403),
)  # fmt: skip
async def submit_analysis(request: Request, platform: PlatformDep, caller: CallerDep) -> Response:
    """Submit a recording: by URL as JSON, or itself as a form."""
    caller.require_whole_view()
    wanted = await intake.read(request, platform, caller)

    async def work(name: str | None) -> Response:
        analysis_id = await _submitted_before(platform, caller, wanted, name)
        analysis_id = analysis_id or await _submitted(platform, caller, wanted, name)
        return await reading.one(platform, caller, str(analysis_id), 201)

    try:
        answer = await once_known(request, platform, caller, wanted.fingerprint, work)
    except BaseException:
        await intake.drop(platform, caller, wanted.upload_id)
        raise
    if REPLAYED in answer.headers:
        await intake.drop(platform, caller, wanted.upload_id)
    return answer


async def _submitted_before(
    platform: Platform, caller: Caller, wanted: Submitted, name: str | None
) -> uuid.UUID | None:
    """What a request of this name began, which ended before it was answered; the file came once more."""
    async with platform.database.tenant(caller.org_id) as session:
        known = await analyses.idempotency_key(session, caller.mode, name) if name else None
    if known is None:
        return None
    await intake.drop(platform, caller, wanted.upload_id)
    return known.analysis_id


async def _submitted(platform: Platform, caller: Caller, wanted: Submitted, name: str | None) -> uuid.UUID:
    described = wanted.described
    endpoint_id = None
    if described.webhook_url is not None:
        await _judge_webhook(platform, described.webhook_url)
        async with platform.database.tenant(caller.org_id) as session:
            endpoint_id = await endpoint_for(session, _owner(caller), described.webhook_url, platform.box)
    submission = Submission(
        file_url=wanted.audio_url, file_name=wanted.file_name, agent_id=None, queue_id=None,
        language=wanted.language, external_id=None, idempotency_key=name,
        metadata=described.metadata or {}, mode=caller.mode, upload_id=wanted.upload_id,
        contact_id=described.contact_id, agent_known_as=described.agent_id,
        webhook_endpoint_id=endpoint_id,
    )  # fmt: skip
    try:
        accepted = await submit(platform.intake, caller.org_id, caller.key_id, submission)
    except tuple(_KINDS) as error:
        raise _refused_url(error, "audio_url", wanted.audio_url) from error
    except MinutesExhaustedError as error:
        raise RefusedError(403, "Monthly minutes exhausted") from error
    return accepted.analysis_id


def _refused_url(error: CallTraceError, field: str, url: str | None) -> InvalidError:
    kind = next(name for known, name in _KINDS.items() if isinstance(error, known))
    return refused_field(("body", field), kind, error.detail, url)


async def _judge_webhook(platform: Platform, url: str) -> None:
    """What may be called; whether anybody answers there is not asked."""
    try:
        await platform.client.check(url)
    except (UrlNotHttpsError, UrlBlockedError) as error:
        raise _refused_url(error, "webhook_url", url) from error


def _owner(caller: Caller) -> Owner:
    return Owner(caller.org_id, CONTRACT, caller.mode)


@routes.add("GET", "/{analysis_id}", schemas.Analysis, errors=(404,))
async def get_analysis(analysis_id: AnalysisId, platform: PlatformDep, caller: CallerDep) -> Response:
    """Retrieve one analysis."""
    return await reading.one(platform, caller, analysis_id)


_LIST_PARAMETERS = (
    query("status_filter", "Only those with this status.", type="string", enum=list(STATUSES)),
    query("agent_id", "Only those of this agent.", type="string"),
    query("contact_id", "Only those of this contact.", type="string"),
    query("search", "In agent_id or contact_id, whatever the case of letters.", type="string"),
    query("limit", "How many at most.", type="integer", minimum=1, maximum=MOST, default=DEFAULT),
    query("offset", "How many to leave out.", type="integer", minimum=0, default=0),
    query("skip", "The same as offset, which goes first.", type="integer", minimum=0),
)


@routes.add("GET", "/", schemas.AnalysisList, parameters=_LIST_PARAMETERS)
async def list_analyses(request: Request, platform: PlatformDep, caller: CallerDep) -> Response:
    """List analyses, newest first. Free: it is no usage."""
    asked = Query(request.query_params)
    wanted = queries.Wanted(
        caller.mode, status=asked.choice("status_filter", STATUSES), agent_id=asked.text("agent_id"),
        contact_id=asked.text("contact_id"), search=asked.text("search"), agents=caller.agents,
    )  # fmt: skip
    limit = asked.integer(["limit"], DEFAULT, 1, MOST)
    offset = asked.integer(["offset", "skip"], 0, 0)
    asked.check()
    return await reading.many(platform, caller, wanted, offset, limit)


class WebhookCreate(BaseModel):
    """``POST /analysis/{id}/webhook``; ``url`` is another name for the same."""

    model_config = ConfigDict(extra="ignore", strict=True)

    webhook_url: Url = Field(validation_alias=AliasChoices("webhook_url", "url"))


@routes.add(
    "POST", "/{analysis_id}/webhook", schemas.Webhook, status=201, sends=WebhookCreate,
    parameters=[IDEMPOTENCY], errors=(400, 404),
)  # fmt: skip
async def register_webhook(
    request: Request, analysis_id: AnalysisId, platform: PlatformDep, caller: CallerDep
) -> Response:
    """Register a URL that is told once when the analysis is final; at once if it is already."""
    wanted = await read_json(request, WebhookCreate)
    async with platform.database.tenant(caller.org_id) as session:
        await reading.find(session, caller, analysis_id)
    await _judge_webhook(platform, wanted.webhook_url)

    async def work() -> Response:
        return reading.json_answer(await _registered(platform, caller, analysis_id, wanted.webhook_url), 201)

    return await once(request, platform, caller, fingerprint(wanted.model_dump(mode="json")), work)


async def _registered(platform: Platform, caller: Caller, analysis_id: str, url: str) -> dict[str, Any]:
    async with platform.database.tenant(caller.org_id) as session:
        endpoint_id = await endpoint_for(session, _owner(caller), url, platform.box)
        row = await analyses.lock(session, uuid.UUID(analysis_id), caller.mode)
        if row is None:  # erased meanwhile
            raise RefusedError(404, "Analysis not found")
        row.webhook_endpoint_id = endpoint_id
        await session.flush()
        if row.status in wire.ENDS:
            await _tell(session, platform, caller, endpoint_id, analysis_id)
        secret = await secret_of(session, _owner(caller), platform.box) if caller.administers else None
        return {
            "id": str(uuid7()), "object": "webhook", "created": shown.created(await database_now(session)),
            "livemode": caller.livemode, "analysis_id": str(row.id), "webhook_url": url,
            "events": list(wire.EVENTS), "secret": secret,
        }  # fmt: skip


async def _tell(
    session: AsyncSession, platform: Platform, caller: Caller, endpoint_id: uuid.UUID, analysis_id: str
) -> None:
    found = await reading.find(session, caller, analysis_id)
    showing = reading.Showing(shown.signed(platform.links), await reading.scorecards_of(session, [found]))
    told = wire.message(wire.ENDS[found.analysis.status], found, showing)
    for endpoint in await webhooks.single(session, endpoint_id):
        await service.send(session, endpoint, told, found.analysis.id)
