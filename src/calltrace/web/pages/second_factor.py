"""``/account/second-factor``: an authenticator beside the password, and recovery codes."""

import io

import segno
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from calltrace.accounts import queries, second_factor
from calltrace.accounts.errors import ForbiddenError, RateLimitedError
from calltrace.accounts.second_factor import Setup
from calltrace.accounts.sessions import SignedIn
from calltrace.kit.errors import CallTraceError, InvalidRequestError
from calltrace.kit.words import Words, local
from calltrace.pipeline.context import Platform
from calltrace.web import once
from calltrace.web.deps import ActorDep, PlatformDep, PostedDep, SignedInDep
from calltrace.web.forms import Mistakes
from calltrace.web.render import NO_MISTAKES, page

PATH = "/account/second-factor"
router = APIRouter(prefix=PATH)
_FIELDS = ("code", "currentPassword")
_REFUSED = (InvalidRequestError, RateLimitedError, ForbiddenError)
_GROUP = 4


@router.get("")
async def show(request: Request, platform: PlatformDep, who: SignedInDep) -> Response:
    """How to set one up, or what there is."""
    return await _page(request, platform, who)


async def _page(
    request: Request, platform: Platform, who: SignedIn, error: CallTraceError | None = None, sealed: str = ""
) -> Response:
    async with platform.database.tenant(who.org_id) as session:
        found = await queries.member(session, who.user_id)
    user, asked = found or (None, False)
    values = {} if who.has_second_factor else _offer(platform, who, sealed)
    answer = page(
        request, "account/second_factor.html", status=error.status if error else 200,
        mistakes=Mistakes.of(error, _FIELDS) if error else NO_MISTAKES, once=once.ticket(who),
        left=len(user.recovery_hashes) if user else 0, asked=asked, **values,
    )  # fmt: skip
    answer.headers.update(error.headers if error else {})
    return answer


def _offer(platform: Platform, who: SignedIn, sealed: str) -> dict[str, object]:
    """A secret to be set up; the one that was offered before, if there is one."""
    known = second_factor.offered(platform.box, who.user_id, sealed) if sealed else None
    secret = known or second_factor.new_secret()
    groups = " ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP))
    return {
        "sealed": sealed or second_factor.sealed_offer(platform.box, who.user_id, secret),
        "secret": groups, "picture": picture(second_factor.address(secret, who.email)),
    }  # fmt: skip


def picture(text: str) -> Markup:
    """A QR code as inline SVG, dark on white whatever the page looks like: cameras want it that way."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=3, dark="#000", light="#fff",
        svgclass="qr", lineclass=None, title=local(Words("QR code for your authenticator")),
    )  # fmt: skip
    return Markup(out.getvalue().decode())  # noqa: S704 - drawn by segno from squares, with a title of ours


@router.post("/enable")
async def enable(
    request: Request, platform: PlatformDep, who: SignedInDep, actor: ActorDep, form: PostedDep
) -> Response:
    """Take the authenticator that was shown to work, and show the recovery codes, this once."""
    sealed = form.exact("sealed")
    try:
        secret = second_factor.offered(platform.box, who.user_id, sealed)
    except InvalidRequestError as error:
        return await _page(request, platform, who, error)
    try:
        await once.use(platform.database, who, form.exact("once"))
        setup = Setup(secret, form.text("code"), form.exact("currentPassword"))
        codes = await second_factor.enable(platform.database, platform.box, who, setup, actor)
    except _REFUSED as error:
        return await _page(request, platform, who, error, sealed)
    return _codes(request, codes)


def _codes(request: Request, codes: list[str]) -> Response:
    return page(request, "account/recovery_codes.html", status=201, codes=codes)


@router.post("/renew")
async def renew(
    request: Request, platform: PlatformDep, who: SignedInDep, actor: ActorDep, form: PostedDep
) -> Response:
    """New recovery codes, shown this once."""
    try:
        codes = await second_factor.renew(platform.database, who, form.exact("currentPassword"), actor)
    except _REFUSED as error:
        return await _page(request, platform, who, error)
    return _codes(request, codes)


@router.post("/disable")
async def disable(
    request: Request, platform: PlatformDep, who: SignedInDep, actor: ActorDep, form: PostedDep
) -> Response:
    """Take it away, with the password."""
    try:
        await second_factor.disable(platform.database, who, form.exact("currentPassword"), actor)
    except _REFUSED as error:
        return await _page(request, platform, who, error)
    return RedirectResponse("/account?done=second-factor-off", 303)


@router.get("/enable")
@router.get("/renew")
@router.get("/disable")
async def again(_who: SignedInDep) -> Response:
    """The address of the answer to a refused form, when it is opened anew."""
    return RedirectResponse(PATH, 303)
