"""``/login`` and ``/logout``."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import sessions
from calltrace.accounts.errors import RateLimitedError, SignInRefusedError
from calltrace.accounts.sign_in import Attempt, sign_in
from calltrace.kit import clock
from calltrace.kit.errors import CallTraceError
from calltrace.web import cookies
from calltrace.web.deps import MaybeSignedIn, PlatformDep, PostedDep, VisitorDep
from calltrace.web.forms import Form, Mistakes, read_form
from calltrace.web.origin import check_origin, check_token
from calltrace.web.render import NO_MISTAKES, page
from calltrace.web.way import HOME, safe_path

router = APIRouter()
Wanted = Annotated[str, Query(alias="next")]


@router.get("/login")
async def form(
    request: Request, platform: PlatformDep, who: MaybeSignedIn, wanted: Wanted = HOME
) -> Response:  # fmt: skip
    """The sign-in form; whoever is signed in already goes on."""
    if who is not None:
        return RedirectResponse(safe_path(wanted), 303)
    return _form(request, platform.public_url, Form({"next": [wanted]}))


@router.post("/login")
async def submit(request: Request, platform: PlatformDep, visitor: VisitorDep) -> Response:
    """Sign in. Before there is a session, the form is tied to the browser by a cookie of its own."""
    secure = cookies.is_secure(platform.public_url)
    check_origin(request, platform.public_url)
    filled = await read_form(request)
    check_token(filled.exact("csrf"), cookies.form_token(request, secure=secure))
    previous = cookies.session_token(request, secure=secure)
    attempt = Attempt(filled.text("email"), filled.exact("password"), visitor, previous)
    try:
        _who, token = await sign_in(platform.database, attempt, request.scope["request_id"])
    except (SignInRefusedError, RateLimitedError) as error:
        return _form(request, platform.public_url, filled, error)
    answer = RedirectResponse(safe_path(filled.text("next")), 303)
    cookies.set_session(answer, token, clock.now() + sessions.LIFETIME, secure=secure)
    return answer


def _form(request: Request, public_url: str, filled: Form, error: CallTraceError | None = None) -> Response:
    secure = cookies.is_secure(public_url)
    token = cookies.form_token(request, secure=secure) or secrets.token_urlsafe(32)
    mistakes = Mistakes.of(error, ()) if error else NO_MISTAKES
    status = error.status if error else 200
    answer = page(
        request, "login.html", status=status, mistakes=mistakes, csrf=token,
        email=filled.text("email"), wanted=safe_path(filled.text("next")),
    )  # fmt: skip
    answer.headers.update(error.headers if error else {})
    cookies.set_form_token(answer, token, secure=secure)
    return answer


@router.get("/logout")
async def ask(request: Request, who: MaybeSignedIn) -> Response:
    """A link must not sign anybody out: it leads to a button."""
    return page(request, "logout.html") if who else RedirectResponse("/login", 303)


@router.post("/logout")
async def sign_out(
    request: Request, platform: PlatformDep, visitor: VisitorDep, _form: PostedDep
) -> Response:
    """End the session here and in the database."""
    secure = cookies.is_secure(platform.public_url)
    token = cookies.session_token(request, secure=secure)
    if token:
        await sessions.leave(platform.database, token, visitor, request.scope["request_id"])
    answer = RedirectResponse("/login?done=signed-out", 303)
    cookies.forget_session(answer, secure=secure)
    return answer
