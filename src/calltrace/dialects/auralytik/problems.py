"""Errors in this contract's shape and with its codes (acceptance AU-010, AU-020 to AU-028)."""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from calltrace.accounts.errors import (
    AddressNotAllowedError,
    InsufficientScopeError,
    RateLimitedError,
    UnauthorizedError,
)
from calltrace.dialects.auralytik.errors import (
    HttpsRequiredError,
    MethodNotAllowedError,
    SignatureError,
    TimestampExpiredError,
)
from calltrace.kit.errors import (
    CallTraceError,
    FieldError,
    FileTooLargeError,
    InvalidRequestError,
    NotFoundError,
)
from calltrace.kit.links import LinkRefusedError

RETRY_AFTER_SECONDS = 5

_CODES: Mapping[type[CallTraceError], str] = {
    UnauthorizedError: "INVALID_API_KEY",
    SignatureError: "INVALID_SIGNATURE",
    TimestampExpiredError: "TIMESTAMP_EXPIRED",
    InsufficientScopeError: "INSUFFICIENT_SCOPE",
    AddressNotAllowedError: "IP_NOT_ALLOWED",
    HttpsRequiredError: "HTTPS_REQUIRED",
    LinkRefusedError: "SIGNED_URL_INVALID",
    RateLimitedError: "RATE_LIMIT_EXCEEDED",
    MethodNotAllowedError: "METHOD_NOT_ALLOWED",
}
_BY_STATUS: Mapping[int, tuple[int, str]] = {
    400: (400, "VALIDATION_ERROR"),
    404: (404, "RESOURCE_NOT_FOUND"),
    409: (409, "CONFLICT"),
    413: (413, "PAYLOAD_TOO_LARGE"),
    416: (416, "RANGE_NOT_SATISFIABLE"),
    422: (400, "VALIDATION_ERROR"),
    429: (429, "RATE_LIMIT_EXCEEDED"),
    503: (503, "SERVICE_UNAVAILABLE"),
}
_INTERNAL = (500, "INTERNAL_ERROR")
_MESSAGES = {
    "INTERNAL_ERROR": "An unexpected error happened; contact support if it goes on.",
    "RESOURCE_NOT_FOUND": "The requested resource does not exist.",
    "SERVICE_UNAVAILABLE": "The service is temporarily unavailable; retry in a moment.",
}
"""Where what happened inside is nothing for callers."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def code_of(error: CallTraceError) -> tuple[int, str]:
    """Status and code of an error on this wire."""
    own = next((code for kind, code in _CODES.items() if isinstance(error, kind)), None)
    if own is not None:
        return error.status, own
    if isinstance(error, FileTooLargeError):
        return 413, "PAYLOAD_TOO_LARGE"
    return _BY_STATUS.get(error.status, _INTERNAL)


def render(request: Request, error: CallTraceError) -> JSONResponse:
    """An error in this contract's shape; a number in ``retryAfter`` stands in a header, too."""
    status, code = code_of(error)
    retry_after = _retry_after(status, error)
    content: dict[str, Any] = {
        "code": code,
        "message": _MESSAGES.get(code, error.detail),
        "requestId": request.scope.get("request_id", ""),
        "retryAfter": retry_after,
    }
    if code == "VALIDATION_ERROR":
        content["details"] = [_detail(one) for one in error.errors]
    headers = {name: value for name, value in error.headers.items() if name != "Retry-After"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return JSONResponse({"error": content}, status, headers)


def _retry_after(status: int, error: CallTraceError) -> int | None:
    if status == RateLimitedError.status:
        return int(error.headers.get("Retry-After", RETRY_AFTER_SECONDS))
    return RETRY_AFTER_SECONDS if status == _BY_STATUS[503][0] else None


def _detail(one: FieldError) -> dict[str, str]:
    return {"field": one.pointer.strip("/").replace("/", "."), "message": one.detail}


def install(app: FastAPI) -> None:
    """Render every error of the app in this shape."""
    app.add_exception_handler(CallTraceError, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


async def _known(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CallTraceError)
    if code_of(error) == _INTERNAL:
        log.error("request_failed", request_id=request.scope.get("request_id"), exc_info=error)
    return render(request, error)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == MethodNotAllowedError.status:
        refused = MethodNotAllowedError(f"{request.method} is not possible here.")
        refused.headers = dict(error.headers or {})
        return render(request, refused)
    return render(request, NotFoundError("There is nothing at this path."))


async def _validation(request: Request, error: Exception) -> JSONResponse:
    """Parameters that FastAPI refused (acceptance AUX-3: 400)."""
    assert isinstance(error, RequestValidationError)
    fields = [
        FieldError("/" + str(one["loc"][-1]), one["msg"].removeprefix("Value error, "))
        for one in error.errors()
    ]
    names = ", ".join(sorted({one.pointer[1:] for one in fields}))
    return render(request, InvalidRequestError(f"Not valid: {names}.", errors=fields))


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """What no handler caught: an error of ours from before the routes, or a fault whose details stay here."""
    if not isinstance(error, CallTraceError):
        log.error("request_failed", request_id=request.scope.get("request_id"), exc_info=error)
        error = CallTraceError("")
    return render(request, error)
