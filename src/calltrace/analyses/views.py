"""Saved views: filters and columns of the list of calls under a name, of one person or of everybody.

A view keeps what the list's address says; what that means is decided where the list is read. What it leaves
out it does not hide: whoever opens a view sees those of its calls that they may see.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.errors import AlreadyExistsError, ForbiddenError
from calltrace.analyses.errors import TooManyViewsError
from calltrace.analyses.models import SavedView, ViewChoice
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.words import Words

MOST_VIEWS = 50
"""Of one person, and as many that everybody has."""
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who works with views; ``shares`` is for owners and admins."""

    org_id: uuid.UUID
    user_id: uuid.UUID
    actor: Actor
    shares: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A view as somebody describes it; ``fields`` are those of the list's address that narrow it down."""

    name: str
    fields: Mapping[str, str]
    columns: Sequence[str]
    shared: bool


async def of(session: AsyncSession, viewer: Viewer) -> Sequence[SavedView]:
    """The person's own, then those of everybody, by name."""
    order = (SavedView.user_id.is_(None), func.lower(SavedView.name), SavedView.id)
    return (await session.scalars(select(SavedView).where(_seen(viewer)).order_by(*order))).all()


def _seen(viewer: Viewer) -> ColumnElement[bool]:
    return or_(SavedView.user_id == viewer.user_id, SavedView.user_id.is_(None))


async def find(session: AsyncSession, viewer: Viewer, view_id: uuid.UUID | None) -> SavedView:
    """One that the person may open.

    Raises:
        NotFoundError: there is none.
    """
    query = select(SavedView).where(SavedView.id == view_id, _seen(viewer))
    found = await session.scalar(query) if view_id else None
    if found is None:
        raise NotFoundError("There is no such view.")
    return found


async def save(session: AsyncSession, viewer: Viewer, wanted: Wanted) -> SavedView:
    """Keep a new one.

    Raises:
        InvalidRequestError: the name. AlreadyExistsError: it is taken.
        TooManyViewsError: MOST_VIEWS are there. ForbiddenError: it is shared by somebody who may not share.
    """
    owner = _owner(viewer, shared=wanted.shared)
    same = SavedView.user_id == owner if owner else SavedView.user_id.is_(None)
    if (await session.scalar(select(func.count()).select_from(SavedView).where(same)) or 0) >= MOST_VIEWS:
        raise TooManyViewsError(
            Words("There are %(most_views)s views. Delete one that nobody needs.", most_views=MOST_VIEWS)
        )
    view = SavedView(org_id=viewer.org_id, user_id=owner)
    session.add(view)
    await _write(session, view, wanted)
    await _told(session, viewer, view, "created")
    return view


async def change(
    session: AsyncSession, viewer: Viewer, view_id: uuid.UUID | None, wanted: Wanted
) -> SavedView:  # fmt: skip
    """Give one another name, other filters and columns; whose it is stays.

    Raises:
        NotFoundError: there is none. Otherwise as ``save``.
    """
    view = await _changeable(session, viewer, view_id)
    await _write(session, view, wanted)
    await _told(session, viewer, view, "changed")
    return view


async def remove(session: AsyncSession, viewer: Viewer, view_id: uuid.UUID | None) -> None:
    """Delete one; whoever begins with it begins with all calls again.

    Raises:
        NotFoundError: there is none. ForbiddenError: it is everybody's.
    """
    view = await _changeable(session, viewer, view_id)
    await _told(session, viewer, view, "deleted")
    await session.delete(view)


async def first(session: AsyncSession, viewer: Viewer) -> SavedView | None:
    """The view that the person begins with."""
    query = select(SavedView).join(ViewChoice, ViewChoice.view_id == SavedView.id)
    return await session.scalar(query.where(ViewChoice.user_id == viewer.user_id, _seen(viewer)))


async def begin_with(session: AsyncSession, viewer: Viewer, view_id: uuid.UUID | None) -> None:
    """Let the person begin with a view from now on; ``None``: with all calls.

    Raises:
        NotFoundError: there is no such view.
    """
    if view_id is None:
        await session.execute(delete(ViewChoice).where(ViewChoice.user_id == viewer.user_id))
        return
    view = await find(session, viewer, view_id)
    new = insert(ViewChoice).values(org_id=viewer.org_id, user_id=viewer.user_id, view_id=view.id)
    await session.execute(new.on_conflict_do_update(index_elements=["user_id"], set_={"view_id": view.id}))


def _owner(viewer: Viewer, *, shared: bool) -> uuid.UUID | None:
    if shared and not viewer.shares:
        raise ForbiddenError("Views of everybody are made by owners and admins. Ask one of yours.")
    return None if shared else viewer.user_id


async def _changeable(session: AsyncSession, viewer: Viewer, view_id: uuid.UUID | None) -> SavedView:
    view = await find(session, viewer, view_id)
    _owner(viewer, shared=view.user_id is None)
    return view


async def _write(session: AsyncSession, view: SavedView, wanted: Wanted) -> None:
    name = " ".join(wanted.name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        detail = Words("A view needs a name of 1 to %(longest_name)s characters.", longest_name=LONGEST_NAME)
        raise InvalidRequestError(detail, errors=[FieldError("/name", detail)])
    view.name, view.fields, view.columns = name, dict(wanted.fields), list(wanted.columns)
    try:
        await session.flush()
    except IntegrityError as error:
        detail = Words("There is a view %(name)s already.", name=f"{name!r}")
        raise AlreadyExistsError(detail, errors=[FieldError("/name", detail)]) from error


async def _told(session: AsyncSession, viewer: Viewer, view: SavedView, verb: str) -> None:
    """Only what concerns everybody is in the audit trail."""
    if view.user_id is None:
        await record(session, viewer.org_id, viewer.actor, Deed(f"saved_view.{verb}", view.id))
