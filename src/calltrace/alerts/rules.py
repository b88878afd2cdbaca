"""Making, changing and deleting alert rules: owners and admins do; whoever judges calls sees them."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.audit import Deed, record
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.alerts import queries
from calltrace.alerts.document import MOST_WORDS_IN_ALL, Conditions
from calltrace.alerts.models import AlertRule
from calltrace.catalog import queries as catalog
from calltrace.catalog.models import Agent, Project, Queue
from calltrace.catalog.service import checked_text, refused, unknown
from calltrace.db.conflicts import broken_constraint
from calltrace.db.listing import NameFilter, Slice, cut
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.faults import plain
from calltrace.kit.words import Words
from calltrace.reviews.who import Who

MOST_EMAILS = 20
MOST_RULES = 200
"""Of one organisation: each is held against every call."""
SCOPES = {
    "project_id": ("projectId", Project), "agent_id": ("agentId", Agent), "queue_id": ("queueId", Queue),
}  # fmt: skip
_LIMITS = {"name": ("name", 200), "external_id": ("externalId", 255)}


class TooManyAlertRulesError(CallTraceError):
    """The organisation has as many as it can have."""

    code = "too_many_alert_rules"
    status = 409
    title = "There are too many alert rules"


async def create(session: AsyncSession, admin: Who, values: Mapping[str, Any]) -> AlertRule:
    """Make a rule; it holds for calls that are evaluated from then on.

    Raises:
        ForbiddenError: for owners and admins. InvalidRequestError: naming the field.
        AlreadyExistsError: the external id is taken. TooManyAlertRulesError: there are as many as can be.
    """
    admin.require_administrator()
    await accounts.locked_organisation(session, admin.org_id)  # of two at a time, the limit counts both
    if await queries.number_of_rules(session) >= MOST_RULES:
        raise TooManyAlertRulesError(f"An organisation has at most {MOST_RULES} alert rules; delete some.")
    row = AlertRule(org_id=admin.org_id, emails=[], enabled=True)
    await _write(session, row, {"name": "", "conditions": None, **values})
    await record(session, admin.org_id, admin.actor, Deed("alert_rule.created", row.id, _facts(row)))
    return row


async def change(
    session: AsyncSession, admin: Who, rule_id: uuid.UUID, values: Mapping[str, Any]
) -> AlertRule:
    """Give a rule other values. What it raised before stays as it is.

    Raises:
        NotFoundError: there is none; and as ``create``.
    """
    admin.require_administrator()
    row = await find(session, rule_id, lock=True)
    await _write(session, row, values)
    await record(session, admin.org_id, admin.actor, Deed("alert_rule.updated", row.id, _facts(row)))
    return row


async def remove(session: AsyncSession, admin: Who, rule_id: uuid.UUID) -> None:
    """Delete a rule; what it raised stays.

    Raises:
        ForbiddenError: for owners and admins. NotFoundError: there is none.
    """
    admin.require_administrator()
    await session.delete(await find(session, rule_id, lock=True))
    await session.flush()
    await record(session, admin.org_id, admin.actor, Deed("alert_rule.deleted", rule_id))


async def find(session: AsyncSession, rule_id: uuid.UUID, *, lock: bool = False) -> AlertRule:
    """One rule.

    Raises:
        NotFoundError: there is none.
    """
    row = await session.get(AlertRule, rule_id, with_for_update=lock or None)
    if row is None:
        raise NotFoundError("There is no alert rule with this id.")
    return row


async def page(session: AsyncSession, names: NameFilter, part: Slice) -> tuple[list[AlertRule], str | None]:
    """One page of rules, newest first, and the cursor of the next page."""
    found, following = cut(await queries.rules(session, names, part), part.limit, lambda row: row)
    return list(found), following


def checked_conditions(value: Any) -> Conditions:
    """What a rule looks for, from JSON values.

    Raises:
        InvalidRequestError: naming the place.
    """
    if value is None:
        raise refused("conditions", "is missing", Words("Say what the rule looks for."))
    try:
        wanted = Conditions.model_validate(value)
    except ValidationError as error:
        faults = [_fault(one["loc"], plain(one)) for one in error.errors()]
        raise InvalidRequestError(faults[0].detail, errors=faults) from error
    if wanted.number_of_words > MOST_WORDS_IN_ALL:
        words = Words("At most %(most)s words and phrases in all.", most=MOST_WORDS_IN_ALL)
        raise refused("conditions", f"has more than {MOST_WORDS_IN_ALL} words and phrases in all", words)
    return wanted


def _fault(loc: tuple[int | str, ...], words: Words) -> FieldError:
    """Where it stands; of a choice between kinds pydantic also names the kind, which is no place."""
    places = [part for number, part in enumerate(loc) if not _is_kind(loc, number)]
    pointer = "/conditions" + "".join(f"/{part}" for part in places)
    return FieldError(pointer, words.where_programs_read(f"{pointer[1:]}: {words}"))


def _is_kind(loc: tuple[int | str, ...], number: int) -> bool:
    return number > 0 and isinstance(loc[number - 1], int) and isinstance(loc[number], str)


async def checked_scope(session: AsyncSession, values: Mapping[str, Any]) -> dict[str, uuid.UUID | None]:
    """The project, agent and queue that are named.

    Raises:
        InvalidRequestError: the organisation has no such.
    """
    found = {name: values[name] for name in SCOPES if name in values}
    for name, row_id in found.items():
        field, model = SCOPES[name]
        if row_id is not None and not await catalog.has(session, model, row_id):
            raise unknown(field)
    return found


async def _write(session: AsyncSession, row: AlertRule, values: Mapping[str, Any]) -> None:
    """Everything is judged before anything is set: a query in between would write a half-changed row."""
    checked: dict[str, Any] = {
        name: checked_text(values[name], shown, longest, optional=name != "name")
        for name, (shown, longest) in _LIMITS.items()
        if name in values
    }
    if "conditions" in values:
        checked["conditions"] = checked_conditions(values["conditions"]).model_dump(mode="json")
    checked |= await checked_scope(session, values)
    if "emails" in values:
        checked["emails"] = await _checked_emails(session, values["emails"])
    checked["enabled"] = values.get("enabled", row.enabled)
    for name, value in checked.items():
        setattr(row, name, value)
    session.add(row)
    await _flush(session)


async def _checked_emails(session: AsyncSession, emails: Sequence[str]) -> list[str]:
    """Addresses of users only: what is said in calls is nothing for others."""
    if len(emails) > MOST_EMAILS:
        words = Words("At most %(most)s people are written to.", most=MOST_EMAILS)
        raise refused("emails", f"has at most {MOST_EMAILS} entries", words)
    known = await queries.known_emails(session, emails)
    for one in emails:
        if one.lower() not in known:
            words = Words("%(email)s is nobody of this organisation.", email=one)
            raise refused("emails", f"names {one}, which is no user of the organisation", words)
    return list(dict.fromkeys(known[one.lower()] for one in emails))


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if broken_constraint(error) == "uq_alert_rules_org_id_external_id":
            detail = "There is an alert rule with this externalId already."
            raise AlreadyExistsError(detail, errors=[FieldError("/externalId", detail)]) from error
        raise


def _facts(row: AlertRule) -> dict[str, Any]:
    """What the audit trail says; neither a name nor a word to look for."""
    scope = {field: str(getattr(row, name)) for name, (field, _) in SCOPES.items() if getattr(row, name)}
    kinds = sorted({one["kind"] for one in row.conditions["conditions"]})
    return {"enabled": row.enabled, "kinds": kinds, "emails": len(row.emails), **scope}
