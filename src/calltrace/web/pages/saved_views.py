"""``/calls/views``: lists of calls that people come back to."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import organisation
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.analyses import views
from calltrace.analyses.errors import TooManyViewsError
from calltrace.analyses.models import SavedView
from calltrace.analyses.views import Viewer, Wanted
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.web.call_filters import FIELDS, Chosen
from calltrace.web.call_views import COLUMNS, USUAL, address, words
from calltrace.web.deps import CallsDeskDep, Desk, PostedDep, path_id
from calltrace.web.forms import Form, Mistakes
from calltrace.web.render import NO_MISTAKES, page

PATH = "/calls/views"
router = APIRouter(prefix=PATH)
_REFUSED = (InvalidRequestError, AlreadyExistsError, TooManyViewsError)
_NO_COLUMN = Words("Choose at least one column.")


@router.get("")
async def show(request: Request, desk: CallsDeskDep) -> Response:
    """The own ones and those of everybody."""
    async with desk.transaction() as session:
        found = await views.of(session, viewer(desk))
        first = await views.first(session, viewer(desk))
    shown = [(one, address(one), words(one)) for one in found]
    return page(request, "calls/views.html", views=shown, first=first.id if first else None)


def viewer(desk: Desk) -> Viewer:
    """The person for the service."""
    return Viewer(desk.who.org_id, desk.who.user_id, desk.actor, desk.who.administers)


@router.get("/new")
async def form(request: Request, desk: CallsDeskDep) -> Response:
    """A name for the list that the address narrows down."""
    chosen = Chosen.of(request.query_params)
    columns = request.query_params.getlist("columns") or [one for one in USUAL if one != "project"]
    return _form(request, desk, Form({**_fields(chosen), "columns": columns}), None)


def _fields(chosen: Chosen) -> dict[str, list[str]]:
    return {"mode": [chosen.mode], **{name: [value] for name, value in chosen.fields.items()}}


def _form(
    request: Request, desk: Desk, filled: Form, view: SavedView | None, error: CallTraceError | None = None
) -> Response:
    chosen = Chosen.of({name: filled.exact(name) for name in ("mode", *FIELDS)})
    return page(
        request, "calls/view.html", status=error.status if error else 200, form=filled, view=view,
        columns=COLUMNS.items(), chosen=chosen, words=words(chosen), shares=desk.who.administers,
        mistakes=Mistakes.of(error, ("name", "columns")) if error else NO_MISTAKES,
    )  # fmt: skip


async def _wanted(desk: Desk, form: Form) -> Wanted:
    """A view as the form describes it; its filters are those that the list takes."""
    chosen = Chosen.of({name: form.exact(name) for name in ("mode", *FIELDS)})
    async with desk.transaction() as session:
        chosen.filters(await organisation.time_zone(session, desk.who.org_id))
    fields = {name: value for name, value in chosen.fields.items() if value}
    columns = [name for name in COLUMNS if name in form.every("columns")]
    if not columns:
        raise InvalidRequestError(_NO_COLUMN, errors=[FieldError("/columns", _NO_COLUMN)])
    mode = {"mode": chosen.mode} if chosen.mode != "live" else {}
    return Wanted(form.text("name"), mode | fields, columns, form.text("shared") == "yes")


@router.post("/new")
async def create(request: Request, desk: CallsDeskDep, form: PostedDep) -> Response:
    """Keep it, and lead to the list as it shows it."""
    try:
        wanted = await _wanted(desk, form)
        async with desk.transaction() as session:
            view = await views.save(session, viewer(desk), wanted)
            if form.text("first") == "yes":
                await views.begin_with(session, viewer(desk), view.id)
    except _REFUSED as error:
        return _form(request, desk, form, None, error)
    return RedirectResponse(f"{address(view)}&done=view-saved", 303)


@router.get("/{view_id}")
async def edit_form(request: Request, view_id: str, desk: CallsDeskDep) -> Response:
    """One view, to be changed."""
    async with desk.transaction() as session:
        view = await views.find(session, viewer(desk), path_id(view_id))
    fields = {name: [value] for name, value in view.fields.items()}
    return _form(request, desk, Form({**fields, "name": [view.name], "columns": view.columns}), view)


@router.post("/{view_id}")
async def edit(request: Request, view_id: str, desk: CallsDeskDep, form: PostedDep) -> Response:
    """Give it another name and other columns; filters come from where it was saved."""
    async with desk.transaction() as session:
        view = await views.find(session, viewer(desk), path_id(view_id))
    kept = {name: [view.fields.get(name, "")] for name in ("mode", *FIELDS)}
    filled = Form({**form.values, **kept})
    try:
        wanted = await _wanted(desk, filled)
        async with desk.transaction() as session:
            await views.change(session, viewer(desk), view.id, wanted)
    except _REFUSED as error:
        return _form(request, desk, filled, view, error)
    return RedirectResponse(f"{PATH}?done=view-saved", 303)


@router.post("/{view_id}/first")
async def begin_with(view_id: str, desk: CallsDeskDep, _form: PostedDep) -> Response:
    """Begin with it from now on; ``all`` begins with all calls again."""
    wanted = None if view_id == "all" else path_id(view_id)
    async with desk.transaction() as session:
        await views.begin_with(session, viewer(desk), wanted)
    return RedirectResponse(f"{PATH}?done=view-first", 303)


@router.post("/{view_id}/delete")
async def delete(view_id: str, desk: CallsDeskDep, _form: PostedDep) -> Response:
    """Delete it. No call is touched, so nobody is asked twice."""
    async with desk.transaction() as session:
        await views.remove(session, viewer(desk), path_id(view_id))
    return RedirectResponse(f"{PATH}?done=view-deleted", 303)


@router.get("/{view_id}/first")
@router.get("/{view_id}/delete")
async def again(view_id: str, desk: CallsDeskDep) -> Response:
    """The address of the answer to a form, when it is opened anew."""
    async with desk.transaction() as session:
        await views.find(session, viewer(desk), path_id(view_id))
    return RedirectResponse(PATH, 303)
