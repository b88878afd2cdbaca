"""Errors in this contract's shape: ``{"detail": …}``, a text or a list of items (CV-023, CV-030)."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from calltrace.accounts.errors import RateLimitedError, UnauthorizedError
from calltrace.kit.errors import CallTraceError

Item = Mapping[str, Any]

CREDENTIALS = "Invalid authentication credentials"
PERMISSIONS = "Insufficient permissions"
INTERNAL = "Internal server error"
_FIXED: Mapping[int, str] = {
    401: CREDENTIALS, 403: PERMISSIONS, 404: "Not Found", 405: "Method Not Allowed",
    429: "Rate limit exceeded", 500: INTERNAL,
}  # fmt: skip
"""What is said for a status, whatever went wrong: callers learn no more than that."""
_AS = {409: 400, 413: 400, 415: 400, 503: 500}
"""Statuses that the contract does not have, and what is answered in their place."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class RefusedError(CallTraceError):
    """Refused with a status and a text that the contract names."""

    code = "refused"

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class InvalidError(CallTraceError):
    """Values that are not allowed, item by item (acceptance CV-030, CV-031)."""

    code = "invalid"
    status = 422

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__("The request is not valid.")
        self.items = list(items)


def refused_field(place: Sequence[str | int], kind: str, text: str, given: Any) -> InvalidError:
    """One value of a body, a form or a header that is not allowed.

    Args:
        place: as ``("body", "audio_url")``.
        kind: the item's ``type``.
        text: the item's ``msg``.
        given: what was received.
    """
    return InvalidError([{"type": kind, "loc": list(place), "msg": text, "input": given}])


def render(error: CallTraceError) -> JSONResponse:
    """An error as it is answered."""
    status = _AS.get(error.status, error.status)
    detail: Any = _FIXED.get(status, error.detail)
    if isinstance(error, RefusedError):
        detail = error.detail
    if isinstance(error, InvalidError):
        detail = error.items
    elif status == InvalidError.status:
        detail = [{"type": error.code, "loc": ["body"], "msg": error.detail, "input": None}]
    return JSONResponse({"detail": detail}, status, headers=_headers(error, status))


def _headers(error: CallTraceError, status: int) -> dict[str, str]:
    challenge = {"WWW-Authenticate": "Bearer"} if status == UnauthorizedError.status else {}
    return challenge | dict(error.headers)


def too_many(seconds: int) -> JSONResponse:
    """The answer to whoever asked too often; free again in so many seconds."""
    return render(RateLimitedError("Rate limit exceeded", max(1, seconds)))


def install(app: FastAPI) -> None:
    """Render every error of the application in this shape."""
    app.add_exception_handler(CallTraceError, _known)
    app.add_exception_handler(HTTPException, _http)


async def _known(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CallTraceError)
    if error.status >= 500:  # noqa: PLR2004 - the class of our own faults
        log.error("request_failed", request_id=request.scope.get("request_id"), exc_info=error)
    return render(error)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    answer = JSONResponse({"detail": _FIXED.get(error.status_code, error.detail)}, error.status_code)
    if error.status_code == 405:  # noqa: PLR2004 - method not allowed
        answer.headers["Allow"] = ", ".join(sorted(_methods(request)))
    return answer


def _methods(request: Request) -> set[str]:
    """Every method of a path, as the document has them: the router itself names only those of one route."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", "")).rstrip("/")
    paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    fitting = (verbs for known, verbs in paths.items() if compile_path(known.rstrip("/"))[0].match(path))
    return {verb.upper() for verbs in fitting for verb in verbs}


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """A fault of ours: the details stay in the log."""
    log.error("request_failed", request_id=request.scope.get("request_id"), exc_info=error)
    return JSONResponse({"detail": INTERNAL}, 500)
