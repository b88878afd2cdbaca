"""What holds for all calls of an organisation."""

import uuid
from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries, vocabulary
from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.models import Organisation
from calltrace.kit.errors import NotFoundError


async def change(
    session: AsyncSession, org_id: uuid.UUID, actor: Actor, values: Mapping[str, Any]
) -> Organisation:
    """Give some columns other values (``vocabulary``, ``agent_channels``, ``redaction``).

    The same again is no deed.

    Raises:
        InvalidRequestError: naming the entry that is wrong. NotFoundError: there is no such organisation.
    """
    wanted = dict(values)
    if "vocabulary" in wanted:
        wanted["vocabulary"] = vocabulary.checked(wanted["vocabulary"])
    organisation = await queries.locked_organisation(session, org_id)
    if organisation is None:
        raise NotFoundError("There is no such organisation.")
    changed = {name: value for name, value in wanted.items() if getattr(organisation, name) != value}
    for name, value in changed.items():
        setattr(organisation, name, value)
    if changed:
        await record(session, org_id, actor, Deed("organisation.updated", org_id, _facts(changed)))
    return organisation


async def time_zone(session: AsyncSession, org_id: uuid.UUID) -> str:
    """Where the days of an organisation begin and end: the IANA name of a time zone."""
    return await queries.time_zone(session, org_id) or "UTC"


def _facts(changed: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit trail says: which fields and how many names, but no name."""
    facts: dict[str, Any] = {"fields": sorted(map(to_camel, changed))}
    if "vocabulary" in changed:
        facts["terms"] = len(changed["vocabulary"])
    if "agent_channels" in changed:
        facts["agentChannels"] = changed["agent_channels"]
    if "redaction" in changed:
        facts["redaction"] = changed["redaction"]
    return facts
