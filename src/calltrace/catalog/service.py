"""Verbs on what calls are sorted by, written once: the kinds differ in a table, a noun and a few columns."""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from pydantic.alias_generators import to_camel
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.catalog import queries
from calltrace.catalog.errors import EndsBeforeStartError
from calltrace.catalog.models import Agent, Archivable, CallCenter, Engagement, Project, Queue
from calltrace.db.conflicts import broken_constraint
from calltrace.db.listing import NameFilter, Slice
from calltrace.kit import clock
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.ids import uuid7
from calltrace.kit.words import Words, messages
from calltrace.scorecards import queries as scorecards

DEFAULT_ENGAGEMENT = "Default"
M = TypeVar("M", Agent, Queue, Project, CallCenter, Engagement)
Values = Mapping[str, Any]
"""Columns by their names; what is not named is left as it is."""

_LIMITS = {
    "name": ("name", 200),
    "external_id": ("externalId", 255),
    "description": ("description", 2000),
    "kind": ("type", 50),
}
_LENGTHS = messages(
    {
        "name": "A name has 1 to %(longest)s characters.",
        "externalId": "An external id has 1 to %(longest)s characters.",
        "description": "A description has 1 to %(longest)s characters.",
        "type": "A type has 1 to %(longest)s characters.",
    }
)
_UNKNOWN = Words("This organisation has nothing like that (any more).")
_REQUIRED = {("engagement", "kind")}
REFERENCES: Mapping[str, tuple[str, type[queries.Labelled]]] = {
    "agent_id": ("agentId", Agent),
    "queue_id": ("queueId", Queue),
    "project_id": ("projectId", Project),
    "engagement_id": ("engagementId", Engagement),
    "call_center_id": ("callCenterId", CallCenter),
}
"""Columns that name a row of the catalogue: how requests call them, and where it is looked for."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[M]):
    """Agents, queues, projects, call centres or engagements.

    Attributes:
        model: their table.
        noun: what one is called, in texts and in the audit trail.
        page: one page of them.
    """

    model: type[M]
    noun: str
    page: Callable[[AsyncSession, NameFilter, Slice], Awaitable[Sequence[M]]]

    @property
    def plural(self) -> str:
        """Their name in paths."""
        return self.model.__tablename__.replace("_", "-")


AGENTS = Kind(Agent, "agent", queries.agents)
QUEUES = Kind(Queue, "queue", queries.queues)
PROJECTS = Kind(Project, "project", queries.projects)
CALL_CENTERS = Kind(CallCenter, "call center", queries.call_centers)
ENGAGEMENTS = Kind(Engagement, "engagement", queries.engagements)


async def create(session: AsyncSession, org_id: uuid.UUID, actor: Actor, kind: Kind[M], values: Values) -> M:
    """Add one.

    Raises:
        InvalidRequestError: naming the field. AlreadyExistsError: the external id is taken.
        EndsBeforeStartError: its last day is before its first.
    """
    checked = await _checked(session, kind, {"name": "", **values})
    _check_days(checked, None, None)
    row = kind.model(org_id=org_id, **checked)
    session.add(row)
    await _flush(session, kind)
    await record(session, org_id, actor, Deed(_deed(kind, "created"), row.id, _facts(values)))
    return row


async def find(session: AsyncSession, kind: Kind[M], row_id: uuid.UUID, *, lock: bool = False) -> M:
    """One of the organisation's; locked, it stays as it is until the transaction ends.

    Raises:
        NotFoundError: there is none.
    """
    row = await session.get(kind.model, row_id, with_for_update=lock or None)
    if row is None:
        raise NotFoundError(Words("There is no %(noun)s with this id.", noun=kind.noun))
    return row


async def find_queue(session: AsyncSession, text: str) -> Queue:
    """The one queue that an id, an external id or a name names.

    Raises:
        NotFoundError: none, or more than one.
    """
    found = await queries.queues_named(session, text)
    if len(found) != 1:
        raise NotFoundError(f"{len(found) or 'No'} queues match {text!r}; give the id of one.")
    return found[0]


async def default_engagement(session: AsyncSession, org_id: uuid.UUID) -> Engagement:
    """The engagement of recordings that name none; it is made when it is first needed, by one of many."""
    found = await queries.default_engagement(session)
    if found is None:
        values = {"id": uuid7(), "org_id": org_id, "name": DEFAULT_ENGAGEMENT, "is_default": True}
        await session.execute(insert(Engagement).values(values).on_conflict_do_nothing())
        found = await queries.default_engagement(session)
    assert found is not None
    return found


async def agent_named(session: AsyncSession, org_id: uuid.UUID, actor: Actor, name: str) -> Agent:
    """The agent of this name, the oldest if there are several; an unknown one is made."""
    found = await queries.oldest_agent_named(session, name)
    if found is None:  # one at a time, or two that come at once would both make one
        await accounts.locked_organisation(session, org_id)
        found = await queries.oldest_agent_named(session, name)
    return found or await create(session, org_id, actor, AGENTS, {"name": name})


async def change(session: AsyncSession, actor: Actor, kind: Kind[M], row_id: uuid.UUID, values: Values) -> M:
    """Give some of its columns other values; what stays the same is no deed.

    ``archived`` puts a project or queue away, or takes it out again.

    Raises:
        NotFoundError, InvalidRequestError, AlreadyExistsError, EndsBeforeStartError: as above.
    """
    row = await find(session, kind, row_id, lock=True)
    checked = await _checked(session, kind, values)
    if isinstance(row, Queue):
        _check_days(checked, row.starts_on, row.ends_on)
    if isinstance(row, Archivable) and "archived" in checked:
        checked["archived_at"] = (row.archived_at or clock.now()) if checked.pop("archived") else None
    changed = {name: value for name, value in checked.items() if getattr(row, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(row, name, value)
        await _flush(session, kind)
        await record(session, row.org_id, actor, Deed(_deed(kind, "updated"), row.id, _facts(changed)))
    return row


async def delete(session: AsyncSession, actor: Actor, kind: Kind[M], row_id: uuid.UUID) -> None:
    """Delete one; analyses of its calls stay, and name it no more.

    Raises:
        NotFoundError: there is none.
    """
    row = await find(session, kind, row_id, lock=True)
    await session.delete(row)
    await session.flush()
    await record(session, row.org_id, actor, Deed(_deed(kind, "deleted"), row_id))


def _check_days(values: Values, starts_on: date | None, ends_on: date | None) -> None:
    """What is left as it is stays so, however it came to be."""
    if not {"starts_on", "ends_on"} & set(values):
        return
    first, last = values.get("starts_on", starts_on), values.get("ends_on", ends_on)
    if first and last and last < first:
        detail = "The last day is before the first day."
        raise EndsBeforeStartError(detail, errors=[FieldError("/endDate", detail)])


def _deed(kind: Kind[Any], verb: str) -> str:
    return f"{kind.noun.replace(' ', '_')}.{verb}"


async def _checked(session: AsyncSession, kind: Kind[Any], values: Values) -> dict[str, Any]:
    checked = dict(values)
    for name, (shown, longest) in _LIMITS.items():
        if name in checked:
            optional = name != "name" and (kind.noun, name) not in _REQUIRED
            checked[name] = checked_text(checked[name], shown, longest, optional=optional)
    await check_references(session, checked)
    wanted = checked.get("scorecard_id")
    if wanted is not None:
        await scorecards.for_use(session, wanted)
        if await scorecards.effective_scorecard(session, wanted) is None:
            reason = "names no scorecard that this organisation has published"
            raise refused("scorecardId", reason, Words("This organisation has published no such scorecard."))
    return checked


async def check_references(session: AsyncSession, values: Values) -> None:
    """Whatever the columns name is there, and stays until the transaction ends.

    A foreign key alone would take another organisation's.

    Raises:
        InvalidRequestError: naming the field; another organisation's is as unknown as any other.
    """
    for column, (field, model) in REFERENCES.items():
        wanted = values.get(column)
        if wanted is not None and not await queries.holds(session, model, wanted):
            raise unknown(field)


def unknown(field: str) -> InvalidRequestError:
    """A field names what the organisation does not have."""
    return refused(field, "names nothing that this organisation has", _UNKNOWN)


def checked_text(value: str | None, shown: str, longest: int, *, optional: bool) -> str | None:
    """A name or identifier as it came.

    Raises:
        InvalidRequestError: naming ``shown``: it is missing, blank or too long.
    """
    if value is None and optional:
        return None
    if value is None or not 0 < len(value.strip()) <= len(value) <= longest:
        words = Words(_LENGTHS[shown], longest=longest)
        raise refused(shown, f"has 1 to {longest} characters", words)
    return value


def refused(field: str, reason: str, words: Words) -> InvalidRequestError:
    """What is wrong with one field.

    Args:
        field: its name in the API.
        reason: what goes on where the name was said, for programs.
        words: what a page says beside it.
    """
    detail = words.where_programs_read(f"{field} {reason}.")
    return InvalidRequestError(detail, errors=[FieldError(f"/{field}", detail)])


def _facts(values: Values) -> dict[str, Any]:
    """What the audit trail says: which fields, and those values that decide scores; never a name."""
    facts: dict[str, Any] = {"fields": sorted(map(to_camel, values))}
    if "scorecard_id" in values:
        facts["scorecardId"] = str(values["scorecard_id"]) if values["scorecard_id"] else None
    if "agent_channels" in values:
        facts["agentChannels"] = values["agent_channels"]
    return facts


async def _flush(session: AsyncSession, kind: Kind[M]) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if broken_constraint(error) == f"uq_{kind.model.__tablename__}_org_id_external_id":
            detail = Words("There is a %(noun)s with this externalId already.", noun=kind.noun)
            raise AlreadyExistsError(detail, errors=[FieldError("/externalId", detail)]) from error
        raise
