"""``/docs``: the API reference, made from the OpenAPI document; it needs no other host and no script.

Also ``/problems/{code}``: where the ``type`` of an error answer leads.
"""

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.kit.errors import CallTraceError, NotFoundError
from calltrace.web.deps import PlatformDep, maybe_signed_in
from calltrace.web.operations import grouped
from calltrace.web.render import page

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A stable code, as an answer or as the ``error`` of an analysis."""

    code: str
    status: int
    title: str
    text: str
    retryable: bool


def error_codes() -> list[ErrorCode]:
    """Every code that exists, from the errors themselves."""
    found: dict[str, ErrorCode] = {}
    for kind in _kinds(CallTraceError):
        text = (kind.__doc__ or "").split("\n\n")[0].partition(" (acceptance")[0].rstrip(".")
        if kind.code not in found:
            found[kind.code] = ErrorCode(kind.code, int(kind.status), kind.title, text, kind.retryable)
    return sorted(found.values(), key=lambda one: (one.status, one.code))


def _kinds(kind: type[CallTraceError]) -> list[type[CallTraceError]]:
    return [kind, *(below for one in kind.__subclasses__() for below in _kinds(one))]


@router.get("/docs", dependencies=[Depends(maybe_signed_in)])
async def reference(request: Request, platform: PlatformDep) -> Response:
    """Every operation with its scopes, parameters, bodies, answers and a command to paste."""
    document = request.app.state.openapi()
    groups = grouped(document, platform.public_url)
    reasons = {str(status.value): status.phrase for status in HTTPStatus}
    return page(
        request, "reference.html", info=document["info"], groups=groups, codes=error_codes(), reasons=reasons
    )


@router.get("/problems/{code}")
async def problem(code: str) -> Response:
    """Where an error's ``type`` leads."""
    if code not in {one.code for one in error_codes()}:
        raise NotFoundError("There is no error with this code.")
    return RedirectResponse(f"/docs#problem-{code}", 303)
