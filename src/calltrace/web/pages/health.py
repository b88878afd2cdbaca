"""``/admin/health``: how the installation is doing, for owners."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from calltrace.evaluation.model.server import chosen_model
from calltrace.kit.words import Words
from calltrace.pipeline.checks import Finding, examine
from calltrace.pipeline.health import health
from calltrace.speech.engines.catalogue import chosen
from calltrace.web.deps import Desk, OwnersDeskDep, PostedDep
from calltrace.web.render import page

PATH = "/admin/health"
router = APIRouter(prefix=PATH)


@router.get("")
async def show(request: Request, desk: OwnersDeskDep) -> Response:
    """What waits, who works, how much room there is; the page looks again by itself."""
    return await _show(request, desk)


@router.post("")
async def check(request: Request, desk: OwnersDeskDep, _form: PostedDep) -> Response:
    """The same, with the checks of ``calltrace doctor``: some write to the store or call other servers."""
    return await _show(request, desk, await examine(desk.platform))


async def _show(request: Request, desk: Desk, findings: list[Finding] | None = None) -> Response:
    settings = desk.platform.settings
    speech, model = chosen(settings), chosen_model(settings)
    return page(
        request, "health/show.html", health=await health(desk.platform), findings=findings,
        recogniser=Words("%(model)s on another server", model=speech.model) if speech.url else speech.model,
        language_model=model.model if model.url else None,
        by_mail=bool(settings.smtp_url), files=settings.effective_storage_url.startswith("file:"),
    )  # fmt: skip
