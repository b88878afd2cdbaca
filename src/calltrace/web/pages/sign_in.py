"""``/login`` in one step or two, and ``/logout``."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import second_step, sessions
from calltrace.accounts.errors import RateLimitedError, SignInRefusedError, WrongCodeError
from calltrace.accounts.second_step import Answer
from calltrace.accounts.sessions import Visitor
from calltrace.accounts.sign_in import Attempt, HalfWayError, sign_in
from calltrace.kit import clock
from calltrace.kit.errors import CallTraceError
from calltrace.pipeline.context import Platform
from calltrace.web import anonymous, cookies
from calltrace.web.deps import MaybeSignedIn, PlatformDep, PostedDep, VisitorDep
from calltrace.web.forms import Form
from calltrace.web.render import page
from calltrace.web.way import HOME, safe_path

router = APIRouter()
Wanted = Annotated[str, Query(alias="next")]
SECOND = "/login/second-factor"


@router.get("/login")
async def form(
    request: Request, platform: PlatformDep, who: MaybeSignedIn, wanted: Wanted = HOME
) -> Response:  # fmt: skip
    """The sign-in form; whoever is signed in already goes on."""
    if who is not None:
        return RedirectResponse(safe_path(wanted), 303)
    return _form(request, platform, Form({"next": [wanted]}))


@router.post("/login")
async def submit(request: Request, platform: PlatformDep, visitor: VisitorDep) -> Response:
    """Sign in, or ask for the second factor of those who have one."""
    filled = await anonymous.posted(request, platform.public_url)
    attempt = _attempt(request, platform, visitor, filled)
    try:
        _who, token = await sign_in(platform.database, attempt, request.scope["request_id"])
    except (SignInRefusedError, RateLimitedError) as error:
        return _form(request, platform, filled, error)
    except HalfWayError as half:
        browser = anonymous.browser(request, platform.public_url) or ""
        ticket = second_step.ticket(platform.box, half.half_way, browser)
        return _second(request, platform.public_url, ticket, filled)
    return signed_in(platform, token, safe_path(filled.text("next")))


def _attempt(request: Request, platform: Platform, visitor: Visitor, filled: Form) -> Attempt:
    previous = cookies.session_token(request, secure=cookies.is_secure(platform.public_url))
    return Attempt(filled.text("email"), filled.exact("password"), visitor, previous)


def signed_in(platform: Platform, token: str, way: str) -> Response:
    """Hand the session to the browser, and lead on."""
    answer = RedirectResponse(way, 303)
    secure = cookies.is_secure(platform.public_url)
    cookies.set_session(answer, token, clock.now() + sessions.LIFETIME, secure=secure)
    return answer


def _form(
    request: Request, platform: Platform, filled: Form, error: CallTraceError | None = None
) -> Response:
    wanted = safe_path(filled.text("next"))
    return anonymous.form_page(
        request, platform.public_url, "login.html", error=error, email=filled.text("email"), wanted=wanted,
        provider=platform.settings.oidc_name if platform.provider else "",
        left=request.query_params.get("done") == "signed-out-here",
        sso=f"/login/sso?next={quote(wanted, safe='/')}",
    )  # fmt: skip


def _second(
    request: Request, public_url: str, ticket: str, filled: Form, error: CallTraceError | None = None
) -> Response:
    return anonymous.form_page(
        request, public_url, "second_step.html", error=error, fields=("code",), ticket=ticket,
        wanted=safe_path(filled.text("next")),
    )  # fmt: skip


@router.get(SECOND)
async def second_again() -> Response:
    """The address of the second step, when it is opened anew: it begins with the first one."""
    return RedirectResponse("/login", 303)


@router.post(SECOND)
async def second(request: Request, platform: PlatformDep, visitor: VisitorDep) -> Response:
    """Take the code of the second factor."""
    filled = await anonymous.posted(request, platform.public_url)
    browser = anonymous.browser(request, platform.public_url) or ""
    attempt, ticket = _attempt(request, platform, visitor, filled), filled.exact("ticket")
    try:
        answer = Answer(ticket, filled.text("code"), browser)
        _who, token = await second_step.finish(
            platform.database, platform.box, answer, attempt, request.scope["request_id"]
        )
    except SignInRefusedError as error:
        return _form(request, platform, filled, error)
    except (WrongCodeError, RateLimitedError) as error:
        return _second(request, platform.public_url, ticket, filled, error)
    return signed_in(platform, token, safe_path(filled.text("next")))


@router.get("/logout")
async def ask(request: Request, who: MaybeSignedIn) -> Response:
    """A link must not sign anybody out: it leads to a button."""
    return page(request, "logout.html") if who else RedirectResponse("/login", 303)


@router.post("/logout")
async def sign_out(
    request: Request, platform: PlatformDep, visitor: VisitorDep, who: MaybeSignedIn, _form: PostedDep
) -> Response:
    """End the session here and in the database; whoever came by a provider can sign out there, too."""
    secure = cookies.is_secure(platform.public_url)
    token = cookies.session_token(request, secure=secure)
    if token:
        await sessions.leave(platform.database, token, visitor, request.scope["request_id"])
    outside = platform.provider is not None and who is not None and who.single_sign_on
    answer = RedirectResponse(f"/login?done=signed-out{'-here' if outside else ''}", 303)
    cookies.forget_session(answer, secure=secure)
    return answer
