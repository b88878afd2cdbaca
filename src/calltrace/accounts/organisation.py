"""What holds for all calls and people of an organisation."""

import uuid
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic.alias_generators import to_camel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries, vocabulary
from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.accounts.models import Organisation
from calltrace.accounts.service import checked_organisation_name
from calltrace.db.clock import knows_zone
from calltrace.db.conflicts import broken_constraint
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.words import Words

MOST_LANGUAGES = 20
LONGEST_KEPT = 36_500
"""Days: a hundred years."""
TOLD = (
    "agent_channels", "redaction", "time_zone", "second_factor_required", "recordings_kept_days",
    "calls_kept_days", "languages",
)  # fmt: skip
"""What the audit trail repeats of a change: nothing that names anybody."""


async def change(
    session: AsyncSession, org_id: uuid.UUID, actor: Actor, values: Mapping[str, Any]
) -> Organisation:
    """Give some columns other values: those of ``CHECKS``, ``agent_channels``, ``redaction``.

    The same again is no deed.

    Raises:
        InvalidRequestError: naming the entry that is wrong. NotFoundError: there is no such organisation.
        AlreadyExistsError: the name is another organisation's.
    """
    wanted = {name: CHECKS[name](value) if name in CHECKS else value for name, value in values.items()}
    if "time_zone" in wanted and not await knows_zone(session, wanted["time_zone"]):
        raise _refused("timeZone", _NO_ZONE)
    organisation = await queries.locked_organisation(session, org_id)
    if organisation is None:
        raise NotFoundError("There is no such organisation.")
    changed = {name: value for name, value in wanted.items() if getattr(organisation, name) != value}
    for name, value in changed.items():
        setattr(organisation, name, value)
    if changed:
        await _flush(session)
        await record(session, org_id, actor, Deed("organisation.updated", org_id, _facts(changed)))
    return organisation


async def time_zone(session: AsyncSession, org_id: uuid.UUID) -> str:
    """Where the days of an organisation begin and end: the IANA name of a time zone."""
    return await queries.time_zone(session, org_id) or "UTC"


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if broken_constraint(error) == "uq_organisations_name":
            raise AlreadyExistsError(_TAKEN, errors=[FieldError("/name", _TAKEN)]) from error
        raise


_TAKEN = "There is another organisation of this name."


_NO_ZONE = Words("There is no such time zone here; names are like Europe/Madrid.")


def _time_zone(value: str) -> str:
    if value not in time_zones():
        raise _refused("timeZone", _NO_ZONE)
    return value


def time_zones() -> frozenset[str]:
    """The names of the IANA time zones that this machine knows, or the ones that ship."""
    return frozenset(zoneinfo.available_timezones()) - {"localtime"}


def _languages(codes: Sequence[str]) -> list[str]:
    """Codes that callers have looked up already (``speech.codes``), each once."""
    found = list(dict.fromkeys(codes))
    if len(found) > MOST_LANGUAGES:
        raise _refused(
            "languages",
            Words("At most %(most_languages)s; none at all for any language.", most_languages=MOST_LANGUAGES),
        )
    return found


def _days(field: str) -> Callable[[int | None], int | None]:
    def checked(value: int | None) -> int | None:
        if value is not None and not 0 < value <= LONGEST_KEPT:
            raise _refused(
                field,
                Words("Between 1 and %(longest_kept)s days; nothing for ever.", longest_kept=LONGEST_KEPT),
            )
        return value

    return checked


def _refused(field: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError(detail, errors=[FieldError(f"/{field}", detail)])


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "vocabulary": vocabulary.checked, "name": checked_organisation_name, "time_zone": _time_zone,
    "second_factor_required": bool, "recordings_kept_days": _days("recordingsKeptDays"),
    "calls_kept_days": _days("callsKeptDays"), "languages": _languages,
}  # fmt: skip


def _facts(changed: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit trail says: which fields and how many names, but no name."""
    facts: dict[str, Any] = {"fields": sorted(map(to_camel, changed))}
    if "vocabulary" in changed:
        facts["terms"] = len(changed["vocabulary"])
    facts |= {to_camel(name): changed[name] for name in TOLD if name in changed}
    return facts
