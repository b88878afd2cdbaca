"""What the endpoints of reviews are given: a transaction, and who is at work: the key, or a person."""

import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query, Response, Security
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor
from calltrace.accounts.keys import Principal
from calltrace.api.deps import ActorDep, PlatformDep, live, scoped
from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.ids import as_uuid
from calltrace.pipeline.context import Platform
from calltrace.reviews import who
from calltrace.reviews.who import Who

USER = (
    "The person that this is done by or shown to: their role decides what they may see and do. Without it the"
    " key acts for itself."
)
PAGE = frozenset({"userId", "limit", "cursor"})
ONE = frozenset({"userId"})


async def user_id(
    text: Annotated[str | None, Query(alias="userId", max_length=40, description=USER)] = None,
) -> uuid.UUID | None:
    """The person that a key speaks for."""
    found = as_uuid(text) if text is not None else None
    if text is not None and found is None:
        detail = "userId is no id."
        raise InvalidRequestError(detail, errors=[FieldError("/userId", detail)])
    return found


UserId = Annotated[uuid.UUID | None, Depends(user_id)]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where somebody works on reviews."""

    platform: Platform
    principal: Principal
    actor: Actor
    user_id: uuid.UUID | None

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[tuple[AsyncSession, Who]]:
        """One transaction of the organisation, and who is at work in it."""
        org_id, mode = self.principal.org_id, self.principal.mode
        async with self.platform.database.tenant(org_id) as session:
            if self.user_id is None:
                yield session, who.of_key(org_id, self.actor, mode)
            else:
                yield session, await who.of_user(session, self.user_id, self.actor, mode)


def desk(check: Callable[..., Any], scope: str) -> Callable[..., Any]:
    """A dependency that makes the desk of a key that passes ``check``."""

    async def make(
        platform: PlatformDep,
        principal: Annotated[Principal, Security(check, scopes=[scope])],
        actor: ActorDep,
        user: UserId,
    ) -> Desk:
        return Desk(platform, principal, actor, user)

    return make


ReadingDesk = Annotated[Desk, Depends(desk(scoped("reviews:read"), "reviews:read"))]
WritingDesk = Annotated[Desk, Depends(desk(scoped("reviews:write"), "reviews:write"))]
LiveDesk = Annotated[Desk, Depends(desk(live("reviews:write"), "reviews:write"))]


def as_page(found: Sequence[Any], following: str | None, shown: Callable[[Any], dict[str, Any]]) -> Response:
    """A page of a list."""
    return JSONResponse({"data": [shown(one) for one in found], "nextCursor": following})
