"""What the pages of alert rules and of review rules have in common; ``rules.html`` has how it looks."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.db.listing import NameFilter, Slice
from calltrace.kit.cursor import Cursor

PAGE = 100
R = TypeVar("R")
Pages = Callable[[AsyncSession, NameFilter, Slice], Awaitable[tuple[Sequence[R], str | None]]]


async def listed(session: AsyncSession, pages: Pages[R], path: str, cursor: str | None) -> dict[str, Any]:
    """What the template of a list of rules shows: a page of them, and the way to the next.

    Args:
        session: of the organisation.
        pages: one page of rules, and the cursor of the next.
        path: of the list.
        cursor: where the page before ended.
    """
    part = Slice(Cursor.decode(cursor) if cursor else None, PAGE)
    found, following = await pages(session, NameFilter(), part)
    older = f"{path}?cursor={following}" if following else None
    return {"rules": found, "first": cursor is None, "older": older}
