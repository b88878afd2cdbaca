"""What holds for all calls of an organisation, its default scorecard included."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import organisation, queries
from calltrace.accounts.audit import Actor
from calltrace.accounts.models import Organisation
from calltrace.catalog import assignment
from calltrace.kit.errors import NotFoundError
from calltrace.scorecards import queries as scorecards


async def current(session: AsyncSession, org_id: uuid.UUID) -> tuple[Organisation, uuid.UUID | None]:
    """The organisation and its default scorecard; ``None`` is the one that ships.

    Raises:
        NotFoundError: there is no such organisation.
    """
    found = await queries.organisation(session, org_id)
    if found is None:
        raise NotFoundError("There is no such organisation.")
    default = await scorecards.default_row(session)
    return found, default.id if default else None


async def change(
    session: AsyncSession, org_id: uuid.UUID, actor: Actor, values: Mapping[str, Any]
) -> tuple[Organisation, uuid.UUID | None]:
    """Change what is given: ``scorecard_id``, and the columns of ``accounts.organisation``.

    Raises:
        InvalidRequestError: naming the entry that is wrong. NotFoundError: there is no such organisation.
    """
    columns = {name: value for name, value in values.items() if name != "scorecard_id"}
    await organisation.change(session, org_id, actor, columns)
    if "scorecard_id" in values:
        await assignment.set_default(session, org_id, actor, values["scorecard_id"])
    return await current(session, org_id)
