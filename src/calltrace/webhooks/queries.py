"""Every SELECT on endpoints, deliveries and attempts."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Boolean, Text, any_, bindparam, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.kit.clock import iso
from calltrace.kit.ids import as_uuid
from calltrace.webhooks.models import Attempt, Delivery, Endpoint

_KEPT = Endpoint.deleted_at.is_(None)
_SUBSCRIBERS = select(Endpoint).where(
    bindparam("event", type_=Text) == any_(Endpoint.events),
    Endpoint.mode == bindparam("mode"),
    Endpoint.disabled_at.is_(None),
    _KEPT,
)
"""Built once: it runs with every submission."""


async def subscribers(session: AsyncSession, event: str, mode: Mode) -> Sequence[Endpoint]:
    """Endpoints of the organisation and mode that want an event and are not disabled."""
    return (await session.scalars(_SUBSCRIBERS, {"event": event, "mode": mode})).all()


async def endpoints(session: AsyncSession) -> Sequence[Endpoint]:
    """All endpoints of the organisation, newest first."""
    query = select(Endpoint).where(_KEPT).order_by(Endpoint.created_at.desc())
    return (await session.scalars(query)).all()


async def endpoint_count(session: AsyncSession) -> int:
    """How many endpoints the organisation has, in both modes."""
    return await session.scalar(select(func.count()).select_from(Endpoint).where(_KEPT)) or 0


async def endpoint(session: AsyncSession, text: str) -> Endpoint | None:
    """One endpoint by id or URL."""
    match = or_(Endpoint.id == as_uuid(text), Endpoint.url == text)
    query = select(Endpoint).where(match, _KEPT).order_by(Endpoint.created_at.desc())
    return await session.scalar(query.limit(1))


async def locked_endpoint(session: AsyncSession, endpoint_id: uuid.UUID) -> Endpoint | None:
    """One endpoint, locked against other changes until the transaction ends."""
    query = select(Endpoint).where(Endpoint.id == endpoint_id, _KEPT)
    return await session.scalar(
        query.with_for_update(key_share=True).execution_options(populate_existing=True)
    )


async def has_exhausted(session: AsyncSession, endpoint_id: uuid.UUID, since: datetime) -> bool:
    """Whether a delivery of the endpoint failed for good after attempts since then."""
    failed = (Delivery.endpoint_id == endpoint_id, Delivery.status == "failed")
    tried = exists().where(Attempt.delivery_id == Delivery.id, Attempt.finished_at >= since)
    query = select(exists().where(*failed, tried))
    return bool(await session.scalar(query))


async def with_ended_secrets(session: AsyncSession, now: datetime) -> Sequence[Endpoint]:
    """Endpoints that hold a secret whose time is over; locked, those that somebody else holds left out."""
    past = cast(f'$[*] ? (@.until <= "{iso(now)}")', JSONPATH)
    ended = func.jsonb_path_exists(Endpoint.previous_secrets, past, type_=Boolean)
    query = select(Endpoint).where(ended).with_for_update(key_share=True, skip_locked=True)
    return (await session.scalars(query)).all()


async def deleted_endpoints(session: AsyncSession) -> Sequence[Endpoint]:
    """Endpoints that are gone for everybody and still have to be removed."""
    return (await session.scalars(select(Endpoint).where(Endpoint.deleted_at.is_not(None)))).all()


async def delivery_with_endpoint(session: AsyncSession, delivery_id: str) -> tuple[Delivery, Endpoint] | None:
    """A delivery and where it goes, even when that is gone."""
    query = select(Delivery, Endpoint).join(Endpoint, Endpoint.id == Delivery.endpoint_id)
    row = (await session.execute(query.where(Delivery.id == delivery_id))).first()
    return (row[0], row[1]) if row else None


async def deliveries(
    session: AsyncSession, *, endpoint_id: uuid.UUID | None = None, limit: int = 50
) -> Sequence[Delivery]:
    """The newest deliveries of the organisation, or of one endpoint."""
    query = select(Delivery).order_by(Delivery.created_at.desc(), Delivery.id.desc()).limit(limit)
    if endpoint_id:
        query = query.where(Delivery.endpoint_id == endpoint_id)
    return (await session.scalars(query)).all()


async def attempts(session: AsyncSession, delivery_id: str) -> Sequence[Attempt]:
    """All attempts of one delivery, first to last."""
    query = select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.number)
    return (await session.scalars(query)).all()
