"""``/scorecards``: what calls are held against, what is ready to begin with, and files brought in."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts.errors import AlreadyExistsError
from calltrace.catalog import queries as catalog
from calltrace.db.listing import NameFilter, Slice, cut
from calltrace.kit.attachments import attachment
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import CallTraceError, InvalidRequestError, NotFoundError
from calltrace.kit.words import Words, local
from calltrace.scorecards import queries, service
from calltrace.scorecards.catalogue import ready_scorecards, ready_text
from calltrace.scorecards.compose import key_of, named
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.errors import ScorecardArchivedError, ScorecardError
from calltrace.scorecards.yaml import load_scorecard
from calltrace.web.deps import Desk, EditorDeskDep, PostedDep, ScorecardDeskDep
from calltrace.web.forms import Form
from calltrace.web.pages.calls import MOST_NAMES, Position
from calltrace.web.render import page
from calltrace.web.scorecard_place import PATH
from calltrace.web.scorecard_text import faults, posted_text
from calltrace.web.scorecard_words import describe, names_of

router = APIRouter(prefix=PATH)
PAGE = 50
LONGEST_NAME = 120
YAML = "application/yaml"
TextDep = Annotated[Form, Depends(posted_text)]
REFUSED_TEXT = (ScorecardError, InvalidRequestError, ScorecardArchivedError, AlreadyExistsError)


@router.get("")
async def show_all(request: Request, desk: ScorecardDeskDep, cursor: Position = None) -> Response:
    """The organisation's scorecards, newest first, and those that ship."""
    part = Slice(Cursor.decode(cursor) if cursor else None, PAGE)
    async with desk.transaction() as session:
        found = await queries.scorecards(session, NameFilter(), part)
        queues = await catalog.queues_by_name(session, MOST_NAMES)
        has_default = await queries.default_row(session) is not None
    stored, following = cut(found, PAGE, lambda one: one.row)
    return page(
        request, "scorecards/list.html",
        scorecards=[(one, _criteria(one.version.document)) for one in stored],
        used={one.row.id: [queue for queue in queues if queue.scorecard_id == one.row.id] for one in stored},
        ready=ready_scorecards(), has_default=has_default, following=following, first=cursor is None,
    )  # fmt: skip


def _criteria(document: dict[str, list[dict[str, list[object]]]]) -> int:
    return sum(len(section["criteria"]) for section in document["sections"])


@router.get("/import")
async def import_form(request: Request, _desk: EditorDeskDep) -> Response:
    """The form for a file, or for a text."""
    return _import_form(request, "")


def _import_form(request: Request, text: str, error: CallTraceError | None = None) -> Response:
    found = faults(error, text) if error else []
    return page(
        request, "scorecards/import.html", status=error.status if error else 200, text=text, faults=found
    )


@router.post("/import")
async def bring(request: Request, desk: EditorDeskDep, form: TextDep) -> Response:
    """Store what a file says as a draft: of the scorecard that it describes already, else of a new one."""
    text = form.exact("file") or form.exact("text")
    try:
        wanted = await asyncio.to_thread(load_scorecard, text)  # a big one takes a second
        async with desk.transaction() as session:
            stored = await service.store(session, desk.who.org_id, desk.actor, wanted, draft=True)
    except REFUSED_TEXT as error:
        return _import_form(request, text, error)
    return RedirectResponse(f"{PATH}/{stored.row.id}?version={stored.draft}&done=scorecard-imported", 303)


@router.get("/ready/{key}")
async def ready(request: Request, desk: ScorecardDeskDep, key: str) -> Response:
    """One that ships, to be read."""
    scorecard = _ready(key)
    names = names_of(scorecard)
    return page(
        request, "scorecards/ready.html", scorecard=scorecard, admin=desk.who.administers,
        words={one.key: describe(one, names) for one in scorecard.criteria},
    )  # fmt: skip


@router.get("/ready/{key}/export")
async def export_ready(_desk: ScorecardDeskDep, key: str) -> Response:
    """One that ships as a file, with its comments."""
    _ready(key)
    return Response(
        ready_text(key), media_type=YAML, headers={"Content-Disposition": attachment(key, key, "yaml")}
    )


@router.post("/ready/{key}/copy")
async def copy(desk: EditorDeskDep, key: str, form: PostedDep) -> Response:
    """Begin a scorecard of one's own with one that ships."""
    return await begin_with(desk, _ready(key), form.text("name")[:LONGEST_NAME])


async def begin_with(desk: Desk, scorecard: Scorecard, name: str) -> Response:
    """A draft that says the same under another name."""
    wanted = named(scorecard, name or local(Words("%(name)s (copy)", name=scorecard.name))[:LONGEST_NAME])
    wanted = wanted.model_copy(update={"key": key_of(wanted.name)})
    async with desk.transaction() as session:
        stored = await service.create(session, desk.who.org_id, desk.actor, wanted, draft=True)
    return RedirectResponse(f"{PATH}/{stored.row.id}/edit?done=scorecard-copied", 303)


def _ready(key: str) -> Scorecard:
    found = ready_scorecards().get(key)
    if found is None:
        raise NotFoundError("No scorecard that ships is called so.")
    return found


Number = Annotated[int | None, Query(ge=1, le=999_999_999)]
"""A version in an address."""
