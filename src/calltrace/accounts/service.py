"""Verbs on organisations and users."""

import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel
from sqlalchemy import case, func, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, passwords, queries
from calltrace.accounts.audit import OPERATOR, Actor, Deed
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.accounts.models import Organisation, Plan, Subscription, User, UserRole
from calltrace.accounts.names import checked_email
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words

DEFAULT_ORGANISATION = "Default"
LONGEST_NAME = 200


async def create_organisation(
    session: AsyncSession, name: str, plan: Plan = "self_hosted", actor: Actor = OPERATOR
) -> Organisation:
    """Create an organisation (operator session).

    Raises:
        AlreadyExistsError: the name is taken. InvalidRequestError: the name is empty, or like an id.
    """
    name = checked_organisation_name(name)
    if await queries.organisation_by_id_or_name(session, name):
        raise AlreadyExistsError(Words("An organisation named %(name)s exists already.", name=f"{name!r}"))
    organisation = Organisation(name=name, plan=plan)
    session.add(organisation)
    await session.flush()
    deed = Deed("organisation.created", organisation.id, {"plan": plan})
    await audit.record(session, organisation.id, actor, deed)
    return organisation


def checked_organisation_name(text: str) -> str:
    """The name of an organisation, in one line: organisations are asked for by name or id.

    Raises:
        InvalidRequestError: it is empty, too long, or in the form of an id.
    """
    name = " ".join(text.split())
    if not 0 < len(name) <= LONGEST_NAME or as_uuid(name):
        detail = Words(
            "An organisation needs a name of 1 to %(longest_name)s characters that is no id.",
            longest_name=LONGEST_NAME,
        )
        raise InvalidRequestError(detail, errors=[FieldError("/name", detail)])
    return name


async def set_plan(
    session: AsyncSession, org_id: uuid.UUID, plan: Plan, actor: Actor = OPERATOR
) -> Organisation:
    """Give an organisation another plan, which goes on; the same again is no deed.

    It rests on nothing that is paid for: what happens to a subscription of before changes nothing any more.

    Raises:
        NotFoundError: there is no such organisation.
    """
    row = await _agree(session, org_id, {"plan": plan}, "organisation.plan_changed", actor)
    live = (Subscription.org_id == org_id, Subscription.mode == "live")
    status = case((Subscription.status == "canceled", "active"), else_=Subscription.status)
    rested = func.coalesce(Subscription.agreement, Subscription.set_aside)
    by_hand = {"status": status, "ends_at": None, "agreement": None, "set_aside": rested}
    await session.execute(update(Subscription).where(*live).values(by_hand))
    return row


async def set_quotas(
    session: AsyncSession, org_id: uuid.UUID, quotas: Mapping[str, int | None], actor: Actor = OPERATOR
) -> Organisation:
    """Agree on quotas of a month (``api_calls_quota``, ``analyses_quota``); ``None``: as the plan says.

    Raises:
        NotFoundError: there is no such organisation.
    """
    return await _agree(session, org_id, quotas, "organisation.quotas_changed", actor)


async def _agree(
    session: AsyncSession, org_id: uuid.UUID, values: Mapping[str, Any], deed: str, actor: Actor
) -> Organisation:
    row = await queries.locked_organisation(session, org_id)
    if row is None:
        raise NotFoundError("There is no such organisation.")
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        await session.flush()
        details = {to_camel(name): value for name, value in changed.items()}
        await audit.record(session, org_id, actor, Deed(deed, org_id, details))
    return row


async def find_organisation(session: AsyncSession, text: str) -> Organisation:
    """An organisation by id or exact name (operator session).

    Raises:
        NotFoundError: there is none.
    """
    found = await queries.organisation_by_id_or_name(session, text)
    if found is None:
        raise NotFoundError(Words("There is no organisation %(text)s.", text=f"{text!r}"))
    return found


async def create_user(
    session: AsyncSession,
    org_id: uuid.UUID,
    email: str,
    role: UserRole,
    password: str | None,
    actor: Actor = OPERATOR,
) -> tuple[User, str]:
    """Create a user and answer it with the password, which is made up when none is given.

    Raises:
        InvalidRequestError: no e-mail address, or a password under eight characters.
        AlreadyExistsError: the address is taken.
    """
    email = checked_email(email)
    if password is not None:
        passwords.check(password)
    password = password or secrets.token_urlsafe(15)
    hashed = await passwords.hashed(password)
    user = await add_user(session, User(org_id=org_id, email=email, role=role, password_hash=hashed))
    deed = Deed("user.created", user.id, {"email": user.email, "role": user.role})
    await audit.record(session, org_id, actor, deed)
    return user, password


async def add_user(session: AsyncSession, user: User) -> User:
    """Write a user down.

    Raises:
        AlreadyExistsError: the address is taken, here or in another organisation.
    """
    detail = Words("There is a user %(email)s already.", email=f"{user.email!r}")
    taken = AlreadyExistsError(detail, errors=[FieldError("/email", detail)])
    if await queries.user_by_email(session, user.email):
        raise taken
    session.add(user)
    try:
        await session.flush()
    except IntegrityError as error:  # taken in another organisation, which we cannot see
        raise taken from error
    return user
