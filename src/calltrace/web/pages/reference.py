"""``/docs``: the API reference, made from the OpenAPI document; it needs no other host and no script.

Also ``/problems/{code}``: where the ``type`` of an error answer leads.
"""

from http import HTTPStatus

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.kit.errors import NotFoundError
from calltrace.web.deps import PlatformDep, maybe_signed_in
from calltrace.web.error_codes import error_codes
from calltrace.web.operations import grouped
from calltrace.web.render import page

router = APIRouter()


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
