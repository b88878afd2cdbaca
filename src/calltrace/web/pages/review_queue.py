"""``/reviews``: the queue of calls that people look at, each by one of them at a time."""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.sessions import LISTENERS
from calltrace.analyses import list_queries
from calltrace.kit.errors import CallTraceError, InvalidRequestError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words
from calltrace.reviews import queue
from calltrace.reviews.errors import (
    ReviewFinishedError,
    ReviewIncompleteError,
    ReviewNotClaimedError,
    ReviewTakenError,
)
from calltrace.reviews.queue import LONGEST_REASON, Board, Seen
from calltrace.reviews.who import Who
from calltrace.web import judging
from calltrace.web.deps import Desk, JudgesDeskDep, PostedDep, path_id
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.calls import PATH as CALLS
from calltrace.web.pages.calls import Position
from calltrace.web.render import NO_MISTAKES, page

PATH = "/reviews"
PAGE = 50
router = APIRouter(prefix=PATH)
_SHOWN_AGAIN = (
    InvalidRequestError, ReviewFinishedError, ReviewIncompleteError, ReviewNotClaimedError, ReviewTakenError,
)  # fmt: skip


@router.get("")
async def show(
    request: Request, desk: JudgesDeskDep, which: Annotated[Board, Query(alias="show")] = "open",
    cursor: Position = None,
) -> Response:  # fmt: skip
    """What is to be reviewed, the reader's own part of it, or what is over."""
    return await _board(request, desk, which, cursor)


async def _board(
    request: Request, desk: Desk, which: Board, cursor: str | None = None, *,
    refused: tuple[uuid.UUID, Form, CallTraceError] | None = None,
) -> Response:  # fmt: skip
    async with desk.open() as (session, reader):
        found, following = await queue.board(session, reader, which, cursor=cursor, limit=PAGE)
        calls = await list_queries.listed_by_id(session, [one.row.analysis_id for one in found])
        people = {one.id: one for one in await accounts.users(session)}
    error = refused[2] if refused else None
    return page(
        request, "reviews/queue.html", status=error.status if error else 200, tab="queue", which=which,
        reviews=found, calls=calls, names={one.id: one.email for one in people.values()}, reader=reader,
        choices=sorted((one.email, str(one.id)) for one in people.values() if one.role in LISTENERS),
        refused=refused[0] if refused else None, form=refused[1] if refused else Form(),
        mistakes=Mistakes.of(error, ("reason", "assignee")) if error else NO_MISTAKES,
        older=f"{PATH}?show={which}&cursor={following}" if following else None, first=cursor is None,
    )  # fmt: skip


Deed = Callable[[AsyncSession, Who, uuid.UUID, Form], Awaitable[Seen]]


async def _claim(session: AsyncSession, who: Who, item: uuid.UUID, _form: Form) -> Seen:
    return await queue.claim(session, who, item)


async def _release(session: AsyncSession, who: Who, item: uuid.UUID, _form: Form) -> Seen:
    return await queue.release(session, who, item)


async def _finish(session: AsyncSession, who: Who, item: uuid.UUID, _form: Form) -> Seen:
    return await queue.finish(session, who, item)


async def _skip(session: AsyncSession, who: Who, item: uuid.UUID, form: Form) -> Seen:
    reason = form.text("reason")
    if len(reason) > LONGEST_REASON:
        raise judging.wrong(
            "reason",
            Words("A reason has at most %(longest_reason)s characters.", longest_reason=LONGEST_REASON),
        )
    return await queue.skip(session, who, item, reason)


async def _assign(session: AsyncSession, who: Who, item: uuid.UUID, form: Form) -> Seen:
    chosen = form.text("assignee")
    if chosen and as_uuid(chosen) is None:
        raise judging.wrong("assignee", Words("Choose one of the people."))
    return await queue.assign(session, who, item, as_uuid(chosen))


_DEEDS: Mapping[str, tuple[Deed, str]] = {
    "claim": (_claim, "review-taken"), "release": (_release, "review-released"),
    "finish": (_finish, "review-finished"), "skip": (_skip, "review-skipped"),
    "assign": (_assign, "review-assigned"),
}  # fmt: skip


@router.post("/queue/{item_id}/{verb}")
async def act(
    request: Request, item_id: str, verb: Literal["claim", "release", "finish", "skip", "assign"],
    desk: JudgesDeskDep, form: PostedDep,
) -> Response:  # fmt: skip
    """Take a review, let it go, end it, or say for whom it is meant; taking it leads to the call."""
    item, (deed, done) = path_id(item_id), _DEEDS[verb]
    try:
        async with desk.open() as (session, who):
            seen = await deed(session, who, item, form)
    except _SHOWN_AGAIN as error:
        return await _board(request, desk, _shown(form), refused=(item, form, error))
    if verb == "claim":
        return RedirectResponse(f"{CALLS}/{seen.row.analysis_id}?done={done}", 303)
    return RedirectResponse(f"{PATH}?show={_shown(form)}&done={done}", 303)


def _shown(form: Form) -> Board:
    """The list that the form stood in."""
    which = form.text("show")
    return cast("Board", which) if which in _boards() else "open"


def _boards() -> Sequence[Board]:
    return ("open", "mine", "done")
