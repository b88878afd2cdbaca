"""Whom an OpenID provider vouches for signs in: somebody who is known here, or whom the operator lets in.

The provider is the operator's choice (OIDC_ISSUER) and vouches for addresses: whoever it says has a confirmed
address is the person of that address here. A second factor is asked for there, not here.
"""

from dataclasses import dataclass

from calltrace.accounts import audit, codes, limits, once, queries, service, sign_in
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.errors import (
    AlreadyExistsError,
    EmailNotConfirmedError,
    ForbiddenError,
    NotInvitedError,
)
from calltrace.accounts.models import User, UserRole
from calltrace.accounts.names import LONGEST_NAME, checked_email, checked_name
from calltrace.accounts.sessions import SignedIn, Visitor
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.errors import ConfigurationError, InvalidRequestError, NotFoundError
from calltrace.kit.openid import Begun, Identity
from calltrace.kit.openid.errors import SignOnNotBegunError

LEAST: UserRole = "agent"
"""What somebody becomes whom nobody invited: an agent who is nobody of the catalogue sees no call."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back from the provider, and where from.

    Attributes:
        newcomers: id or name of the organisation of those whom nobody invited; empty: they stay out.
        previous_token: of the session that this browser was signed in with before.
    """

    identity: Identity
    visitor: Visitor
    request_id: str | None
    newcomers: str = ""
    previous_token: str | None = None


async def take_once(database: Database, begun: Begun) -> None:
    """Let a sign-in that was begun be answered once, whatever comes of it.

    Raises:
        SignOnNotBegunError: it was answered already.
    """
    if not await once.first(database, limits.subject("single-sign-on", begun.state), begun.ends):
        raise SignOnNotBegunError("This answer was used already. Sign in once more.")


async def sign_on(database: Database, arrival: Arrival) -> tuple[SignedIn, str]:
    """Begin a session; answers it with its token.

    Raises:
        EmailNotConfirmedError: the provider does not vouch for an address.
        NotInvitedError: nobody here has the address, and newcomers stay out.
        ForbiddenError: the person was deactivated, or never confirmed the address here.
    """
    email = _vouched(arrival.identity)
    known = await _known(database, email) or await _made(database, email, arrival)
    async with database.tenant(known.org_id) as session:
        user = await queries.locked_user(session, known.id)
        if user is None or user.email.lower() != email.lower():
            raise NotInvitedError(_UNKNOWN)
        if user.deactivated_at is not None:
            raise ForbiddenError("This account was deactivated. Ask an owner or admin of your organisation.")
        if user.awaits_verification:  # else whoever registered with the address first would know a password
            raise ForbiddenError("Confirm your address first: the link is in the mail that you were sent.")
        if user.signed_on_at is None:
            await codes.withdraw(session, user.id)
        user.signed_on_at = clock.now()
        begun = await sign_in.begin(session, user, arrival.visitor, arrival.request_id, single_sign_on=True)
    await sign_in.leave_previous(
        database, sign_in.Attempt(email, "", arrival.visitor, arrival.previous_token), arrival.request_id
    )
    return begun


_UNKNOWN = "Nobody here has this address. An owner or admin of your organisation can invite you."


def _vouched(identity: Identity) -> str:
    if not identity.email_verified:
        raise EmailNotConfirmedError("Your provider does not say that your e-mail address was confirmed.")
    try:
        return checked_email(identity.email)
    except InvalidRequestError as error:
        raise EmailNotConfirmedError("Your provider says no e-mail address of yours.") from error


async def _known(database: Database, email: str) -> User | None:
    async with database.presenting(email.lower()) as session:
        return await queries.user_by_email(session, email)


async def _made(database: Database, email: str, arrival: Arrival) -> User:
    """Somebody new, with the least role."""
    if not arrival.newcomers:
        raise NotInvitedError(_UNKNOWN)
    async with database.operator() as session:
        try:
            organisation = await service.find_organisation(session, arrival.newcomers)
        except NotFoundError as error:
            raise ConfigurationError("OIDC_NEWCOMERS names no organisation of this installation.") from error
    try:
        async with database.tenant(organisation.id) as session:
            user = User(org_id=organisation.id, email=email, role=LEAST, name=_name(arrival.identity))
            await service.add_user(session, user)
            actor = Actor("user", email, user.id, arrival.visitor.address, arrival.request_id)
            await audit.record(session, user.org_id, actor, Deed("user.signed_on_first", user.id))
            return user
    except AlreadyExistsError:  # two at once
        known = await _known(database, email)
        if known is None:
            raise
        return known


def _name(identity: Identity) -> str | None:
    """As the provider writes it, if it can be written here."""
    try:
        return checked_name((identity.name or "")[:LONGEST_NAME])
    except InvalidRequestError:
        return None
