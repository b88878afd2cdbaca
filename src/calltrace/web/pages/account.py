"""``/account``: the own name, password, second factor and sessions."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import profile, queries, sessions
from calltrace.accounts.errors import RateLimitedError
from calltrace.accounts.sessions import SignedIn
from calltrace.accounts.sign_in import change_password
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.pipeline.context import Platform
from calltrace.web.deps import ActorDep, PlatformDep, PostedDep, SignedInDep, path_id
from calltrace.web.forms import Form, Mistakes
from calltrace.web.render import NO_MISTAKES, page

router = APIRouter(prefix="/account")
_FIELDS = ("name", "phoneNumber", "currentPassword", "newPassword", "repeatedPassword")
_DIFFERENT = Words("The two new passwords are not the same.")


@router.get("")
async def show(request: Request, platform: PlatformDep, who: SignedInDep) -> Response:
    """The person, the password form, and where the person is signed in."""
    return await _page(request, platform, who)


async def _page(
    request: Request, platform: Platform, who: SignedIn, error: CallTraceError | None = None,
    form: Form | None = None,
) -> Response:  # fmt: skip
    async with platform.database.tenant(who.org_id) as session:
        living = await sessions.living(session, who.user_id)
        user = await queries.user(session, who.user_id)
    mistakes = Mistakes.of(error, _FIELDS) if error else NO_MISTAKES
    status = error.status if error else 200
    answer = page(
        request,
        "account.html",
        status=status,
        mistakes=mistakes,
        sessions=living,
        name=form.text("name") if form else who.name or "",
        phone=form.text("phoneNumber") if form else (user and user.phone_number) or "",
        verified=user is None or user.email_verified,
    )
    answer.headers.update(error.headers if error else {})
    return answer


@router.post("/profile")
async def change_profile(
    request: Request, platform: PlatformDep, who: SignedInDep, actor: ActorDep, form: PostedDep
) -> Response:  # fmt: skip
    """Change the own name and telephone number; the role is for those who manage people."""
    try:
        async with platform.database.tenant(who.org_id) as session:
            await profile.describe(session, who, form.text("name"), form.text("phoneNumber"), actor)
    except InvalidRequestError as error:
        return await _page(request, platform, who, error, form)
    return RedirectResponse("/account?done=profile-saved", 303)


@router.post("/password")
async def password(
    request: Request, platform: PlatformDep, who: SignedInDep, actor: ActorDep, form: PostedDep
) -> Response:  # fmt: skip
    """Change the password; every other session ends."""
    try:
        new = _same(form)
        await change_password(platform.database, who, form.exact("currentPassword"), new, actor)
    except (InvalidRequestError, RateLimitedError) as error:
        return await _page(request, platform, who, error)
    return RedirectResponse("/account?done=password-changed", 303)


def _same(form: Form) -> str:
    new = form.exact("newPassword")
    if new != form.exact("repeatedPassword"):
        raise InvalidRequestError(_DIFFERENT, errors=[FieldError("/repeatedPassword", _DIFFERENT)])
    return new


@router.get("/profile")
@router.get("/password")
async def again(_who: SignedInDep) -> Response:
    """The address of the answer to a refused form, when it is opened anew."""
    return RedirectResponse("/account", 303)


@router.post("/sessions/{session_id}/end")
async def end(
    session_id: str, platform: PlatformDep, who: SignedInDep, actor: ActorDep, _form: PostedDep
) -> Response:  # fmt: skip
    """Sign out one of the own sessions."""
    async with platform.database.tenant(who.org_id) as session:
        await sessions.end(session, who, path_id(session_id), actor)
    return RedirectResponse("/account?done=session-ended", 303)


@router.post("/sessions/end-others")
async def end_others(
    platform: PlatformDep, who: SignedInDep, actor: ActorDep, _form: PostedDep
) -> Response:  # fmt: skip
    """Sign out everywhere else."""
    async with platform.database.tenant(who.org_id) as session:
        await sessions.end_others(session, who, actor)
    return RedirectResponse("/account?done=sessions-ended", 303)
