"""What people do on the page of a call: decide criteria, comment, acknowledge, appeal."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, cast, get_args

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.errors import AlreadyExistsError
from calltrace.kit.errors import InvalidRequestError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words
from calltrace.reviews import appeals, comments, overrides
from calltrace.reviews.comments import Edit, Note
from calltrace.reviews.errors import (
    AppealTooLateError,
    EvaluationSupersededError,
    NothingToUndoError,
    OverrideConflictError,
)
from calltrace.reviews.overrides import Act, Wanted
from calltrace.reviews.who import Who
from calltrace.web import judging
from calltrace.web.call_people import Attempt
from calltrace.web.deps import CallsDeskDep, Desk, PostedDep, path_id
from calltrace.web.forms import Form
from calltrace.web.pages.call import render_call
from calltrace.web.pages.calls import PATH
from calltrace.web.render import see_other

router = APIRouter(prefix=PATH + "/{call_id}")
_SHOWN_AGAIN = (
    InvalidRequestError, OverrideConflictError, EvaluationSupersededError, NothingToUndoError,
    AppealTooLateError, AlreadyExistsError,
)  # fmt: skip
"""What is told beside the form, with everything that was typed."""
Deed = Callable[[AsyncSession, Who], Awaitable[Any]]


async def _do(desk: Desk, deed: Deed, attempt: Callable[[Any], Attempt]) -> Attempt | None:
    """Do it in one transaction; answers the form to show again, if it was refused."""
    try:
        async with desk.open() as (session, who):
            await deed(session, who)
    except _SHOWN_AGAIN as error:
        return attempt(error)
    return None


@router.post("/criteria/{key}")
async def decide(request: Request, call_id: str, key: str, desk: CallsDeskDep, form: PostedDep) -> Response:
    """Confirm, override or take back one verdict."""
    found = path_id(call_id)

    async def deed(session: AsyncSession, judge: Who) -> None:
        await overrides.decide(session, judge, found, _wanted(key, form))

    refused = await _do(desk, deed, lambda error: Attempt(f"decide-{key}", form, error))
    if refused:
        return await render_call(request, desk, found, refused)
    done = "taken-back" if form.text("decision") == "undo" else "decided"
    return see_other(f"{PATH}/{found}?done={done}#criterion-", key)


def _wanted(key: str, form: Form) -> Wanted:
    act = form.text("decision")
    if act not in get_args(Act):
        raise judging.wrong(
            "decision", Words("Confirm the verdict, override it, or take your decision back.")
        )
    override = act == "override"
    return Wanted(
        key, judging.revision(form), cast("Act", act), judging.reason(form),
        judging.verdict(form) if override else None, judging.points(form) if override else None,
        evaluation_id=as_uuid(form.text("evaluation")),
    )  # fmt: skip


@router.post("/criteria/{key}/appeal")
async def appeal(request: Request, call_id: str, key: str, desk: CallsDeskDep, form: PostedDep) -> Response:
    """The agent of the call disagrees with a criterion."""
    found = path_id(call_id)

    async def deed(session: AsyncSession, agent: Who) -> None:
        await appeals.make(session, agent, found, key, judging.reason(form))

    refused = await _do(desk, deed, lambda error: Attempt(f"appeal-{key}", form, error))
    if refused:
        return await render_call(request, desk, found, refused)
    return see_other(f"{PATH}/{found}?done=appealed#criterion-", key)


@router.post("/acknowledge")
async def acknowledge(call_id: str, desk: CallsDeskDep, _form: PostedDep) -> Response:
    """The agent of the call has seen the result."""
    found = path_id(call_id)
    async with desk.open() as (session, agent):
        await appeals.acknowledge(session, agent, found)
    return RedirectResponse(f"{PATH}/{found}?done=acknowledged", 303)


@router.post("/comments")
async def comment(request: Request, call_id: str, desk: CallsDeskDep, form: PostedDep) -> Response:
    """Write a comment on the call, on a line or on a criterion."""
    found, line, criterion = path_id(call_id), form.text("line"), form.text("criterion")
    note = Note(form.text("text"), line or None, criterion or None, _shared(form))

    async def deed(session: AsyncSession, author: Who) -> None:
        await comments.add(session, author, found, note)

    place = (
        f"comment-line-{line}" if line else f"comment-criterion-{criterion}" if criterion else "comment-new"
    )
    refused = await _do(desk, deed, lambda error: Attempt(place, form, error))
    if refused:
        return await render_call(request, desk, found, refused)
    return _commented(found, "commented", line, criterion)


@router.post("/comments/{comment_id}")
async def edit_comment(
    request: Request, call_id: str, comment_id: str, desk: CallsDeskDep, form: PostedDep
) -> Response:
    """Change an own comment."""
    found, which = path_id(call_id), path_id(comment_id)

    async def deed(session: AsyncSession, author: Who) -> None:
        await comments.edit(session, author, found, which, Edit(form.text("text"), _shared(form)))

    refused = await _do(desk, deed, lambda error: Attempt(f"comment-{which}", form, error))
    if refused:
        return await render_call(request, desk, found, refused)
    return _commented(found, "comment-changed", form.text("line"), form.text("criterion"))


@router.post("/comments/{comment_id}/delete")
async def delete_comment(call_id: str, comment_id: str, desk: CallsDeskDep, form: PostedDep) -> Response:
    """Delete an own comment."""
    found = path_id(call_id)
    async with desk.open() as (session, author):
        await comments.remove(session, author, found, path_id(comment_id))
    return _commented(found, "comment-deleted", form.text("line"), form.text("criterion"))


def _shared(form: Form) -> bool | None:
    """Who may see a comment; agents are not asked, for theirs are always shared."""
    return {"agent": True, "internal": False}.get(form.text("visibility"))


def _commented(call_id: uuid.UUID, done: str, line: str, criterion: str) -> Response:
    """Back to the place of the comment."""
    place = f"seg-{line}" if line else f"criterion-{criterion}" if criterion else "comments"
    return see_other(f"{PATH}/{call_id}?done={done}#", place)
