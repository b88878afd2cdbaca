"""Our cookies. Two are random: what they mean is in the database; that of a sign-in elsewhere is sealed."""

from datetime import datetime
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from calltrace.kit import clock

SESSION, FORM, SIGN_ON = "calltrace_session", "calltrace_form", "calltrace_sign_on"
_FORM_SECONDS = 12 * 3600


def is_secure(public_url: str) -> bool:
    """Whether browsers reach us by https, and cookies may be bound to that."""
    return urlsplit(public_url).scheme == "https"


def cookie_name(name: str, *, secure: bool) -> str:
    """With https the name promises that no other host and no plain connection set it (RFC 6265bis, 4.1.3)."""
    return f"__Host-{name}" if secure else name


def session_token(request: Request, *, secure: bool) -> str | None:
    """The token of the session that the browser presents."""
    return request.cookies.get(cookie_name(SESSION, secure=secure))


def form_token(request: Request, *, secure: bool) -> str | None:
    """The token that ties a form to this browser before anybody is signed in."""
    return request.cookies.get(cookie_name(FORM, secure=secure))


def sign_on(request: Request, *, secure: bool) -> str:
    """The sign-in at the provider that this browser began (``kit.openid.begun``), sealed."""
    return request.cookies.get(cookie_name(SIGN_ON, secure=secure), "")


def set_sign_on(response: Response, sealed: str, seconds: int, *, secure: bool) -> None:
    """Let the browser carry it; with nothing and no seconds it is forgotten."""
    _set(response, SIGN_ON, sealed, seconds, secure=secure)


def set_session(response: Response, token: str, expires_at: datetime, *, secure: bool) -> None:
    """Hand the session to the browser: no script can read it, and no other site can send it along."""
    seconds = int((expires_at - clock.now()).total_seconds())
    _set(response, SESSION, token, seconds, secure=secure)


def set_form_token(response: Response, token: str, *, secure: bool) -> None:
    """Tie the browser to the form that is answered with it."""
    _set(response, FORM, token, _FORM_SECONDS, secure=secure)


def forget_session(response: Response, *, secure: bool) -> None:
    """Take the session away from the browser."""
    _set(response, SESSION, "", 0, secure=secure)


def _set(response: Response, name: str, value: str, seconds: int, *, secure: bool) -> None:
    response.set_cookie(
        cookie_name(name, secure=secure), value, max_age=seconds, path="/", secure=secure,
        httponly=True, samesite="lax",
    )  # fmt: skip
