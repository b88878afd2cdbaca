"""Errors as pages: what happened, what to do about it, and the number to find it in the log by."""

from contextlib import suppress

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import URL
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from calltrace.kit.errors import CallTraceError, NotFoundError, UnavailableError
from calltrace.kit.words import Words
from calltrace.web.deps import get_platform, maybe_signed_in
from calltrace.web.errors import MethodNotAllowedError, SecondFactorOwedError, SignInNeededError
from calltrace.web.render import page
from calltrace.web.way import HOME, safe_path, sign_in_path

RETRY_AFTER_SECONDS = 5
_FAULT = Words(
    "It was written down. Try again; if it stays, tell whoever runs this installation the number below."
)

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def render(request: Request, error: CallTraceError) -> Response:
    """An error as a page."""
    answer = page(
        request,
        "error.html",
        status=error.status,
        error=error,
        again=_again(request) if error.retryable or error.status >= CallTraceError.status else None,
        request_id=request.scope.get("request_id", ""),
    )
    answer.headers.update(error.headers)
    if error.status == UnavailableError.status:
        answer.headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
    return answer


def _again(request: Request) -> str:
    """Where a person tries once more: this page, or the one that a form was sent from."""
    url = request.url if request.method in {"GET", "HEAD"} else _came_from(request)
    return url.path if url.path == "/login" else safe_path(_asked(url))


def _came_from(request: Request) -> URL:
    """A page of ours, as the browser says; the start if it says none, or nonsense."""
    came_from = URL(request.headers.get("referer", ""))
    with suppress(ValueError):
        if came_from.netloc == request.url.netloc:
            return came_from
    return URL(HOME)


def _asked(url: URL) -> str:
    return url.path + (f"?{url.query}" if url.query else "")


def install(app: FastAPI) -> None:
    """Render every error of the app as a page."""
    app.add_exception_handler(SignInNeededError, _sign_in)
    app.add_exception_handler(SecondFactorOwedError, _second_factor)
    app.add_exception_handler(CallTraceError, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


async def _sign_in(request: Request, _error: Exception) -> Response:
    """To the sign-in page and back. What was sent is not sent again: the page it came from is shown."""
    wanted = HOME
    if request.method in {"GET", "HEAD"}:
        wanted = _asked(request.url)
    return RedirectResponse(sign_in_path(wanted), 303)


async def _second_factor(_request: Request, _error: Exception) -> Response:
    """To the page that sets one up."""
    return RedirectResponse("/account/second-factor", 303)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, CallTraceError)
    return render(request, error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == MethodNotAllowedError.status:
        answer = render(
            request, MethodNotAllowedError(Words("%(method)s is not possible here.", method=request.method))
        )
        answer.headers.update(error.headers or {})
        return answer
    await _recognise(request)
    return render(request, NotFoundError("There is no page at this address."))


async def _recognise(request: Request) -> None:
    """No route looked who asks; whoever is signed in keeps the menu, unless nobody can be asked."""
    with suppress(UnavailableError):
        await maybe_signed_in(request, get_platform(request))


async def _validation(request: Request, _error: Exception) -> Response:
    """Parameters of an address that we never write that way."""
    return render(request, NotFoundError("There is no page at this address."))


def unexpected(request: Request, error: Exception) -> Response:
    """A fault of ours: the details stay in the log."""
    log.error("page_failed", request_id=request.scope.get("request_id"), exc_info=error)
    return render(request, CallTraceError(_FAULT))
