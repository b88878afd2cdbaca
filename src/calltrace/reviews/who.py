"""Who may see and do what with a call: decided here, for the API, for pages and for lists alike.

| role | sees | decides criteria, reviews, appeals | administers teams, rules, settings |
|---|---|---|---|
| owner, admin | every call | yes | yes |
| reviewer | every call | yes | no |
| supervisor | calls of agents in the teams that they lead | yes, on those | no |
| agent | the own calls (``users.agent_id``) | no: acknowledges and appeals | no |
| an API key that speaks for nobody | every call of its mode | yes, as itself | yes |

Nobody decides on a call that is their own, whatever the role.
"""

import uuid
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, SQLColumnExpression, true
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.audit import Actor
from calltrace.accounts.errors import ForbiddenError
from calltrace.accounts.models import Mode, User, UserRole
from calltrace.accounts.sessions import ADMINISTRATORS, LISTENERS
from calltrace.analyses import queries as analyses
from calltrace.analyses.models import Analysis
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.words import Words
from calltrace.reviews import queries
from calltrace.reviews.errors import NotImpartialError


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody at work on calls.

    Attributes:
        actor: as the audit trail names them.
        mode: whose calls; ``None`` for people, who see both modes.
        role: of the person; ``None`` for an API key that speaks for itself.
        agent_id: which agent the person is.
        agents: whose calls may be seen; ``None`` for everybody's.
        via: the prefix of the key that speaks for a person.
    """

    org_id: uuid.UUID
    actor: Actor
    mode: Mode | None = None
    role: UserRole | None = None
    user_id: uuid.UUID | None = None
    agent_id: uuid.UUID | None = None
    agents: frozenset[uuid.UUID] | None = None
    via: str | None = None

    @property
    def judges(self) -> bool:
        """Whether criteria may be decided, on calls that may be seen."""
        return self.role is None or self.role in LISTENERS

    @property
    def administers(self) -> bool:
        """Whether teams, rules and settings may be changed, and work of others be interfered with."""
        return self.role is None or self.role in ADMINISTRATORS

    @property
    def by(self) -> dict[str, Any]:
        """The columns of ``reviews.models.ByWhom``."""
        return {
            "actor_kind": self.actor.kind, "actor_id": self.actor.id, "actor": self.actor.name,
            "via": self.via,
        }  # fmt: skip

    def is_same(self, kind: str, actor_id: uuid.UUID | None) -> bool:
        """Whether that was done by the very same person or key."""
        return actor_id is not None and (kind, actor_id) == (self.actor.kind, self.actor.id)

    def sees(self, agent: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """SQL: whether a call of this agent may be seen."""
        return true() if self.agents is None else agent.in_(self.agents)

    def require_judge(self, analysis: Analysis | None = None) -> None:
        """Refuse whoever may not decide, at all or on this call.

        Raises:
            ForbiddenError: an agent. NotImpartialError: it is the own call.
        """
        if not self.judges:
            raise ForbiddenError("Agents acknowledge and appeal; others decide.")
        if analysis is not None and self.agent_id is not None and analysis.agent_id == self.agent_id:
            raise NotImpartialError("Nobody decides on the own call.")

    def require_administrator(self) -> None:
        """Refuse whoever is neither owner nor admin.

        Raises:
            ForbiddenError: so it is.
        """
        if not self.administers:
            raise ForbiddenError("This is for owners and admins. Ask one of yours.")

    def require_person(self) -> uuid.UUID:
        """The person; a key that speaks for nobody is refused.

        Raises:
            InvalidRequestError: so it is.
        """
        if self.user_id is None:
            detail = "Say with userId for which person this is."
            raise InvalidRequestError(detail, errors=[FieldError("/userId", detail)])
        return self.user_id


def of_key(org_id: uuid.UUID, actor: Actor, mode: Mode) -> Who:
    """An API key that speaks for itself."""
    return Who(org_id, actor, mode)


async def of_user(session: AsyncSession, user_id: uuid.UUID, actor: Actor, mode: Mode | None = None) -> Who:
    """A person who is signed in, or for whom a key speaks.

    Args:
        session: of the organisation.
        user_id: of the person.
        actor: whoever presented credentials: the person, or the key.
        mode: the key's.

    Raises:
        InvalidRequestError: the organisation has no such user.
    """
    user = await accounts.user(session, user_id)
    if user is None or user.deactivated_at is not None:
        detail = "userId names nobody of this organisation who can sign in."
        raise InvalidRequestError(detail, errors=[FieldError("/userId", detail)])
    via = actor.name if actor.kind == "api_key" else None
    person = Actor("user", user.email, user.id, actor.address, actor.request_id)
    role = cast("UserRole", user.role)  # a check constraint of the table
    agents = await _agents(session, user)
    return Who(user.org_id, person, mode, role, user.id, user.agent_id, agents, via)


async def _agents(session: AsyncSession, user: User) -> frozenset[uuid.UUID] | None:
    if user.role == "agent":
        return frozenset([user.agent_id] if user.agent_id else [])
    if user.role == "supervisor":
        return frozenset(await queries.led_agents(session, user.id))
    return None


async def find_call(
    session: AsyncSession, who: Who, analysis_id: uuid.UUID, *, lock: bool = False
) -> Analysis:
    """A call that somebody may see; locked, it stays as it is until the transaction ends.

    Raises:
        NotFoundError: there is none, or it is not for them: callers cannot tell the two apart.
    """
    read = analyses.lock if lock else analyses.call
    found = await read(session, analysis_id, who.mode)
    if found is None or (who.agents is not None and found.agent_id not in who.agents):
        words = Words("There is no call with this id, or you may not see it.")
        raise NotFoundError(words.where_programs_read("There is no analysis with this id."))
    return found


async def may_judge(session: AsyncSession, asker: Who, analysis: Analysis, user_id: uuid.UUID) -> bool:
    """Whether somebody else may decide on a call: a user of the organisation, who sees it, not their own."""
    found = await queries.known_users(session, [user_id])
    if not found or found[0].deactivated_at is not None:
        return False
    other = await of_user(session, user_id, asker.actor, asker.mode)
    sees = other.agents is None or analysis.agent_id in other.agents
    return other.judges and sees and (other.agent_id is None or other.agent_id != analysis.agent_id)
