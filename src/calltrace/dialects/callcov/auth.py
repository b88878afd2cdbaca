"""``/auth/*``: register, confirm, log in, renew, forget a password (acceptance CV-070 to CV-075)."""

import re
from typing import Annotated, Any

from fastapi import BackgroundTasks, Request, Response
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

from calltrace.accounts import links, queries, registration, throttle
from calltrace.accounts.access import Pair, owes_second_factor
from calltrace.accounts.errors import (
    AlreadyExistsError,
    CodeRefusedError,
    ForbiddenError,
    NotVerifiedError,
)
from calltrace.accounts.links import NewPassword
from calltrace.accounts.names import LONGEST_EMAIL, PHONE, is_mailable
from calltrace.accounts.registration import LogIn, Newcomer
from calltrace.accounts.sessions import Visitor
from calltrace.dialects.callcov import schemas
from calltrace.dialects.callcov.body import read_json
from calltrace.dialects.callcov.door import PlatformDep
from calltrace.dialects.callcov.errors import RefusedError
from calltrace.dialects.callcov.reading import json_answer
from calltrace.dialects.callcov.routes import Routes
from calltrace.dialects.callcov.shown import created

routes = Routes("/auth", "Authentication", security=())
_BAD_CODE = "Invalid or expired code"
_CONFIRMED = "Email verified. Second factor required"
_KINDS = (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9]")


def _email(text: str) -> str:
    email = text.strip()
    if not email.isprintable() or not is_mailable(email):
        raise ValueError("not an e-mail address")
    return email


def _strong(text: str) -> str:
    if not all(re.search(kind, text) for kind in _KINDS):
        raise ValueError("use upper and lower case letters, digits and special characters")
    return text


def _long_enough(text: str) -> str:
    if not 8 <= len(text) <= 1024:  # noqa: PLR2004 - as accounts.passwords has it
        raise ValueError("use 8 to 1024 characters")
    return text


Email = Annotated[str, StringConstraints(max_length=LONGEST_EMAIL), AfterValidator(_email)]
Password = Annotated[str, AfterValidator(_long_enough), AfterValidator(_strong)]
Given = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
Phone = Annotated[str, StringConstraints(pattern=PHONE)]
PersonName = Annotated[str, StringConstraints(max_length=200)]


class Taken(BaseModel):
    """Unknown fields of a request are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)


class Register(Taken):
    """``POST /auth/register``."""

    email: Email
    password: Password
    phone_number: Phone | None = None
    name: PersonName | None = None


class Login(Taken):
    """``POST /auth/login``; ``otp`` is the code of the second factor, of those who have one."""

    email: Given
    password: Given
    otp: Given | None = None


class Code(Taken):
    """``POST /auth/verify-email``."""

    code: Given


class Refresh(Taken):
    """``POST /auth/refresh``."""

    refresh_token: Given


class ForgottenPassword(Taken):
    """``POST /auth/password-reset``."""

    email: Email


class ResetPassword(Taken):
    """``POST /auth/password-reset/confirm``; ``token`` is another name for ``code``."""

    code: Given = Field(validation_alias=AliasChoices("code", "token"))
    new_password: Password


def visitor_of(request: Request) -> Visitor:
    """Where a request comes from."""
    peer = request.client.host if request.client else None
    return Visitor(peer, request.headers.get("user-agent"))


@routes.add("POST", "/register", schemas.Registered, status=201, sends=Register, errors=(400, 403))
async def register(request: Request, platform: PlatformDep) -> Response:
    """Create an account: an organisation, of which you are the owner."""
    wanted = await read_json(request, Register)
    if platform.settings.callcov_registration == "off":
        raise RefusedError(403, "Registration is disabled")
    newcomer = Newcomer(
        wanted.email, wanted.password, wanted.name, wanted.phone_number, visitor_of(request),
        request.scope["request_id"],
    )  # fmt: skip
    try:
        user = await registration.register(platform.database, newcomer, platform.public_url)
    except AlreadyExistsError as error:
        raise RefusedError(400, "Email already registered") from error
    return json_answer(
        {
            "id": str(user.id), "object": "user", "created": created(user.created_at), "livemode": True,
            "email": user.email, "is_verified": False,
            "message": "Registration successful. Please check your email to verify your account.",
            "success": True,
        }, 201,
    )  # fmt: skip


@routes.add("POST", "/verify-email", schemas.Tokens, sends=Code, errors=(400, 403))
async def verify_email(request: Request, platform: PlatformDep) -> Response:
    """Confirm your address with the code that you were mailed."""
    wanted = await read_json(request, Code)
    try:
        user = await links.verify(
            platform.database, wanted.code, visitor_of(request), request.scope["request_id"]
        )
    except CodeRefusedError as error:
        raise RefusedError(400, _BAD_CODE) from error
    async with platform.database.tenant(user.org_id) as session:
        known = await queries.locked_user(session, user.id)
        if known is None:  # gone meanwhile
            raise RefusedError(400, _BAD_CODE)
        if known.sealed_totp is not None or await owes_second_factor(session, known):
            raise RefusedError(403, _CONFIRMED)  # a mailbox is not the second factor
        return json_answer(_tokens(await platform.tokens.begin(session, known)))


def _tokens(pair: Pair) -> dict[str, Any]:
    return {
        "access_token": pair.access_token, "refresh_token": pair.refresh_token, "token_type": "bearer",
        "expires_in": pair.expires_in,
    }  # fmt: skip


@routes.add("POST", "/login", schemas.Tokens, sends=Login, errors=(401, 403))
async def login(request: Request, platform: PlatformDep) -> Response:
    """Get tokens for your password, and a code of your second factor if you have one."""
    wanted = await read_json(request, Login)
    asked = LogIn(wanted.email.strip(), wanted.password, visitor_of(request), wanted.otp)
    try:
        pair = await registration.log_in(platform.database, platform.tokens, platform.box, asked)
    except NotVerifiedError as error:
        raise RefusedError(403, error.title) from error
    except ForbiddenError as error:
        raise RefusedError(403, error.detail) from error
    return json_answer(_tokens(pair))


@routes.add("POST", "/refresh", schemas.Tokens, sends=Refresh, errors=(401,))
async def refresh(request: Request, platform: PlatformDep) -> Response:
    """Get new tokens; the refresh token is dead from then on."""
    wanted = await read_json(request, Refresh)
    return json_answer(_tokens(await platform.tokens.renew(platform.database, wanted.refresh_token)))


@routes.add("POST", "/password-reset", schemas.Done, sends=ForgottenPassword)
async def password_reset(request: Request, platform: PlatformDep, later: BackgroundTasks) -> Response:
    """Be mailed a code for a new password; the answer does not tell whether the address is known."""
    wanted = await read_json(request, ForgottenPassword)
    visitor = visitor_of(request)
    await throttle.link_request(platform.database, visitor.address)
    later.add_task(
        links.ask_for_reset, platform.database, wanted.email, platform.public_url, visitor,
        request.scope["request_id"],
    )  # fmt: skip
    answer = json_answer(
        {"message": "If the address is registered, a reset email was sent.", "success": True}
    )
    answer.background = later
    return answer


@routes.add("POST", "/password-reset/confirm", schemas.Done, sends=ResetPassword, errors=(400,))
async def confirm_password_reset(request: Request, platform: PlatformDep) -> Response:
    """Choose a new password with the code that you were mailed."""
    wanted = await read_json(request, ResetPassword)
    chosen = NewPassword(wanted.code, wanted.new_password, visitor_of(request), request.scope["request_id"])
    try:
        await links.reset(platform.database, chosen)
    except CodeRefusedError as error:
        raise RefusedError(400, _BAD_CODE) from error
    return json_answer({"message": "Password has been reset.", "success": True})
