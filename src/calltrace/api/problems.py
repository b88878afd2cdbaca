"""Errors on the wire: ``application/problem+json`` (RFC 9457) with a stable ``code``."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from calltrace.accounts.errors import UnauthorizedError
from calltrace.kit.errors import (
    CallTraceError,
    FieldError,
    InvalidRequestError,
    NotFoundError,
    UnavailableError,
)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class ProblemField(BaseModel):
    """One field that was refused: a JSON pointer into the request, and why."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """An error as it is answered."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank#not_found", "title": "Not found", "status": 404,
                "detail": "There is no analysis with this id.", "code": "not_found",
                "requestId": "req_01jz8n0f8ck2bk0smq7h2x1t0r",
            }
        }
    )  # fmt: skip

    type: str
    title: str
    status: int
    detail: str
    code: str
    requestId: str  # noqa: N815 - the wire's name
    errors: list[ProblemField] | None = None


class MethodNotAllowedError(CallTraceError):
    """The path exists, the method does not."""

    code = "method_not_allowed"
    status = 405
    title = "Method not allowed"


class RequestTooLargeError(CallTraceError):
    """The request body is over the limit."""

    code = "request_too_large"
    status = 413
    title = "The request body is too large"


class InvalidJsonError(CallTraceError):
    """The body is no JSON (acceptance CT-053)."""

    code = "invalid_json"
    status = 400
    title = "The request body is not valid JSON"


class UnsupportedContentTypeError(CallTraceError):
    """The body is not declared as JSON (acceptance CT-054)."""

    code = "unsupported_content_type"
    status = 400
    title = "The content type is not supported"


class NotAcceptableError(CallTraceError):
    """The client accepts nothing that can be answered."""

    code = "not_acceptable"
    status = 406
    title = "There is no such representation"


def render(request: Request, error: CallTraceError) -> JSONResponse:
    """An error in this contract's shape."""
    problem = Problem(
        type=f"{request.base_url}problems/{error.code}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        requestId=request.scope.get("request_id", ""),
        errors=[ProblemField(pointer=one.pointer, detail=one.detail) for one in error.errors] or None,
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True), error.status, headers=_headers(error), media_type=MEDIA_TYPE
    )


def _headers(error: CallTraceError) -> dict[str, str]:
    if isinstance(error, UnauthorizedError):
        return {"WWW-Authenticate": 'Bearer realm="calltrace"'}
    retry = {"Retry-After": str(RETRY_AFTER_SECONDS)} if error.status == UnavailableError.status else {}
    return retry | dict(error.headers)


def install(app: FastAPI) -> None:
    """Render every error of the app as a problem."""
    app.add_exception_handler(CallTraceError, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


async def _known(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CallTraceError)
    return render(request, error)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == MethodNotAllowedError.status:
        answer = render(request, MethodNotAllowedError(f"{request.method} is not possible here."))
        told = (error.headers or {}).get("Allow", "").split(", ")
        answer.headers["Allow"] = ", ".join(sorted({*told, *_documented(request)} - {""}))
        return answer
    return render(request, NotFoundError("There is nothing at this path."))


def _documented(request: Request) -> set[str]:
    """Every method of the path: the router itself names only those of the first route that fits.

    A path that is documented as it is stands for nothing else, even where a word of it could be an id.
    """
    paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    if literal := paths.get(request.url.path):
        return {verb.upper() for verb in literal}
    fitting = (verbs for path, verbs in paths.items() if compile_path(path)[0].match(request.url.path))
    return {verb.upper() for verbs in fitting for verb in verbs}


async def _validation(request: Request, error: Exception) -> JSONResponse:
    """Parameters that FastAPI refused (decision CTX-7: 400)."""
    assert isinstance(error, RequestValidationError)
    fields = [FieldError("/" + str(one["loc"][-1]), one["msg"]) for one in error.errors()]
    names = ", ".join(sorted({one.pointer[1:] for one in fields}))
    return render(request, InvalidRequestError(f"Not valid: {names}.", errors=fields))


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """A fault of ours: the details stay in the log."""
    log.error("request_failed", request_id=request.scope.get("request_id"), exc_info=error)
    return render(request, CallTraceError("Retry with the same idempotency key; nothing is done twice."))
