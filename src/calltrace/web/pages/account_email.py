"""``/account/email``: the address that somebody signs in with."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import profile
from calltrace.accounts.errors import RateLimitedError
from calltrace.kit.errors import CallTraceError, InvalidRequestError
from calltrace.web.deps import ActorDep, PlatformDep, PostedDep, SignedInDep
from calltrace.web.forms import Mistakes
from calltrace.web.render import NO_MISTAKES, page

PATH = "/account/email"
router = APIRouter(prefix=PATH)
_FIELDS = ("email", "currentPassword")


@router.get("")
async def show(request: Request, _who: SignedInDep) -> Response:
    """The form."""
    return _page(request)


def _page(request: Request, error: CallTraceError | None = None, email: str = "") -> Response:
    mistakes = Mistakes.of(error, _FIELDS) if error else NO_MISTAKES
    status = error.status if error else 200
    answer = page(request, "account/email.html", status=status, mistakes=mistakes, email=email)
    answer.headers.update(error.headers if error else {})
    return answer


@router.post("")
async def change(
    request: Request, platform: PlatformDep, who: SignedInDep, actor: ActorDep, form: PostedDep
) -> Response:  # fmt: skip
    """Take another address, which is to be confirmed."""
    email, password = form.text("email"), form.exact("currentPassword")
    try:
        await profile.move(platform.database, who, password, email, platform.public_url, actor)
    except (InvalidRequestError, RateLimitedError) as error:
        return _page(request, error, email)
    return RedirectResponse("/account?done=address-changed", 303)


@router.post("/again")
async def again(request: Request, platform: PlatformDep, who: SignedInDep, _form: PostedDep) -> Response:
    """Send the link that confirms the address once more."""
    try:
        await profile.ask_again(platform.database, who, platform.public_url)
    except RateLimitedError as error:
        return _page(request, error)
    return RedirectResponse("/account?done=link-sent", 303)


@router.get("/again")
async def again_opened(_who: SignedInDep) -> Response:
    """The address of the answer to a refused form, when it is opened anew."""
    return RedirectResponse(PATH, 303)
