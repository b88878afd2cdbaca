"""``/docs``: the API reference, made from the OpenAPI document; it needs no other host and no script.

Also ``/problems/{code}``: where the ``type`` of an error answer leads.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.kit.errors import NotFoundError
from calltrace.web.deps import PlatformDep, maybe_signed_in
from calltrace.web.error_codes import error_codes
from calltrace.web.operations import described, grouped
from calltrace.web.render import page

CONTRACTS: Mapping[str, tuple[str, str]] = {
    "callcov": ("CallCov", "/callcov/docs"), "callcenterrate": ("Call Center Rate", ""),
    "auralytik": ("Auralytik", "/auralytik/swagger"),
}  # fmt: skip
"""The contracts of other vendors: what each is called, and a page that is its own, if it has one."""
_REASONS = {str(status.value): status.phrase for status in HTTPStatus}
router = APIRouter()


@router.get("/docs", dependencies=[Depends(maybe_signed_in)])
async def reference(request: Request, platform: PlatformDep) -> Response:
    """Every operation with its scopes, parameters, bodies, answers and a command to paste."""
    document = request.app.state.openapi()
    return page(
        request, "reference.html", info=document["info"], groups=grouped(document, platform.public_url),
        objects=described(document), codes=error_codes(), reasons=_REASONS, contracts=CONTRACTS,
        contract=None,
    )  # fmt: skip


@router.get("/docs/{contract}", dependencies=[Depends(maybe_signed_in)])
async def contract_reference(request: Request, contract: str, platform: PlatformDep) -> Response:
    """The same of a contract of another vendor, from its own document."""
    documents = cast("Mapping[str, Callable[[], dict[str, Any]]]", request.app.state.documents)
    if contract not in CONTRACTS or contract not in documents:
        raise NotFoundError("There is no such contract.")
    document = documents[contract]()
    return page(
        request, "reference.html", info=document["info"],
        groups=grouped(document, f"{platform.public_url}/{contract}"), objects=described(document), codes=(),
        reasons=_REASONS, contracts=CONTRACTS, contract=contract,
    )  # fmt: skip


@router.get("/problems/{code}")
async def problem(code: str) -> Response:
    """Where an error's ``type`` leads."""
    if code not in {one.code for one in error_codes()}:
        raise NotFoundError("There is no error with this code.")
    return RedirectResponse(f"/docs#problem-{code}", 303)
