"""``/admin/integrations/signature``: why a receiver refuses a delivery, and what it should check with."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from calltrace.kit import clock
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words
from calltrace.web.deps import Desk, DeskDep, PostedDocumentDep
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.endpoints import OWNERS_ONLY
from calltrace.web.pages.home import INTEGRATIONS
from calltrace.web.render import NO_MISTAKES, page
from calltrace.web.snippets import snippets
from calltrace.webhooks import queries, rotation
from calltrace.webhooks.checking import Case, Known, Report, check
from calltrace.webhooks.models import Endpoint
from calltrace.webhooks.pasted import Pasted
from calltrace.webhooks.wires import wire_of

PATH = f"{INTEGRATIONS}/signature"
router = APIRouter(prefix=PATH)
_FIELDS = ("endpoint", "headers")
_CHOOSE = Words("Choose the endpoint that the delivery went to.")
_PASTE = Words("Paste the headers that the receiver got, one a line.")


@router.get("")
async def form(request: Request, desk: DeskDep, endpoint: Annotated[str, Query()] = "") -> Response:
    """The form, and what to check with."""
    return _page(request, await _endpoints(desk), Form({"endpoint": [endpoint]}))


@router.post("")
async def look(request: Request, desk: DeskDep, form: PostedDocumentDep) -> Response:
    """What a receiver would say, and why. Nothing is kept of it."""
    known = await _endpoints(desk)
    try:
        chosen = _chosen(known, form)
        pasted = Pasted.of(form.exact("headers"), form.exact("body"))
        report = check(_case(desk, chosen, known, pasted, await _sent(desk, chosen, pasted)))
    except InvalidRequestError as error:
        return _page(request, known, form, error=error)
    return _page(request, known, form, report=report)


def _page(
    request: Request, known: Sequence[Endpoint], form: Form, *, report: Report | None = None,
    error: CallTraceError | None = None,
) -> Response:  # fmt: skip
    chosen = next((one for one in known if str(one.id) == form.text("endpoint")), None)
    signed = wire_of(chosen.contract if chosen else "calltrace").signed
    return page(
        request, "endpoints/signature.html", status=error.status if error else 200, form=form, report=report,
        endpoints=[(str(one.id), f"{one.url} ({one.contract}, {one.mode})") for one in known],
        mistakes=Mistakes.of(error, _FIELDS) if error else NO_MISTAKES, signed=signed,
        snippets=snippets(signed).items(),
    )  # fmt: skip


async def _endpoints(desk: Desk) -> Sequence[Endpoint]:
    """Those that the person may manage."""
    async with desk.transaction() as session:
        found = await queries.endpoints(session)
    return [one for one in found if one.contract not in OWNERS_ONLY or desk.who.role == "owner"]


def _chosen(known: Sequence[Endpoint], form: Form) -> Endpoint:
    wanted = as_uuid(form.text("endpoint"))
    chosen = next((one for one in known if one.id == wanted), None)
    if chosen is None:
        raise InvalidRequestError(_CHOOSE, errors=[FieldError("/endpoint", _CHOOSE)])
    if not form.text("headers"):
        raise InvalidRequestError(_PASTE, errors=[FieldError("/headers", _PASTE)])
    return chosen


async def _sent(desk: Desk, endpoint: Endpoint, pasted: Pasted) -> str | None:
    """The body that we sent under the id that the headers name, if that was to this endpoint."""
    delivery_id = pasted.header(wire_of(endpoint.contract).signed.delivery)
    async with desk.transaction() as session:
        found = await queries.delivery_with_endpoint(session, delivery_id)
    return found[0].body if found and found[1].id == endpoint.id else None


def _case(
    desk: Desk, chosen: Endpoint, known: Sequence[Endpoint], pasted: Pasted, sent: str | None
) -> Case:  # fmt: skip
    now, box = clock.now(), desk.platform.box
    newest, *earlier = rotation.good_secrets(chosen, now)
    secrets = [Known(Words("the secret of now"), box.open(newest))]
    secrets += [Known(Words("a secret of before the rotation, still good"), box.open(one)) for one in earlier]
    others = [
        Known(Words("the secret of %(url)s", url=one.url), box.open(one.sealed_secret))
        for one in known
        if one is not chosen
    ]
    return Case(chosen.contract, secrets, others, pasted, sent, now)
