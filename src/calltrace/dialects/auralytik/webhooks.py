"""``/webhooks`` (acceptance AU-110 to AU-115); snake_case inside, as the vendor's page prints them."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from calltrace.accounts.audit import Deed, record
from calltrace.dialects.auralytik import webhook_test
from calltrace.dialects.auralytik.answers import AnswersDep, Many, One, Page
from calltrace.dialects.auralytik.deps import Id, PlatformDep, WebhookManager, read_body
from calltrace.dialects.auralytik.documents.common import Deleted
from calltrace.dialects.auralytik.door import CONTRACT, Caller
from calltrace.dialects.auralytik.engagements import total_of
from calltrace.dialects.auralytik.forms import iso, named, path_id, when, wrong
from calltrace.dialects.auralytik.schemas import body_of
from calltrace.kit.errors import CallTraceError
from calltrace.kit.storable import Storable
from calltrace.pipeline.context import Platform
from calltrace.webhooks import endpoints
from calltrace.webhooks.endpoints import Desk, NewEndpoint
from calltrace.webhooks.errors import TooManyEndpointsError
from calltrace.webhooks.models import Attempt, Delivery, Endpoint

router = APIRouter(prefix="/webhooks", tags=["Webhooks"])
Url = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Events = Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(min_length=1, max_length=50)]
Description = Annotated[str, StringConstraints(max_length=255)]
_EVENT_ID = (8, len("evt_") + 32)
"""Where the id of the event stands in a body (``wire.message``), from 1, and how long it is."""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)


class NewWebhook(_Body):
    """``POST /webhooks``."""

    url: Url = Field(examples=["https://example.com/hook"])
    events: Events = Field(examples=[["evaluation.completed"]])
    description: Description | None = None
    active: bool = True


class WebhookChanges(_Body):
    """``PATCH /webhooks/{id}``: what is sent counts."""

    url: Url = ""
    events: Events = Field(default_factory=list)
    description: Description | None = None
    active: bool = True


class Webhook(BaseModel):
    """A subscription; never its secret."""

    id: str
    url: str
    events: list[str]
    description: str | None
    active: bool
    created_at: str
    updated_at: str


class WebhookWithSecret(Webhook):
    """A new subscription and what its deliveries are signed with, told this once."""

    signing_secret: str


class AttemptOut(BaseModel):
    """One HTTP try."""

    at: str
    response_code: int | None
    duration_ms: int
    error: str | None


class DeliveryOut(BaseModel):
    """One event for one subscription."""

    id: str
    event_id: str
    event: str
    status: str
    attempts: list[AttemptOut]
    next_attempt_at: str | None
    created_at: str
    delivered_at: str | None


class TestResult(BaseModel):
    """How the one attempt of a test went."""

    delivery_id: str
    event: str
    status: str
    response_code: int | None
    duration_ms: int
    error: str | None


@router.get("")
async def list_webhooks(
    caller: WebhookManager,
    platform: PlatformDep,
    answers: AnswersDep,
    part: Page,
) -> Many[Webhook]:
    """List webhook subscriptions."""
    query = select(Endpoint).where(Endpoint.contract == CONTRACT, Endpoint.deleted_at.is_(None))
    async with platform.database.tenant(caller.principal.org_id) as session:
        total = await total_of(session, query)
        cut = query.order_by(Endpoint.created_at.desc(), Endpoint.id.desc())
        rows = (await session.scalars(cut.offset(part.offset).limit(part.size))).all()
    return answers.many([Webhook(**_shown(row)) for row in rows], part, total)


@router.post("", status_code=201, openapi_extra=body_of(NewWebhook))
async def create_webhook(
    request: Request, caller: WebhookManager, platform: PlatformDep, answers: AnswersDep
) -> One[WebhookWithSecret]:
    """Create webhook subscription."""
    body = read_body(request, caller, NewWebhook)
    wanted = NewEndpoint(body.url, body.events, "live", body.description, CONTRACT)
    try:
        made, secret = await endpoints.create(_desk(platform), _manager(caller), wanted)
        if not body.active:
            made = await endpoints.change(_desk(platform), _manager(caller), made.id, {"disabled": True})
    except CallTraceError as error:
        raise _of_url(error) from error
    async with platform.database.tenant(caller.principal.org_id) as session:
        row = await session.get_one(Endpoint, made.id)
    return answers.one(WebhookWithSecret(**_shown(row), signing_secret=secret))


@router.patch("/{id}", openapi_extra=body_of(WebhookChanges))
async def update_webhook(
    request: Request, caller: WebhookManager, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[Webhook]:
    """Update webhook."""
    endpoint_id = path_id("wh", thing)
    async with platform.database.tenant(caller.principal.org_id) as session:
        await endpoints.find(session, endpoint_id, "live", CONTRACT)
    changes = read_body(request, caller, WebhookChanges).model_dump(exclude_unset=True)
    if not changes:
        raise wrong("body", "Send at least one of url, events, description and active.")
    if "active" in changes:
        changes["disabled"] = not changes.pop("active")
    try:
        row = await endpoints.change(_desk(platform), _manager(caller), endpoint_id, changes)
    except CallTraceError as error:
        raise _of_url(error) from error
    return answers.one(Webhook(**_shown(row)))


@router.delete("/{id}")
async def delete_webhook(
    caller: WebhookManager, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[Deleted]:
    """Delete webhook; what waits for it is not sent any more."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        endpoint = await endpoints.find(session, path_id("wh", thing), "live", CONTRACT)
        await endpoints.delete(session, endpoint, caller.actor)
        return answers.one(Deleted(id=named("wh", endpoint.id), deleted=True))


@router.post("/{id}/test")
async def test_webhook(
    caller: WebhookManager, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[TestResult]:
    """Send test event: one attempt, now; also to an inactive one."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        endpoint = await endpoints.find(session, path_id("wh", thing), "live", CONTRACT)
        prepared = await webhook_test.prepare(session, endpoint)
        details = {"deliveryId": prepared.delivery_id}
        deed = Deed("endpoint.tested", endpoint.id, details)
        await record(session, endpoint.org_id, caller.actor, deed)
    outcome = await webhook_test.make(platform, prepared)
    return answers.one(
        TestResult(
            delivery_id=prepared.delivery_id,
            event=prepared.event,
            status="delivered" if outcome.delivered else "failed",
            response_code=outcome.answer.status if outcome.answer else None,
            duration_ms=_milliseconds(outcome.started_at, outcome.finished_at),
            error=outcome.error,
        )
    )


@router.get("/{id}/deliveries")
async def list_deliveries(  # noqa: PLR0917 - parameters of a list, none is passed by position
    caller: WebhookManager,
    platform: PlatformDep,
    answers: AnswersDep,
    thing: Id,
    part: Page,
    status: Annotated[Literal["pending", "delivered", "failed"] | None, Query()] = None,
    event: Annotated[Storable | None, Query(max_length=60)] = None,
) -> Many[DeliveryOut]:
    """Get delivery history, newest first."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        endpoint = await endpoints.find(session, path_id("wh", thing), "live", CONTRACT)
        query = select(Delivery.id).where(Delivery.endpoint_id == endpoint.id)
        query = query if status is None else query.where(Delivery.status == status)
        query = query if event is None else query.where(Delivery.event == event)
        total = await total_of(session, query)
        cut = query.order_by(Delivery.created_at.desc(), Delivery.id.desc())
        ids = (await session.scalars(cut.offset(part.offset).limit(part.size))).all()
        rows = await _deliveries(session, ids)
    return answers.many(rows, part, total)


async def _deliveries(session: AsyncSession, ids: Sequence[str]) -> list[DeliveryOut]:
    tried = dict[str, list[AttemptOut]]()
    attempts = select(Attempt).options(defer(Attempt.answer)).where(Attempt.delivery_id.in_(ids))
    for one in await session.scalars(attempts.order_by(Attempt.number)):
        tried.setdefault(one.delivery_id, []).append(_attempt(one))
    query = select(Delivery, func.substr(Delivery.body, *_EVENT_ID)).options(defer(Delivery.body))
    query = query.where(Delivery.id.in_(ids)).order_by(Delivery.created_at.desc(), Delivery.id.desc())
    return [
        _delivery(delivery, event_id, tried.get(delivery.id, []))
        for delivery, event_id in (await session.execute(query)).all()
    ]


def _delivery(one: Delivery, event_id: str, attempts: list[AttemptOut]) -> DeliveryOut:
    return DeliveryOut(
        id=one.id, event_id=event_id, event=one.event, status=one.status, attempts=attempts,
        next_attempt_at=when(one.next_attempt_at) if one.status == "pending" else None,
        created_at=iso(one.created_at), delivered_at=when(one.delivered_at),
    )  # fmt: skip


def _attempt(one: Attempt) -> AttemptOut:
    return AttemptOut(
        at=iso(one.started_at), response_code=one.response_code,
        duration_ms=_milliseconds(one.started_at, one.finished_at), error=one.error,
    )  # fmt: skip


def _milliseconds(started: Any, finished: Any) -> int:
    return max(0, int((finished - started).total_seconds() * 1000))


def _desk(platform: Platform) -> Desk:
    return Desk(platform.database, platform.client, platform.box, platform.policy)


def _manager(caller: Caller) -> endpoints.Caller:
    return endpoints.Caller(caller.principal.org_id, caller.actor, "live", CONTRACT)


def _of_url(error: CallTraceError) -> CallTraceError:
    """What is wrong with a URL names the field (the guard knows none)."""
    if error.status == TooManyEndpointsError.status or error.errors or error.code == "unavailable":
        return error
    return wrong("url", error.detail) if error.code.startswith("url_") else error


def _shown(row: Endpoint) -> dict[str, Any]:
    return {
        "id": named("wh", row.id), "url": row.url, "events": row.events, "description": row.description,
        "active": row.disabled_at is None, "created_at": iso(row.created_at),
        "updated_at": iso(row.updated_at),
    }  # fmt: skip
