"""``/welcome``: from an empty organisation to the first scored call."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import keys
from calltrace.kit.errors import CallTraceError
from calltrace.web import once
from calltrace.web.deps import Desk, DeskDep, PostedDep
from calltrace.web.forms import Mistakes
from calltrace.web.pages.home import WELCOME, newest_call
from calltrace.web.render import NO_MISTAKES, page
from calltrace.web.scopes import RECOMMENDED
from calltrace.web.taking_in import sample

router = APIRouter(prefix=WELCOME)
KEY_NAME = "First call"


@router.get("")
async def show(request: Request, desk: DeskDep) -> Response:
    """Three ways to a first call; once there is one, how far it is."""
    return await _show(request, desk)


async def _show(
    request: Request, desk: Desk, error: CallTraceError | None = None, token: str | None = None
) -> Response:  # fmt: skip
    async with desk.transaction() as session:
        found = await newest_call(session)
    status = error.status if error else 201 if token else 200
    return page(
        request, "welcome.html", status=status, found=found, token=token, once=once.ticket(desk.who),
        public_url=desk.platform.public_url, mistakes=Mistakes.of(error, ()) if error else NO_MISTAKES,
    )  # fmt: skip


@router.post("/sample")
async def try_sample(request: Request, desk: DeskDep, form: PostedDep) -> Response:
    """Take in the call that ships, once for each form."""
    try:
        await once.use(desk.platform.database, desk.who, form.exact("once"))
        await sample(desk)
    except CallTraceError as error:
        return await _show(request, desk, error)
    return RedirectResponse(WELCOME, 303)


@router.post("/key")
async def make_key(request: Request, desk: DeskDep, form: PostedDep) -> Response:
    """Make a key for the standard flow, and show the command with its token, this once."""
    await once.use(desk.platform.database, desk.who, form.exact("once"))
    async with desk.transaction() as session:
        _key, token = await keys.create(
            session, desk.who.org_id, name=KEY_NAME, wanted=RECOMMENDED, actor=desk.actor
        )
    return await _show(request, desk, token=token)


@router.get("/sample")
@router.get("/key")
async def again(_desk: DeskDep) -> Response:
    """The address of an answer to a form, when it is opened anew."""
    return RedirectResponse(WELCOME, 303)
