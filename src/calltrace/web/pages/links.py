"""Pages for whoever comes by a link of a message: a forgotten password, an invitation, an address."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.background import BackgroundTask

from calltrace.accounts import codes, links, throttle
from calltrace.accounts.codes import Holder
from calltrace.accounts.errors import CodeRefusedError, RateLimitedError
from calltrace.accounts.links import NewPassword
from calltrace.accounts.models import CodeKind
from calltrace.accounts.sessions import Visitor
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.pipeline.context import Platform
from calltrace.web import anonymous
from calltrace.web.deps import PlatformDep, VisitorDep
from calltrace.web.forms import Form
from calltrace.web.pages.sign_in import signed_in
from calltrace.web.way import HOME

router = APIRouter()
Token = Annotated[str, Query(max_length=200)]
_FIELDS = ("email", "name", "newPassword", "repeatedPassword")
DIFFERENT = Words("The two new passwords are not the same.")


@router.get("/forgot-password")
async def forgot(request: Request, platform: PlatformDep) -> Response:
    """The form that asks for a link to a new password."""
    return anonymous.form_page(request, platform.public_url, "links/forgot.html", email="", asked=False)


@router.post("/forgot-password")
async def ask(request: Request, platform: PlatformDep, visitor: VisitorDep) -> Response:
    """The same answer for every address; what is done about it is done after the answer."""
    form = await anonymous.posted(request, platform.public_url)
    email = form.text("email")
    try:
        if not email:
            raise _wrong("email", Words("Write the e-mail address that you sign in with."))
        await throttle.link_request(platform.database, visitor.address)
    except (InvalidRequestError, RateLimitedError) as error:
        return anonymous.form_page(
            request, platform.public_url, "links/forgot.html", error=error, fields=_FIELDS, email=email,
            asked=False,
        )  # fmt: skip
    answer = anonymous.form_page(request, platform.public_url, "links/forgot.html", email=email, asked=True)
    answer.background = BackgroundTask(
        links.ask_for_reset, platform.database, email, platform.public_url, visitor,
        request.scope["request_id"],
    )  # fmt: skip
    return answer


@router.get("/reset-password")
async def reset_form(
    request: Request, platform: PlatformDep, visitor: VisitorDep, token: Token = ""
) -> Response:
    """The form for a new password, if the link is good."""
    return await _open(request, platform, visitor, "reset", token)


@router.get("/invitation")
async def invitation(
    request: Request, platform: PlatformDep, visitor: VisitorDep, token: Token = ""
) -> Response:
    """The form that takes an invitation, if the link is good."""
    return await _open(request, platform, visitor, "invite", token)


async def _open(
    request: Request, platform: Platform, visitor: Visitor, kind: CodeKind, token: str
) -> Response:
    try:
        holder = await codes.holder(platform.database, kind, token, visitor.address)
    except (CodeRefusedError, RateLimitedError) as error:
        return _refused(request, platform, kind, error)
    return _form(request, platform, kind, holder, Form({"token": [token], "name": [holder.name or ""]}))


def _form(
    request: Request, platform: Platform, kind: CodeKind, holder: Holder | None, form: Form,
    error: CallTraceError | None = None,
) -> Response:  # fmt: skip
    email = holder.email if holder else form.text("email")
    return anonymous.form_page(
        request,
        platform.public_url,
        f"links/{kind}.html",
        error=error,
        fields=_FIELDS,
        email=email,
        form=form,
    )


def _refused(request: Request, platform: Platform, kind: CodeKind, error: CallTraceError) -> Response:
    return anonymous.form_page(request, platform.public_url, "links/refused.html", error=error, kind=kind)


@router.post("/reset-password")
async def reset(request: Request, platform: PlatformDep, visitor: VisitorDep) -> Response:
    """Set the password, and lead to where it is used."""
    form = await anonymous.posted(request, platform.public_url)
    try:
        await links.reset(platform.database, _chosen(request, visitor, form))
    except (CodeRefusedError, RateLimitedError) as error:
        return _refused(request, platform, "reset", error)
    except InvalidRequestError as error:
        return _form(request, platform, "reset", None, form, error)
    return RedirectResponse("/login?done=password-set", 303)


@router.post("/invitation")
async def accept(request: Request, platform: PlatformDep, visitor: VisitorDep) -> Response:
    """Set name and password, and begin."""
    form = await anonymous.posted(request, platform.public_url)
    try:
        _who, token = await links.accept(platform.database, _chosen(request, visitor, form))
    except (CodeRefusedError, RateLimitedError) as error:
        return _refused(request, platform, "invite", error)
    except InvalidRequestError as error:
        return _form(request, platform, "invite", None, form, error)
    return signed_in(platform, token, HOME)


@router.get("/verify-email")
async def confirm_form(
    request: Request, platform: PlatformDep, visitor: VisitorDep, token: Token = ""
) -> Response:
    """A button, if the link is good: programs that open links of mails must not use it up."""
    return await _open(request, platform, visitor, "verify", token)


@router.post("/verify-email")
async def confirm(request: Request, platform: PlatformDep, visitor: VisitorDep) -> Response:
    """Take the person's word that the address is theirs."""
    form = await anonymous.posted(request, platform.public_url)
    try:
        await links.verify(platform.database, form.exact("token"), visitor, request.scope["request_id"])
    except (CodeRefusedError, RateLimitedError) as error:
        return _refused(request, platform, "verify", error)
    return RedirectResponse("/login?done=address-confirmed", 303)


def _chosen(request: Request, visitor: Visitor, form: Form) -> NewPassword:
    if form.exact("newPassword") != form.exact("repeatedPassword"):
        raise _wrong("repeatedPassword", DIFFERENT)
    return NewPassword(
        form.exact("token"),
        form.exact("newPassword"),
        visitor,
        request.scope["request_id"],
        form.text("name"),
    )


def _wrong(field: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError(detail, errors=[FieldError(f"/{field}", detail)])
