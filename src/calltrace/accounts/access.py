"""Access and refresh tokens of people: JSON Web Tokens (RFC 7519), signed with keys that SECRET_KEY gives.

An access token is good for half an hour, and as long as its person is. A refresh token is good once: it is
answered with a new pair, and when it comes again its whole family ends (RFC 9700, section 4.14.2).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries
from calltrace.accounts.errors import UnauthorizedError
from calltrace.accounts.models import RefreshToken, User
from calltrace.db.clock import database_now
from calltrace.db.session import Database
from calltrace.kit.ids import as_uuid, uuid7

ACCESS, REFRESH = timedelta(minutes=30), timedelta(days=7)
_CONTEXT = b"calltrace access tokens v1"
_ALGORITHM = "HS256"
_LONGEST = 4096
_REFUSED = "The token opens nothing."
Kind = Literal["access", "refresh"]


@dataclass(frozen=True, slots=True)
class Pair:
    """What somebody is given who has shown who they are; ``expires_in`` seconds of the access token."""

    access_token: str
    refresh_token: str
    expires_in: int = int(ACCESS.total_seconds())


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and reads tokens. The first secret signs, all verify."""

    secrets: tuple[str, ...]

    async def begin(self, session: AsyncSession, user: User) -> Pair:
        """The first pair of a new family, in a transaction of the organisation."""
        return await self._pair(session, user, uuid7())

    async def _pair(self, session: AsyncSession, user: User, family: uuid.UUID) -> Pair:
        now = await database_now(session)
        row = RefreshToken(
            id=uuid7(), org_id=user.org_id, user_id=user.id, family=family, expires_at=now + REFRESH
        )
        session.add(row)
        await session.flush()
        access = self._signed(user, "access", uuid7(), now, ACCESS)
        return Pair(access, self._signed(user, "refresh", row.id, now, REFRESH))

    def _signed(self, user: User, kind: Kind, token_id: uuid.UUID, now: datetime, lifetime: timedelta) -> str:
        claims = {
            "sub": str(user.id), "org": str(user.org_id), "type": kind, "jti": str(token_id),
            "iat": int(now.timestamp()), "exp": int((now + lifetime).timestamp()),
        }  # fmt: skip
        return jwt.encode({"alg": _ALGORITHM, "typ": "JWT"}, claims, _key(self.secrets[0]))

    def _read(self, token: str, kind: Kind) -> tuple[uuid.UUID, uuid.UUID, uuid.UUID, int]:
        """Organisation, person, id and end of a token of ours of this kind."""
        claims = self._claims(token) if len(token) <= _LONGEST else {}
        ids = [as_uuid(str(claims.get(name, ""))) for name in ("org", "sub", "jti")]
        org_id, user_id, token_id = ids
        if claims.get("type") != kind or org_id is None or user_id is None or token_id is None:
            raise UnauthorizedError(_REFUSED)
        return org_id, user_id, token_id, int(claims["exp"])

    def _claims(self, token: str) -> dict[str, Any]:
        for secret in self.secrets:
            try:
                return dict(jwt.decode(token, _key(secret), algorithms=[_ALGORITHM]).claims)
            except (JoseError, ValueError, TypeError, RecursionError):  # of headers that anybody can write
                continue
        return {}

    async def person(self, database: Database, token: str) -> User:
        """Who an access token belongs to, as they are now.

        Raises:
            UnauthorizedError: it is none of ours, over, or the person is gone.
        """
        org_id, user_id, _token_id, end = self._read(token, "access")
        async with database.tenant(org_id) as session:
            now, user = await database_now(session), await queries.user(session, user_id)
        return _living(user, end, now)

    async def renew(self, database: Database, token: str) -> Pair:
        """A new pair for a refresh token, which is used up by that.

        The person is locked first: whoever ends all their tokens misses none that is made meanwhile.

        Raises:
            UnauthorizedError: as above, or it was used before: then its family has ended. Or the organisation
                asks for a second factor by now, and the person has none.
        """
        org_id, user_id, token_id, end = self._read(token, "refresh")
        async with database.tenant(org_id) as session:
            person = await queries.locked_user(session, user_id)
            row = await queries.locked_refresh_token(session, token_id)
            if row is None or (person is not None and await owes_second_factor(session, person)):
                raise UnauthorizedError(_REFUSED)
            if row.used_at is None:
                now = await database_now(session)
                user = _living(person, end, now)
                row.used_at = now
                return await self._pair(session, user, row.family)
            await session.execute(delete(RefreshToken).where(RefreshToken.family == row.family))
        raise UnauthorizedError(_REFUSED)


async def owes_second_factor(session: AsyncSession, user: User) -> bool:
    """Whether the organisation asks its people for a second factor, and this one has none."""
    organisation = await queries.organisation(session, user.org_id)
    return organisation is not None and organisation.second_factor_required and user.sealed_totp is None


def _living(user: User | None, end: int, now: datetime) -> User:
    gone = user is None or user.deactivated_at is not None or user.awaits_verification
    if user is None or gone or now.timestamp() >= end:
        raise UnauthorizedError(_REFUSED)
    return user


@cache
def _key(secret: str) -> OctKey:
    return OctKey.import_key(HKDF(SHA256(), 32, salt=None, info=_CONTEXT).derive(secret.encode()))


async def forget(session: AsyncSession) -> None:
    """Delete the refresh tokens that are over (operator session)."""
    await session.execute(delete(RefreshToken).where(RefreshToken.expires_at < func.clock_timestamp()))
