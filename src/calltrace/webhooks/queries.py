"""Every SELECT on endpoints, deliveries and attempts."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import (
    Boolean,
    Select,
    String,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from calltrace.accounts.models import Mode
from calltrace.db.listing import Slice
from calltrace.kit.clock import iso
from calltrace.kit.cursor import TextCursor
from calltrace.kit.ids import as_uuid
from calltrace.webhooks.models import Attempt, Delivery, Endpoint, SigningSecret

_KEPT = Endpoint.deleted_at.is_(None)
_LISTED = and_(_KEPT, Endpoint.single_of.is_(None))
"""Those that somebody subscribed; URLs that came with an analysis are its own affair."""
_SUBSCRIBERS = select(Endpoint).where(
    Endpoint.events.op("&&", is_comparison=True)(bindparam("events", type_=ARRAY(Text))),
    Endpoint.mode == bindparam("mode"),
    Endpoint.disabled_at.is_(None),
    _LISTED,
)
"""Built once: it runs with every submission."""


async def subscribers(session: AsyncSession, events: Sequence[str], mode: Mode) -> Sequence[Endpoint]:
    """Endpoints of the organisation and mode that want one of some events and are not disabled."""
    return (await session.scalars(_SUBSCRIBERS, {"events": list(events), "mode": mode})).all()


async def endpoints(session: AsyncSession) -> Sequence[Endpoint]:
    """All endpoints of the organisation, newest first."""
    query = select(Endpoint).where(_LISTED).order_by(Endpoint.created_at.desc())
    return (await session.scalars(query)).all()


async def every_endpoint(session: AsyncSession) -> Sequence[Endpoint]:
    """All endpoints of the organisation, with those that came with an analysis."""
    return (await session.scalars(select(Endpoint).where(_KEPT))).all()


async def single(session: AsyncSession, single_id: uuid.UUID) -> Sequence[Endpoint]:
    """The URL that came with an analysis, unless it is disabled."""
    query = select(Endpoint).where(Endpoint.id == single_id, Endpoint.single_of.is_not(None), _KEPT)
    return (await session.scalars(query.where(Endpoint.disabled_at.is_(None)))).all()


async def signing_secret(session: AsyncSession, contract: str, mode: Mode) -> SigningSecret | None:
    """What a contract signs with in a mode."""
    match = (SigningSecret.contract == contract, SigningSecret.mode == mode)
    return await session.scalar(select(SigningSecret).where(*match))


async def endpoint_count(session: AsyncSession) -> int:
    """How many endpoints the organisation has, in both modes."""
    return await session.scalar(select(func.count()).select_from(Endpoint).where(_LISTED)) or 0


async def endpoint(session: AsyncSession, text: str) -> Endpoint | None:
    """One endpoint by id or URL."""
    match = or_(Endpoint.id == as_uuid(text), Endpoint.url == text)
    query = select(Endpoint).where(match, _LISTED).order_by(Endpoint.created_at.desc())
    return await session.scalar(query.limit(1))


async def endpoint_by_id(
    session: AsyncSession, endpoint_id: uuid.UUID, mode: Mode | None, contract: str | None = None
) -> Endpoint | None:
    """One endpoint of the organisation; of one mode and one contract, where they are given."""
    query = select(Endpoint).where(Endpoint.id == endpoint_id, _KEPT)
    query = query if mode is None else query.where(Endpoint.mode == mode)
    return await session.scalar(query if contract is None else query.where(Endpoint.contract == contract))


async def endpoint_page(
    session: AsyncSession, mode: Mode, part: Slice, contract: str | None = None
) -> Sequence[Endpoint]:
    """One page of endpoints of a mode, and of a contract if one is given, newest first, and one row more."""
    query = select(Endpoint).where(Endpoint.mode == mode, _LISTED)
    query = query if contract is None else query.where(Endpoint.contract == contract)
    if part.after:
        position = tuple_(literal(part.after.moment), literal(part.after.id))
        query = query.where(tuple_(Endpoint.created_at, Endpoint.id) < position)
    query = query.order_by(Endpoint.created_at.desc(), Endpoint.id.desc()).limit(part.limit + 1)
    return (await session.scalars(query)).all()


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


async def deleted_endpoints(
    session: AsyncSession, settled_before: datetime, limit: int
) -> Sequence[Endpoint]:
    """Endpoints that are gone for everybody, with deliveries or for long enough; the longest gone first."""
    left = exists().where(Delivery.endpoint_id == Endpoint.id)
    removable = (Endpoint.deleted_at.is_not(None), or_(Endpoint.deleted_at < settled_before, left))
    query = select(Endpoint).where(*removable).order_by(Endpoint.deleted_at).limit(limit)
    return (await session.scalars(query)).all()


async def delivery_with_endpoint(session: AsyncSession, delivery_id: str) -> tuple[Delivery, Endpoint] | None:
    """A delivery and where it goes, even when that is gone."""
    query = select(Delivery, Endpoint).join(Endpoint, Endpoint.id == Delivery.endpoint_id)
    row = (await session.execute(query.where(Delivery.id == delivery_id))).first()
    return (row[0], row[1]) if row else None


@dataclass(frozen=True, slots=True)
class DeliveryFilters:
    """What a list of deliveries is narrowed down to; all given ones must hold. Both ends are included."""

    endpoint_id: uuid.UUID | None = None
    statuses: Sequence[str] = ()
    event: str | None = None
    start: datetime | None = None
    end: datetime | None = None


async def delivery(
    session: AsyncSession, delivery_id: str, mode: Mode | None, contract: str | None = None
) -> tuple[Delivery, Endpoint] | None:
    """A delivery and where it goes, if that is there still; of one mode and contract, where given."""
    query = select(Delivery, Endpoint).join(Endpoint, Endpoint.id == Delivery.endpoint_id)
    query = query.where(Delivery.id == delivery_id, _KEPT)
    if mode is not None:
        query = query.where(Endpoint.mode == mode)
    if contract is not None:
        query = query.where(Endpoint.contract == contract)
    row = (await session.execute(query)).first()
    return (row[0], row[1]) if row else None


async def delivery_page(
    session: AsyncSession, which: DeliveryFilters, after: TextCursor | None, limit: int
) -> Sequence[Delivery]:
    """The next deliveries after a cursor, newest first, without their bodies; stable while rows arrive."""
    query = _narrowed(select(Delivery), which).options(defer(Delivery.body, raiseload=True))
    query = query.join(Endpoint, Endpoint.id == Delivery.endpoint_id).where(_KEPT)
    if after:
        query = query.where(tuple_(literal(after.moment), literal(after.id)) > _POSITION)
    query = query.order_by(Delivery.created_at.desc(), Delivery.id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def deliveries_of(
    session: AsyncSession, analysis_id: uuid.UUID, limit: int
) -> Sequence[tuple[Delivery, str]]:
    """The latest deliveries that tell of an analysis, without their bodies, and where they go."""
    query = select(Delivery, Endpoint.url).options(defer(Delivery.body, raiseload=True))
    query = query.join(Endpoint, Endpoint.id == Delivery.endpoint_id).where(_KEPT)
    query = query.where(Delivery.analysis_id == analysis_id)
    query = query.order_by(Delivery.created_at.desc(), Delivery.id.desc()).limit(limit)
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]


async def oldest_deliveries(
    session: AsyncSession, which: DeliveryFilters, after: TextCursor | None, limit: int
) -> Sequence[TextCursor]:
    """Where the next deliveries after a cursor stand, oldest first, all locked."""
    query = _narrowed(select(Delivery.created_at, Delivery.id), which)
    if after:
        query = query.where(tuple_(literal(after.moment), literal(after.id)) < _POSITION)
    query = query.order_by(Delivery.created_at, Delivery.id).limit(limit).with_for_update()
    return [TextCursor(row[0], row[1]) for row in (await session.execute(query)).all()]


_POSITION = tuple_(Delivery.created_at, Delivery.id)
Columns = TypeVarTuple("Columns")


def _narrowed(query: Select[*Columns], which: DeliveryFilters) -> Select[*Columns]:
    if which.endpoint_id is not None:
        query = query.where(Delivery.endpoint_id == which.endpoint_id)
    if which.statuses:
        written = (bindparam(None, one, String, literal_execute=True) for one in which.statuses)
        query = query.where(or_(*(Delivery.status == one for one in written)))  # so that indexes of one apply
    if which.event is not None:
        query = query.where(Delivery.event == which.event)
    if which.start is not None:
        query = query.where(Delivery.created_at >= which.start)
    if which.end is not None:
        query = query.where(Delivery.created_at <= which.end)
    return query


def pending_of(endpoint_id: uuid.UUID) -> Select[str]:
    """The ids of what waits for an endpoint, to be locked in their order."""
    waiting = (Delivery.endpoint_id == endpoint_id, Delivery.status == "pending")
    return select(Delivery.id).where(*waiting).order_by(Delivery.id).with_for_update()


async def last_attempts(session: AsyncSession, delivery_id: str, limit: int) -> Sequence[Attempt]:
    """The latest attempts of one delivery, first to last."""
    query = select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.number.desc())
    return list(reversed((await session.scalars(query.limit(limit))).all()))


async def lock_deliveries_of(session: AsyncSession, analysis_id: uuid.UUID) -> Sequence[str]:
    """Ids of the deliveries that tell of an analysis, oldest first, all locked."""
    query = select(Delivery.id).where(Delivery.analysis_id == analysis_id)
    return (await session.scalars(query.order_by(Delivery.created_at, Delivery.id).with_for_update())).all()


async def attempts(session: AsyncSession, delivery_id: str) -> Sequence[Attempt]:
    """All attempts of one delivery, first to last."""
    query = select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.number)
    return (await session.scalars(query)).all()
