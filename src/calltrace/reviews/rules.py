"""Rules that put finished calls on the review queue, and whether a call matches one.

| kind | matches | needs |
|---|---|---|
| ``random`` | this share of all calls, so of each day and week: a function of the call's id | ``share`` |
| ``score_under`` | a score under this | ``score`` |
| ``needs_review`` | any criterion that waits for a person | |
| ``low_confidence`` | any criterion less sure than this | ``confidence`` |
| ``critical_failure`` | a critical criterion failed the call | |
| ``quota`` | calls of an agent until this many of the week are on the queue by it | ``count`` |
"""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic.alias_generators import to_camel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Deed, record
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.catalog.service import checked_text, refused
from calltrace.db.base import Json
from calltrace.db.conflicts import broken_constraint
from calltrace.db.listing import NameFilter, Slice, cut
from calltrace.evaluation.results import Evaluation
from calltrace.kit.errors import FieldError, NotFoundError
from calltrace.kit.words import Words
from calltrace.reviews import queries
from calltrace.reviews.models import ReviewRule
from calltrace.reviews.who import Who

RuleKind = Literal["random", "score_under", "needs_review", "low_confidence", "critical_failure", "quota"]
NEEDS: dict[RuleKind, str | None] = {
    "random": "share", "score_under": "score", "needs_review": None, "low_confidence": "confidence",
    "critical_failure": None, "quota": "count",
}  # fmt: skip
_NEEDS: dict[str, str | None] = {**NEEDS}
MOST: dict[str, float] = {"share": 1, "score": 100, "confidence": 1, "count": 1000}
_NO_NUMBER = Words("A number is missing.")
_LIMITS = {"name": ("name", 200), "external_id": ("externalId", 255)}


@dataclass(frozen=True, slots=True)
class Finished:
    """A call that has just been evaluated; ``failed_by``: the critical criteria that failed it."""

    analysis_id: uuid.UUID
    evaluation: Evaluation
    failed_by: tuple[str, ...]


def draw(analysis_id: uuid.UUID) -> float:
    """A number from 0 to 1 that looks like chance and is always the same for the same call."""
    return int.from_bytes(hashlib.sha256(analysis_id.bytes).digest()[:8], "big") / 2**64


def matches(kind: RuleKind, settings: Mapping[str, Any], call: Finished) -> bool:
    """Whether a rule wants a call. A quota wants each, for as long as it is not used up."""
    evaluation = call.evaluation
    match kind:
        case "random":
            return draw(call.analysis_id) < settings["share"]
        case "score_under":
            return evaluation.score is not None and evaluation.score < settings["score"]
        case "needs_review":
            return any(one.verdict == "needs_review" for one in evaluation.criteria)
        case "low_confidence":
            return any(one.confidence < settings["confidence"] for one in evaluation.criteria)
        case "critical_failure":
            return bool(call.failed_by)
        case "quota":
            return True


async def create(session: AsyncSession, admin: Who, values: Mapping[str, Any]) -> ReviewRule:
    """Make a rule; it holds for calls that finish from then on.

    Raises:
        ForbiddenError: for owners and admins. InvalidRequestError: naming the field.
        AlreadyExistsError: the external id is taken.
    """
    admin.require_administrator()
    row = ReviewRule(org_id=admin.org_id, settings={}, enabled=True)
    await _write(session, row, {"name": "", "kind": None, **values})
    await record(session, admin.org_id, admin.actor, Deed("review_rule.created", row.id, _facts(row)))
    return row


async def change(
    session: AsyncSession, admin: Who, rule_id: uuid.UUID, values: Mapping[str, Any]
) -> ReviewRule:
    """Give a rule other values; another kind takes its own settings along.

    Raises:
        NotFoundError: there is none; and as ``create``.
    """
    admin.require_administrator()
    row = await find(session, rule_id, lock=True)
    await _write(session, row, values)
    await record(session, admin.org_id, admin.actor, Deed("review_rule.updated", row.id, _facts(row)))
    return row


async def remove(session: AsyncSession, admin: Who, rule_id: uuid.UUID) -> None:
    """Delete a rule; what it put on the queue stays there.

    Raises:
        ForbiddenError: for owners and admins. NotFoundError: there is none.
    """
    admin.require_administrator()
    await session.delete(await find(session, rule_id, lock=True))
    await session.flush()
    await record(session, admin.org_id, admin.actor, Deed("review_rule.deleted", rule_id))


async def find(session: AsyncSession, rule_id: uuid.UUID, *, lock: bool = False) -> ReviewRule:
    """One rule.

    Raises:
        NotFoundError: there is none.
    """
    row = await session.get(ReviewRule, rule_id, with_for_update=lock or None)
    if row is None:
        raise NotFoundError("There is no review rule with this id.")
    return row


async def page(session: AsyncSession, names: NameFilter, part: Slice) -> tuple[list[ReviewRule], str | None]:
    """One page of rules, newest first, and the cursor of the next page."""
    found, following = cut(await queries.rules(session, names, part), part.limit, lambda row: row)
    return list(found), following


async def _write(session: AsyncSession, row: ReviewRule, values: Mapping[str, Any]) -> None:
    for name, (shown, longest) in _LIMITS.items():
        if name in values:
            setattr(row, name, checked_text(values[name], shown, longest, optional=name != "name"))
    row.enabled = values.get("enabled", row.enabled)
    row.kind, row.settings = _checked(values.get("kind", row.kind), row, values)
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        if broken_constraint(error) == "uq_review_rules_org_id_external_id":
            detail = Words("There is a review rule with this external id already.").where_programs_read(
                "There is a review rule with this externalId already."
            )
            raise AlreadyExistsError(detail, errors=[FieldError("/externalId", detail)]) from error
        raise


def _checked(kind: str | None, row: ReviewRule, values: Mapping[str, Any]) -> tuple[str, Json]:
    needed = _NEEDS.get(kind or "", "")
    if kind is None or needed == "":
        raise refused("kind", f"is one of {', '.join(NEEDS)}", Words("Choose a kind."))
    known: Json = row.settings if kind == row.kind else {}
    settings = known | {name: values[name] for name in MOST if values.get(name) is not None}
    for name in MOST:
        if (name in settings) != (name == needed):
            words = Words("This belongs to another kind of rule.")
            foreign = refused(name, f"belongs to another kind than {kind}", words)
            raise foreign if name != needed else refused(name, "is missing", _NO_NUMBER)
    if needed and not 0 < settings[needed] <= MOST[needed]:
        most = f"{MOST[needed]:g}"
        words = Words("The number is more than 0, and at most %(most)s.", most=most)
        raise refused(needed, f"is more than 0, and at most {most}", words)
    return kind, settings


def _facts(row: ReviewRule) -> dict[str, Any]:
    """What the audit trail says; never a name."""
    return {"kind": to_camel(row.kind), "enabled": row.enabled, **row.settings}
