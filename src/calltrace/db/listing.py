"""Lists of named rows: narrowed by name and external id, newest first, cut into pages by a cursor."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.db.base import Named
from calltrace.kit.cursor import Cursor

T = TypeVar("T")
Columns = TypeVarTuple("Columns")
_PAGE = 200


@dataclass(frozen=True, slots=True)
class NameFilter:
    """What a list is narrowed down to, letter by letter; both must hold when both are given."""

    name: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a list that is wanted: at most ``limit`` rows after a cursor."""

    after: Cursor | None
    limit: int


def listed(query: Select[*Columns], model: type[Named], names: NameFilter, part: Slice) -> Select[*Columns]:
    """A query's rows as a page of a list, and one row more: it tells whether a next page exists."""
    if names.name is not None:
        query = query.where(model.name == names.name)
    if names.external_id is not None:
        query = query.where(model.external_id == names.external_id)
    if part.after:
        position = tuple_(literal(part.after.moment), literal(part.after.id))
        query = query.where(tuple_(model.created_at, model.id) < position)
    return query.order_by(model.created_at.desc(), model.id.desc()).limit(part.limit + 1)


def cut(found: Sequence[T], limit: int, row: Callable[[T], Named]) -> tuple[Sequence[T], str | None]:
    """The rows that a page shows, and the cursor of the next page if there is one."""
    if len(found) <= limit:
        return found, None
    last = row(found[limit - 1])
    return found[:limit], Cursor(last.created_at, last.id).encode()


async def everything(
    session: AsyncSession,
    page: Callable[[AsyncSession, NameFilter, Slice], Awaitable[Sequence[T]]],
    row: Callable[[T], Named],
) -> list[T]:
    """A whole list, page by page."""
    found, cursor = list[T](), ""
    while cursor is not None:
        part = Slice(Cursor.decode(cursor) if cursor else None, _PAGE)
        shown, cursor = cut(await page(session, NameFilter(), part), _PAGE, row)
        found += shown
    return found
