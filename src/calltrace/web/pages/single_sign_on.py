"""``/login/sso``: to the provider and back. A link and not a form: our policy lets no form lead elsewhere."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import single_sign_on, throttle
from calltrace.accounts.single_sign_on import Arrival
from calltrace.kit.errors import CallTraceError, NotFoundError
from calltrace.kit.openid import Provider, begun
from calltrace.kit.openid.errors import SignOnRefusedError
from calltrace.kit.words import Words
from calltrace.pipeline.context import Platform
from calltrace.web import cookies, problems
from calltrace.web.deps import MaybeSignedIn, PlatformDep, VisitorDep
from calltrace.web.pages.sign_in import signed_in
from calltrace.web.way import HOME, safe_path

PATH = "/login/sso"
CALLBACK = f"{PATH}/callback"
_REASONS = {
    "access_denied": Words("It says that access was denied."),
    "login_required": Words("It asks you to sign in there."),
}
_NO_REASON = Words("It gave no reason that we know.")
router = APIRouter()
Told = Annotated[str, Query(max_length=4096)]


@dataclass(frozen=True, slots=True)
class Said:
    """What the provider said by way of the browser (RFC 6749, 4.1.2; RFC 9207)."""

    state: Told = ""
    code: Told = ""
    error: Told = ""
    iss: Annotated[str | None, Query(max_length=4096)] = None


@router.get(PATH)
async def go(
    platform: PlatformDep, visitor: VisitorDep, who: MaybeSignedIn,
    wanted: Annotated[str, Query(alias="next")] = HOME,
) -> Response:  # fmt: skip
    """To the provider; whoever is signed in already goes on."""
    provider = _provider(platform)
    if who is not None:
        return RedirectResponse(safe_path(wanted), 303)
    await throttle.sign_on_attempt(platform.database, visitor.address)
    one = begun.begin(safe_path(wanted))
    answer = RedirectResponse(await provider.way_there(one, _callback(platform)), 303)
    secure, seconds = cookies.is_secure(platform.public_url), int(begun.GOOD_FOR.total_seconds())
    cookies.set_sign_on(answer, one.sealed(platform.box), seconds, secure=secure)
    return answer


@router.get(CALLBACK)
async def come_back(
    request: Request, platform: PlatformDep, visitor: VisitorDep, said: Annotated[Said, Depends()]
) -> Response:  # fmt: skip
    """From the provider: a session, or a page that says why not. Either way this sign-in is over."""
    secure = cookies.is_secure(platform.public_url)
    provider, token = _provider(platform), cookies.session_token(request, secure=secure)
    try:
        one = begun.carried(platform.box, cookies.sign_on(request, secure=secure), said.state)
        await throttle.sign_on_attempt(platform.database, visitor.address)
        await single_sign_on.take_once(platform.database, one)
        if said.error or not said.code:
            raise SignOnRefusedError(_REASONS.get(said.error, _NO_REASON))
        identity = await provider.came_back(one, said.code, said.iss, _callback(platform))
        arrival = Arrival(
            identity, visitor, request.scope["request_id"], platform.settings.oidc_newcomers, token
        )
        _who, begun_session = await single_sign_on.sign_on(platform.database, arrival)
        answer = signed_in(platform, begun_session, one.wanted)
    except CallTraceError as refused:
        answer = problems.render(request, refused)
    cookies.set_sign_on(answer, "", 0, secure=secure)
    return answer


@router.get(f"{PATH}/out")
async def leave(platform: PlatformDep, who: MaybeSignedIn) -> Response:
    """To the provider, to sign out there too; whoever is still signed in here does that first."""
    if who is not None:
        return RedirectResponse("/logout", 303)
    return RedirectResponse(
        await _provider(platform).way_out(f"{platform.public_url}/login") or "/login", 303
    )


def _provider(platform: Platform) -> Provider:
    if platform.provider is None:
        raise NotFoundError("Single sign-on is not set up here.")
    return platform.provider


def _callback(platform: Platform) -> str:
    """The address that the provider knows, and sends browsers back to."""
    return f"{platform.public_url}{CALLBACK}"
