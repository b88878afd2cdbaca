"""Errors in this contract's shape: ``{"error":{"code","message"}}`` (acceptance CR-050 to CR-055)."""

from collections.abc import Mapping

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from calltrace.accounts.errors import UnauthorizedError
from calltrace.kit.errors import CallTraceError, InvalidRequestError, NotFoundError, UnavailableError

RETRY_AFTER_SECONDS = 5
_CODES: Mapping[str, str] = {
    "invalid_request": "validation_error", "unavailable": "service_unavailable",
    "quota_exceeded": "rate_limit_exceeded",
}  # fmt: skip
"""Codes of ours that are called otherwise here; an error of the database has its own."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class MethodNotAllowedError(CallTraceError):
    """The path exists, and can only be read (acceptance CR-016)."""

    code = "method_not_allowed"
    status = 405
    title = "Method not allowed"


class ErrorDetail(BaseModel):
    """What went wrong: a stable code, and a sentence for people."""

    code: str
    message: str


class ErrorBody(BaseModel):
    """The body of every error."""

    error: ErrorDetail


def render(error: CallTraceError) -> JSONResponse:
    """An error as it is answered."""
    code = _CODES.get(error.code, error.code)
    body = ErrorBody(error=ErrorDetail(code=code, message=error.detail))
    return JSONResponse(body.model_dump(), error.status, headers=_headers(error))


def _headers(error: CallTraceError) -> dict[str, str]:
    if isinstance(error, UnauthorizedError):
        return {"WWW-Authenticate": 'Bearer realm="callcenterrate"'}
    retry = {"Retry-After": str(RETRY_AFTER_SECONDS)} if error.status == UnavailableError.status else {}
    return retry | dict(error.headers)


def install(app: FastAPI) -> None:
    """Render every error of the application in this shape."""
    app.add_exception_handler(CallTraceError, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


async def _known(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CallTraceError)
    return render(error)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == MethodNotAllowedError.status:
        answer = render(MethodNotAllowedError(f"{request.method} is not possible: this API is read-only."))
        answer.headers["Allow"] = "GET"
        return answer
    return render(NotFoundError("There is nothing at this path."))


async def _validation(_request: Request, error: Exception) -> JSONResponse:
    """Query parameters that were refused; the message names each (acceptance CR-054)."""
    assert isinstance(error, RequestValidationError)
    faults = (f"{one['loc'][-1]}: {one['msg'].removeprefix('Value error, ')}" for one in error.errors())
    return render(InvalidRequestError("; ".join(faults)))


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """A fault of ours: the details stay in the log."""
    log.error("request_failed", request_id=request.scope.get("request_id"), exc_info=error)
    return render(CallTraceError("Something went wrong on our side."))
