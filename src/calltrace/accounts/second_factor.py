"""A second factor: codes of an authenticator (TOTP, RFC 6238), and recovery codes for the day it is lost.

A code is good for its half minute and the ones beside it, and once: the newest step of which a code was
taken is remembered. The secret is sealed; of recovery codes (80 random bits) only hashes are kept.
"""

import base64
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from pyotp import random_base32
from pyotp.totp import TOTP
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, queries, sessions, throttle
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.errors import ForbiddenError, WrongCodeError
from calltrace.accounts.models import User
from calltrace.accounts.sessions import SignedIn
from calltrace.accounts.sign_in import confirmed
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.encryption import SecretBox, SecretUnreadableError
from calltrace.kit.errors import FieldError
from calltrace.kit.signatures import same

ISSUER = "Call Trace"
STEP_SECONDS = 30
"""What every authenticator takes for granted."""
DRIFT = 1
"""Steps that a clock may be ahead or behind (RFC 6238, section 5.2)."""
RECOVERY_CODES = 10
_RECOVERY_BYTES, _GROUP = 10, 4
_WRONG = "This code is not right, or was used already. Wait for the next one."
_SETUP = "second-factor-setup"


def new_secret() -> str:
    """160 random bits in base32."""
    return random_base32()


def address(secret: str, email: str) -> str:
    """The ``otpauth:`` address that authenticators read from a QR code."""
    return TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def sealed_offer(box: SecretBox, user_id: uuid.UUID, secret: str) -> str:
    """A secret on its way through the form that sets it up: nothing is kept before it works."""
    return box.seal(f"{_SETUP} {user_id} {secret}")


def offered(box: SecretBox, user_id: uuid.UUID, sealed: str) -> str:
    """The secret of ``sealed_offer``.

    Raises:
        WrongCodeError: it was not offered to this person.
    """
    try:
        kind, owner, secret = box.open(sealed).split(" ")
    except (SecretUnreadableError, ValueError) as error:
        raise _wrong() from error
    if (kind, owner) != (_SETUP, str(user_id)):
        raise _wrong()
    return secret


def step_of(secret: str, code: str, at: datetime, newest: int | None) -> int | None:
    """The time step that a code belongs to, if it is good now and newer than the newest one taken."""
    totp, now = TOTP(secret), int(at.timestamp()) // STEP_SECONDS
    for step in range(now - DRIFT, now + DRIFT + 1):
        if (newest is None or step > newest) and same(totp.generate_otp(step), code):
            return step
    return None


@dataclass(frozen=True, slots=True)
class Setup:
    """A secret, a code that shows that the authenticator has it, and the person's password."""

    secret: str
    code: str
    password: str


async def enable(
    database: Database, box: SecretBox, who: SignedIn, setup: Setup, actor: Actor
) -> list[str]:  # fmt: skip
    """Give a person a second factor that was shown to work; answers the recovery codes, this once.

    Raises:
        WrongPasswordError, WrongCodeError, RateLimitedError: what was typed is not right, or too often.
    """
    await throttle.second_factor(database, who.user_id)
    step = step_of(setup.secret, _digits(setup.code), clock.now(), None)
    if step is None:
        raise _wrong()
    known = await confirmed(database, who, setup.password)
    codes = recovery_codes()
    async with database.tenant(who.org_id) as session:
        user = await _unchanged(session, known)
        user.sealed_totp, user.totp_step, user.recovery_hashes = box.seal(setup.secret), step, hashes(codes)
        await audit.record(session, who.org_id, actor, Deed("user.second_factor_enabled", user.id))
        await sessions.end_others(session, who, actor)
    return codes


async def disable(database: Database, who: SignedIn, password: str, actor: Actor) -> None:
    """Take the second factor away.

    Raises:
        ForbiddenError: the organisation asks for one. WrongPasswordError, RateLimitedError: as above.
    """
    known = await confirmed(database, who, password)
    async with database.tenant(who.org_id) as session:
        found = await queries.member(session, who.user_id)
        if found is not None and found[1]:
            raise ForbiddenError("Your organisation asks everybody for a second factor.")
        forget(await _unchanged(session, known))
        await audit.record(session, who.org_id, actor, Deed("user.second_factor_disabled", who.user_id))


async def renew(database: Database, who: SignedIn, password: str, actor: Actor) -> list[str]:
    """New recovery codes, shown this once; those of before are worth nothing.

    Raises:
        ForbiddenError: there is no second factor. WrongPasswordError, RateLimitedError: as above.
    """
    known = await confirmed(database, who, password)
    codes = recovery_codes()
    async with database.tenant(who.org_id) as session:
        user = await _unchanged(session, known)
        if user.sealed_totp is None:
            raise ForbiddenError("There is no second factor to recover.")
        user.recovery_hashes = hashes(codes)
        await audit.record(session, who.org_id, actor, Deed("user.recovery_codes_renewed", user.id))
    return codes


def forget(user: User) -> None:
    """The person has no second factor any more."""
    user.sealed_totp, user.totp_step, user.recovery_hashes = None, None, []


def take(box: SecretBox, user: User, code: str) -> bool:
    """Use a code up, of the authenticator or for recovery; whether it was good.

    Args:
        box: opens the secret.
        user: locked, with a second factor.
        code: what was typed.
    """
    step = step_of(box.open(user.sealed_totp or ""), _digits(code), clock.now(), user.totp_step)
    if step is not None:
        user.totp_step = step
        return True
    hashed = _hash(code)
    left = [one for one in user.recovery_hashes if not same(one, hashed)]
    used = len(left) < len(user.recovery_hashes)
    user.recovery_hashes = left
    return used


async def _unchanged(session: AsyncSession, known: User) -> User:
    """The user, locked; somebody who was removed meanwhile is told as a wrong code."""
    user = await queries.locked_user(session, known.id)
    if user is None or user.password_hash != known.password_hash:
        raise _wrong()
    return user


def recovery_codes() -> list[str]:
    """As many as a person gets, in groups of four letters and digits."""
    return [_grouped(secrets.token_bytes(_RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]


def _grouped(raw: bytes) -> str:
    text = base64.b32encode(raw).decode().lower()
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def hashes(codes: list[str]) -> list[str]:
    """What is kept of them."""
    return [_hash(code) for code in codes]


def _hash(code: str) -> str:
    """SHA-256 of the letters and digits: people leave out the hyphens."""
    plain = "".join(one for one in code.lower() if one.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def _digits(code: str) -> str:
    return "".join(code.split())


def _wrong() -> WrongCodeError:
    return WrongCodeError(_WRONG, errors=[FieldError("/code", _WRONG)])
