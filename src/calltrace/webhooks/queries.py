"""Every SELECT on endpoints, deliveries and attempts."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.kit.ids import as_uuid
from calltrace.webhooks.models import Attempt, Delivery, Endpoint


async def subscribers(session: AsyncSession, event: str, mode: Mode) -> Sequence[Endpoint]:
    """Endpoints of the organisation and mode that want an event and are not disabled."""
    wants: ColumnElement[bool] = Endpoint.events.contains([event])
    query = select(Endpoint).where(wants, Endpoint.mode == mode, Endpoint.disabled_at.is_(None))
    return (await session.scalars(query)).all()


async def endpoints(session: AsyncSession) -> Sequence[Endpoint]:
    """All endpoints of the organisation, newest first."""
    return (await session.scalars(select(Endpoint).order_by(Endpoint.created_at.desc()))).all()


async def endpoint(session: AsyncSession, text: str) -> Endpoint | None:
    """One endpoint by id or URL."""
    match = or_(Endpoint.id == as_uuid(text), Endpoint.url == text)
    return await session.scalar(select(Endpoint).where(match).order_by(Endpoint.created_at.desc()).limit(1))


async def delivery_with_endpoint(session: AsyncSession, delivery_id: str) -> tuple[Delivery, Endpoint] | None:
    """A delivery and where it goes."""
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
