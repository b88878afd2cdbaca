"""Every SELECT on organisations, users, their sessions and codes, keys, usage and the audit trail."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, literal, or_, select, tuple_
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import (
    AccountCode,
    Answer,
    ApiKey,
    AuditEntry,
    Mode,
    Organisation,
    RefreshToken,
    RequestCount,
    Subscription,
    UsageEntry,
    User,
    UserRole,
    UserState,
    WebSession,
)
from calltrace.kit.cursor import Cursor
from calltrace.kit.ids import as_uuid

Share = Literal["month", "day", "key"]
"""What usage is shown by."""


@dataclass(frozen=True, slots=True)
class PersonFilter:
    """What a list of people is narrowed down to; what is empty narrows nothing down.

    ``text`` is a part of the address or the name; ``email`` the whole address, letter case ignored.
    """

    text: str = ""
    role: UserRole | None = None
    state: UserState | None = None
    email: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        """SQL: all of which must hold."""
        found = list[ColumnElement[bool]]()
        if self.text:
            part = {"autoescape": True}
            found.append(or_(User.email.icontains(self.text, **part), User.name.icontains(self.text, **part)))
        if self.email:
            found.append(func.lower(User.email) == self.email.lower())
        if self.role:
            found.append(User.role == self.role)
        if self.state:
            found.append(_in_state(self.state))
        return found


def _in_state(state: UserState) -> ColumnElement[bool]:
    """The same as ``User.state``."""
    if state == "deactivated":
        return User.deactivated_at.is_not(None)
    return and_(User.deactivated_at.is_(None), _came() if state == "active" else ~_came())


def _came() -> ColumnElement[bool]:
    """Whether somebody has chosen a password, or came by single sign-on."""
    return or_(User.password_hash.is_not(None), User.signed_on_at.is_not(None))


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What the audit trail is narrowed down to; what is empty narrows nothing down.

    Attributes:
        who: the name of whoever acted, letter by letter.
        action: exactly this one.
        things: what was acted on, by the first words of actions.
        target: the id of what was acted on.
        since: inclusive. until: exclusive.
    """

    who: str = ""
    action: str = ""
    things: tuple[str, ...] = ()
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """SQL: all of which must hold."""
        exact = (
            (AuditEntry.actor, self.who),
            (AuditEntry.action, self.action),
            (AuditEntry.target_id, self.target),
        )
        found = [column == value for column, value in exact if value]
        if self.things:
            found.append(
                or_(*(AuditEntry.action.startswith(f"{one}.", autoescape=True) for one in self.things))
            )
        if self.since:
            found.append(AuditEntry.created_at >= self.since)
        if self.until:
            found.append(AuditEntry.created_at < self.until)
        return found


_PRESENTED_KEY = select(ApiKey).from_statement(sql("SELECT * FROM presented_key(:hash)"))
"""Columns are found by their names: their order in a table is an accident of its history."""


async def organisation_by_id_or_name(session: AsyncSession, text: str) -> Organisation | None:
    """An organisation by its id, or else its exact name (operator session).

    An id means one organisation, whatever others are called: nobody is taken for another by a name.
    """
    org_id = as_uuid(text)
    if org_id and (found := await organisation(session, org_id)):
        return found
    return await session.scalar(select(Organisation).where(Organisation.name == text))


async def organisations(session: AsyncSession) -> Sequence[Organisation]:
    """All organisations, oldest first (operator session)."""
    return (await session.scalars(select(Organisation).order_by(Organisation.created_at))).all()


async def organisation(session: AsyncSession, org_id: uuid.UUID) -> Organisation | None:
    """The organisation by its id."""
    return await session.scalar(select(Organisation).where(Organisation.id == org_id))


async def time_zone(session: AsyncSession, org_id: uuid.UUID) -> str | None:
    """The time zone of an organisation."""
    return await session.scalar(select(Organisation.time_zone).where(Organisation.id == org_id))


async def ever_had_people(session: AsyncSession, org_id: uuid.UUID) -> bool:
    """Whether an organisation has people, or its audit trail tells of some (operator session)."""
    people = exists().where(User.org_id == org_id)
    told = exists().where(AuditEntry.org_id == org_id, AuditEntry.action.startswith("user."))
    return bool(await session.scalar(select(or_(people, told))))


async def locked_organisation(session: AsyncSession, org_id: uuid.UUID) -> Organisation | None:
    """The organisation, locked: what must be decided one at a time within it waits here."""
    query = select(Organisation).where(Organisation.id == org_id)
    return await session.scalar(query.with_for_update(key_share=True))


async def presented_key(session: AsyncSession, token_hash: str) -> ApiKey | None:
    """The key whose hash is presented; whoever knows it may, so no organisation is needed."""
    return await session.scalar(_PRESENTED_KEY, {"hash": token_hash})


async def keys(session: AsyncSession) -> Sequence[ApiKey]:
    """All keys of the organisation, newest first."""
    return (await session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc()))).all()


async def usable_keys(session: AsyncSession, key_ids: Collection[uuid.UUID], now: datetime) -> set[uuid.UUID]:
    """Which of some keys of the organisation are neither revoked nor expired."""
    unexpired = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)
    query = select(ApiKey.id).where(ApiKey.id.in_(key_ids), ApiKey.revoked_at.is_(None), unexpired)
    return set((await session.scalars(query)).all())


async def usable_sessions(
    session: AsyncSession, session_ids: Collection[uuid.UUID], now: datetime, idle_since: datetime
) -> set[uuid.UUID]:
    """Which of some people's sessions are neither ended nor too old, nor unused since then."""
    lasting = (WebSession.expires_at > now, WebSession.last_seen_at > idle_since)
    query = select(WebSession.id).where(
        WebSession.id.in_(session_ids), WebSession.revoked_at.is_(None), *lasting
    )
    return set((await session.scalars(query)).all())


async def key_by_id_or_prefix(session: AsyncSession, text: str) -> Sequence[ApiKey]:
    """Keys of the organisation that an id, or else a name or a prefix names.

    An id means one key, whatever others are called: nobody keeps a key alive by naming one like its id.
    """
    key_id = as_uuid(text)
    if key_id and (found := await session.scalar(select(ApiKey).where(ApiKey.id == key_id))):
        return [found]
    match = or_(ApiKey.prefix == text, ApiKey.name == text)
    return (await session.scalars(select(ApiKey).where(match))).all()


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    """A user by e-mail address, letter case ignored."""
    return await session.scalar(select(User).where(func.lower(User.email) == email.lower()))


async def users(session: AsyncSession) -> Sequence[User]:
    """All users of the organisation, oldest first."""
    return (await session.scalars(select(User).order_by(User.created_at))).all()


async def people(
    session: AsyncSession, person_filter: PersonFilter, after: Cursor | None, limit: int
) -> Sequence[User]:
    """The next ``limit`` users of the organisation after a cursor, newest first."""
    query = select(User).where(*person_filter.conditions())
    if after:
        position = tuple_(literal(after.moment), literal(after.id))
        query = query.where(tuple_(User.created_at, User.id) < position)
    return (await session.scalars(query.order_by(User.created_at.desc(), User.id.desc()).limit(limit))).all()


async def active_owners(session: AsyncSession) -> int:
    """How many owners of the organisation can sign in."""
    able = (User.role == "owner", User.deactivated_at.is_(None), _came())
    return await session.scalar(select(func.count()).select_from(User).where(*able)) or 0


async def administrators(session: AsyncSession) -> Sequence[User]:
    """The owners and admins of the organisation who were not deactivated, oldest first."""
    query = select(User).where(User.role.in_(("owner", "admin")), User.deactivated_at.is_(None))
    return (await session.scalars(query.order_by(User.created_at))).all()


async def audit_entries(
    session: AsyncSession, after: Cursor | None, limit: int, trail: TrailFilter | None = None
) -> Sequence[AuditEntry]:
    """The next entries of the audit trail after a cursor, newest first."""
    query = select(AuditEntry).where(*(trail.conditions() if trail else ()))
    if after:
        position = tuple_(literal(after.moment), literal(after.id))
        query = query.where(tuple_(AuditEntry.created_at, AuditEntry.id) < position)
    query = query.order_by(AuditEntry.created_at.desc(), AuditEntry.id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def deeds_on(session: AsyncSession, target_id: object, begins: str, limit: int) -> Sequence[AuditEntry]:
    """The newest ``limit`` entries of the audit trail about one thing, newest first.

    Args:
        session: of the organisation.
        target_id: what was done something to.
        begins: how the actions begin, as ``scorecard.``.
        limit: how many.
    """
    query = select(AuditEntry).where(AuditEntry.target_id == str(target_id))
    query = query.where(AuditEntry.action.startswith(begins, autoescape=True))
    newest = query.order_by(AuditEntry.created_at.desc(), AuditEntry.id.desc())
    return (await session.scalars(newest.limit(limit))).all()


async def user(session: AsyncSession, user_id: uuid.UUID) -> User | None:
    """A user by id."""
    return await session.scalar(select(User).where(User.id == user_id))


async def member(session: AsyncSession, user_id: uuid.UUID) -> tuple[User, bool] | None:
    """A user by id, and whether the organisation asks its people for a second factor."""
    query = select(User, Organisation.second_factor_required).join(
        Organisation, Organisation.id == User.org_id
    )
    found = (await session.execute(query.where(User.id == user_id))).one_or_none()
    return (found[0], found[1]) if found else None


async def locked_user(session: AsyncSession, user_id: uuid.UUID) -> User | None:
    """A user by id, fresh, and held until the transaction ends."""
    query = select(User).where(User.id == user_id).with_for_update()
    return await session.scalar(query, execution_options={"populate_existing": True})


async def presented_session(session: AsyncSession, session_hash: str) -> WebSession | None:
    """The session whose token's hash is presented."""
    return await session.scalar(select(WebSession).where(WebSession.token_hash == session_hash))


async def sessions_of(session: AsyncSession, user_id: uuid.UUID) -> Sequence[WebSession]:
    """Sessions of a user that were not revoked, last used first."""
    own = (WebSession.user_id == user_id, WebSession.revoked_at.is_(None))
    return (
        await session.scalars(select(WebSession).where(*own).order_by(WebSession.last_seen_at.desc()))
    ).all()


async def session_of(session: AsyncSession, user_id: uuid.UUID, session_id: uuid.UUID) -> WebSession | None:
    """One session of a user."""
    own = (WebSession.user_id == user_id, WebSession.id == session_id)
    return await session.scalar(select(WebSession).where(*own))


async def audio_used(
    session: AsyncSession, mode: Mode, since: datetime, until: datetime, by: Share
) -> Sequence[tuple[str, float, int]]:
    """Seconds of audio that were heard and how many calls they were, by month, day or key.

    Only what the index has is looked at.
    """
    share = _share(by, func.timezone("UTC", UsageEntry.created_at), UsageEntry.api_key_id)
    query = select(share, func.sum(UsageEntry.quantity), func.count()).where(
        UsageEntry.mode == mode, UsageEntry.created_at >= since, UsageEntry.created_at < until,
        UsageEntry.what == "audio",
    )  # fmt: skip
    rows = (await session.execute(query.group_by(share))).all()
    return [(name, float(quantity), int(calls)) for name, quantity, calls in rows]


async def requests_counted(
    session: AsyncSession, mode: Mode, since: datetime, until: datetime, by: Share
) -> Sequence[tuple[str, int]]:
    """How many requests were made on the days from one midnight to another (UTC), by month, day or key."""
    share = _share(by, RequestCount.day, RequestCount.api_key_id)
    query = select(share, func.sum(RequestCount.count)).where(
        RequestCount.mode == mode, RequestCount.day >= since.date(), RequestCount.day < until.date()
    )
    return [(name, int(total)) for name, total in (await session.execute(query.group_by(share))).all()]


def _share(by: Share, moment: ColumnElement[Any] | Any, key: ColumnElement[Any] | Any) -> ColumnElement[str]:
    """What a line of usage counts for, as text; the same text of the same expression for GROUP BY."""
    if by == "key":
        return func.coalesce(cast(key, Text), literal("", literal_execute=True))
    form = "YYYY-MM" if by == "month" else "YYYY-MM-DD"
    return func.to_char(moment, literal(form, literal_execute=True))


async def presented_code(session: AsyncSession, code_hash: str) -> AccountCode | None:
    """The code whose hash is presented."""
    return await session.scalar(select(AccountCode).where(AccountCode.code_hash == code_hash))


async def locked_code(session: AsyncSession, code_hash: str) -> AccountCode | None:
    """A code by its hash, fresh, and held until the transaction ends."""
    query = select(AccountCode).where(AccountCode.code_hash == code_hash).with_for_update()
    return await session.scalar(query, execution_options={"populate_existing": True})


async def locked_answer(session: AsyncSession, mode: Mode, operation: str, key: str) -> Answer | None:
    """What a request with an idempotency key was answered, held until the transaction ends."""
    same = (Answer.mode == mode, Answer.operation == operation, Answer.key == key)
    query = select(Answer).where(*same).with_for_update()
    return await session.scalar(query, execution_options={"populate_existing": True})


async def locked_refresh_token(session: AsyncSession, token_id: uuid.UUID) -> RefreshToken | None:
    """A refresh token, fresh, and held until the transaction ends: of two that bring it, one comes second."""
    query = select(RefreshToken).where(RefreshToken.id == token_id).with_for_update()
    return await session.scalar(query, execution_options={"populate_existing": True})


async def own_keys(session: AsyncSession, user_id: uuid.UUID, contract: str) -> Sequence[ApiKey]:
    """The keys that a person made for themself in a contract, newest first."""
    own = (ApiKey.user_id == user_id, ApiKey.contract == contract)
    return (await session.scalars(select(ApiKey).where(*own).order_by(ApiKey.created_at.desc()))).all()


async def subscription(session: AsyncSession, mode: Mode) -> Subscription | None:
    """What the organisation agreed to pay for in a mode, fresh."""
    query = select(Subscription).where(Subscription.mode == mode)
    return await session.scalar(query, execution_options={"populate_existing": True})
