"""What people change of themselves."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, links, queries, throttle
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.errors import AlreadyExistsError, RateLimitedError, WrongPasswordError
from calltrace.accounts.names import checked_email, checked_name, checked_phone
from calltrace.accounts.sessions import SignedIn
from calltrace.accounts.sign_in import confirmed, unchanged
from calltrace.db.conflicts import broken_constraint
from calltrace.db.session import Database
from calltrace.kit.errors import FieldError

_UNIQUE = "uq_users_email_lower"
_TAKEN = "Somebody else signs in with this address."
_CHANGED = "Your password was changed meanwhile."
_OFTEN = "Enough messages went to this address for now. Look into the spam folder, or try again in an hour."
_HOUR = 3600


async def describe(session: AsyncSession, who: SignedIn, name: str, phone: str, actor: Actor) -> None:
    """Give oneself another name and telephone number, or none. The same again is no deed.

    Raises:
        InvalidRequestError: one will not do.
    """
    wanted = {"name": checked_name(name), "phone_number": checked_phone(phone)}
    user = await queries.locked_user(session, who.user_id)
    changed = [field for field, value in wanted.items() if user and getattr(user, field) != value]
    if user is not None and changed:
        user.name, user.phone_number = wanted["name"], wanted["phone_number"]
        await audit.record(session, who.org_id, actor, Deed("user.updated", user.id, {"fields": changed}))


def taken(error: IntegrityError) -> bool:
    """Whether a write failed because somebody has the address, perhaps in an organisation we cannot see."""
    return broken_constraint(error) == _UNIQUE


async def move(
    database: Database, who: SignedIn, password: str, email: str, public_url: str, actor: Actor
) -> None:
    """Sign in with another address from now on, which is to be confirmed. The same again is no deed.

    Raises:
        InvalidRequestError: it is none. WrongPasswordError: the password is not the current one.
        AlreadyExistsError: somebody else has it. RateLimitedError: there were too many tries.
    """
    wanted = checked_email(email)
    known = await confirmed(database, who, password)
    if wanted != known.email and not await throttle.may_send_link(database, wanted):
        raise RateLimitedError(_OFTEN, _HOUR)
    try:
        async with database.tenant(who.org_id) as session:
            user = await unchanged(session, known)
            if user is None:
                raise WrongPasswordError(_CHANGED, errors=[FieldError("/currentPassword", _CHANGED)])
            if user.email != wanted:
                await links.send_to_new_address(session, user, wanted, public_url)
                deed = Deed("user.updated", user.id, {"fields": ["email"]})
                await audit.record(session, who.org_id, actor, deed)
    except IntegrityError as error:
        if taken(error):
            raise AlreadyExistsError(_TAKEN, errors=[FieldError("/email", _TAKEN)]) from error
        raise


async def ask_again(database: Database, who: SignedIn, public_url: str) -> None:
    """Send the message that asks to confirm the address once more, if it is still to be confirmed.

    Raises:
        RateLimitedError: enough were sent.
    """
    if not await throttle.may_send_link(database, who.email):
        raise RateLimitedError(_OFTEN, _HOUR)
    async with database.tenant(who.org_id) as session:
        user = await queries.locked_user(session, who.user_id)
        if user is not None and not user.email_verified:
            await links.send_verification(session, user, public_url)
