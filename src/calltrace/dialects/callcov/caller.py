"""Who is calling: an API key in either header, or a person's access token (acceptance CV-020 to CV-023)."""

import uuid
from dataclasses import dataclass

from starlette.datastructures import Headers

from calltrace.accounts import keys
from calltrace.accounts import queries as accounts
from calltrace.accounts.audit import Actor
from calltrace.accounts.errors import UnauthorizedError
from calltrace.accounts.keys import check_address, note_use, presented
from calltrace.accounts.models import Mode, UserRole
from calltrace.accounts.sessions import ADMINISTRATORS
from calltrace.dialects.callcov.errors import CREDENTIALS, RefusedError
from calltrace.pipeline.context import Platform
from calltrace.reviews.who import of_user

_DOTS = 2
"""In a JSON Web Token; keys have none."""
NEEDS_PERSON = "This endpoint requires a JWT token"
FORBIDDEN = "Insufficient permissions"


@dataclass(frozen=True, slots=True)
class Caller:
    """A key of an organisation, or a person of it.

    Attributes:
        mode: whose data: people act in live mode.
        name: as the audit trail has it: the key's prefix, or the person's address.
        own_limit: requests a minute of this key, where it has a limit of its own.
        role: of the person, or of the one whose key it is; ``None`` for keys of the organisation itself.
        agents: whose calls may be seen; ``None`` for everybody's.
    """

    org_id: uuid.UUID
    mode: Mode
    name: str
    key_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None
    role: UserRole | None = None
    own_limit: int | None = None
    agents: frozenset[uuid.UUID] | None = None

    @property
    def livemode(self) -> bool:
        """As the contract tells the mode (acceptance CV-008)."""
        return self.mode == "live"

    @property
    def subject(self) -> tuple[str, uuid.UUID | None]:
        """What requests are counted by."""
        return ("key", self.key_id) if self.key_id else ("user", self.user_id)

    def actor(self, address: str | None, request_id: str | None) -> Actor:
        """The caller as the audit trail names it."""
        kind, found = ("api_key", self.key_id) if self.key_id else ("user", self.user_id)
        return Actor("api_key" if kind == "api_key" else "user", self.name, found, address, request_id)

    def require_person(self) -> uuid.UUID:
        """The person; keys are refused.

        Raises:
            RefusedError: 403.
        """
        if self.user_id is None:
            raise RefusedError(403, NEEDS_PERSON)
        return self.user_id

    @property
    def administers(self) -> bool:
        """Whether keys, billing and secrets are theirs: owners, admins, keys of the organisation."""
        return self.role is None or self.role in ADMINISTRATORS

    def require_administrator(self) -> None:
        """Refuse people who are neither owner nor admin; a key acts for the whole organisation.

        Raises:
            RefusedError: 403.
        """
        if not self.administers:
            raise RefusedError(403, FORBIDDEN)

    def require_whole_view(self) -> None:
        """Refuse whoever sees the calls of some agents only, and so might not see what they make.

        Raises:
            RefusedError: 403.
        """
        if self.agents is not None:
            raise RefusedError(403, FORBIDDEN)


async def identify(platform: Platform, headers: Headers, peer: str | None) -> Caller:
    """Who presents these credentials; where two are given both must be good, and the first counts.

    Keys of people open what their person may do now, and nothing once they are gone.

    Raises:
        UnauthorizedError: none, or one that opens nothing.
    """
    found = [
        *[await _bearer(platform, value, peer) for value in headers.getlist("authorization")],
        *[await _key(platform, value.strip(), peer) for value in headers.getlist("x-api-key")],
    ]
    if not found or any(one.org_id != found[0].org_id for one in found):
        raise UnauthorizedError(CREDENTIALS)
    return found[0]


async def _bearer(platform: Platform, value: str, peer: str | None) -> Caller:
    scheme, _, token = value.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise UnauthorizedError(CREDENTIALS)
    return await (_person(platform, token) if token.count(".") == _DOTS else _key(platform, token, peer))


async def _person(platform: Platform, token: str) -> Caller:
    user = await platform.tokens.person(platform.database, token)
    async with platform.database.tenant(user.org_id) as session:
        who = await of_user(session, user.id, Actor("user", user.email, user.id))
    return Caller(user.org_id, "live", user.email, user_id=user.id, role=who.role, agents=who.agents)


async def _key(platform: Platform, token: str, peer: str | None) -> Caller:
    key = await presented(platform.database, token, "callcov")
    check_address(key, peer)
    role, agents = await _power_of(platform, key.org_id, key.user_id) if key.user_id else (None, None)
    await note_use(platform.database, key)
    principal = keys.principal_of(key)
    return Caller(
        principal.org_id, principal.mode, principal.prefix, key_id=key.id, role=role,
        own_limit=key.rate_limit_per_minute, agents=agents,
    )  # fmt: skip


async def _power_of(
    platform: Platform, org_id: uuid.UUID, user_id: uuid.UUID
) -> tuple[UserRole | None, frozenset[uuid.UUID] | None]:
    """Role and agents of whoever made a key for themself.

    Raises:
        UnauthorizedError: they are gone.
    """
    async with platform.database.tenant(org_id) as session:
        owner = await accounts.user(session, user_id)
        if owner is None or owner.deactivated_at is not None:
            raise UnauthorizedError(CREDENTIALS)
        who = await of_user(session, user_id, Actor("user", owner.email, owner.id))
    return who.role, who.agents
