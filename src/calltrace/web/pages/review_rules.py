"""``/reviews/rules``: which finished calls come onto the queue, and what is set for reviews."""

import uuid
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.kit.errors import CallTraceError, InvalidRequestError
from calltrace.kit.words import Words, messages, worded
from calltrace.reviews import policy, rules
from calltrace.reviews.models import ReviewRule
from calltrace.reviews.rules import MOST, NEEDS
from calltrace.web import judging, rule_pages
from calltrace.web.deps import Desk, JudgesDeskDep, PostedDep, path_id
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.calls import Position
from calltrace.web.pages.review_queue import PATH as REVIEWS
from calltrace.web.render import NO_MISTAKES, page

PATH = REVIEWS + "/rules"
router = APIRouter(prefix=PATH)
KINDS: Mapping[str, tuple[str, float]] = {
    "random": (Words("By chance"), 100),
    "score_under": (Words("Low score"), 1),
    "needs_review": (Words("Undecided"), 1),
    "low_confidence": (Words("Unsure"), 100),
    "critical_failure": (Words("Critical failure"), 1),
    "quota": (Words("Quota"), 1),
}
"""How each kind is called, and how often what is stored goes into its number."""
WHOLE = messages(
    {
        "random": "By chance: %(number)s %% of all calls",
        "score_under": "Low score: under %(number)s",
        "needs_review": "Undecided",
        "low_confidence": "Unsure: the machine is less than %(number)s %% sure",
        "critical_failure": "Critical failure",
        "quota": "Quota: %(number)s calls of each agent and week",
    }
)
"""A rule in one line."""
EXPLAINED: Mapping[str, str] = worded(
    {
        "random": "So many percent of all calls, drawn from their ids. Keeps the other rules honest.",
        "score_under": "Calls with a score under a number from 0 to 100.",
        "needs_review": "Calls with a criterion that waits for a person.",
        "low_confidence": "Calls with a criterion that the machine is less sure of than so many percent.",
        "critical_failure": "Calls that a critical criterion failed.",
        "quota": "The first calls of each agent in a week, up to a number.",
    }
)
FIELDS = ("name", "kind", "number")
SETTINGS = ("appealDays", "leastAgreement", "leastDecisions")


@router.get("")
async def show(request: Request, desk: JudgesDeskDep, cursor: Position = None) -> Response:
    """Every rule, and the settings."""
    return await _list(request, desk, cursor)


async def _list(
    request: Request, desk: Desk, cursor: str | None = None, form: Form | None = None,
    error: CallTraceError | None = None,
) -> Response:  # fmt: skip
    async with desk.open() as (session, reader):
        listed = await rule_pages.listed(session, rules.page, PATH, cursor)
        wanted = await policy.read(session, reader.org_id)
    filled = form or Form(
        {
            "appealDays": [str(wanted.appeal_days)], "leastDecisions": [str(wanted.least_decisions)],
            "leastAgreement": ["" if wanted.least_agreement is None else f"{wanted.least_agreement:g}"],
        }
    )  # fmt: skip
    return page(
        request, "reviews/rules.html", status=error.status if error else 200, tab="rules", told=_told,
        number=number, form=filled, reader=reader, settings=wanted,
        mistakes=Mistakes.of(error, SETTINGS) if error else NO_MISTAKES, **listed,
    )  # fmt: skip


def _told(rule: ReviewRule) -> str:
    return Words(WHOLE[rule.kind], number=number(rule))


def number(rule: ReviewRule) -> str:
    """The number of a rule as its form shows it."""
    needed = NEEDS[rule.kind]  # pyright: ignore[reportArgumentType] - written by a service that checks it
    return f"{round(rule.settings[needed] * KINDS[rule.kind][1], 4):g}" if needed else ""


@router.get("/new")
async def form(request: Request, desk: JudgesDeskDep) -> Response:
    """The form for a new rule."""
    async with desk.open() as (_session, reader):
        reader.require_administrator()
    return _form(request, Form({"kind": ["random"], "enabled": ["yes"]}), None)


def _form(
    request: Request, filled: Form, rule_id: uuid.UUID | None, error: CallTraceError | None = None
) -> Response:
    blamed = "number" if error and any(one.pointer.strip("/") in MOST for one in error.errors) else ""
    return page(
        request, "reviews/rule.html", status=error.status if error else 200, tab="rules", form=filled,
        kinds=KINDS, explained=EXPLAINED, rule_id=rule_id,
        mistakes=Mistakes.of(error, FIELDS, blamed) if error else NO_MISTAKES,
    )  # fmt: skip


@router.post("/new")
async def create(request: Request, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Make a rule."""
    try:
        async with desk.open() as (session, admin):
            await rules.create(session, admin, _values(form))
    except InvalidRequestError as error:
        return _form(request, form, None, error)
    return RedirectResponse(f"{PATH}?done=rule-saved", 303)


@router.post("/settings")
async def settings(request: Request, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Set how long agents may appeal, and when a criterion is demoted."""
    try:
        values = {
            "appeal_days": int(_number(form, "appealDays")),
            "least_decisions": int(_number(form, "leastDecisions")),
            "least_agreement": _number(form, "leastAgreement") if form.text("leastAgreement") else None,
        }
        async with desk.open() as (session, admin):
            await policy.change(session, admin, values)
    except InvalidRequestError as error:
        return await _list(request, desk, form=form, error=error)
    return RedirectResponse(f"{PATH}?done=settings-saved", 303)


@router.get("/{rule_id}")
async def show_one(request: Request, rule_id: str, desk: JudgesDeskDep) -> Response:
    """The form to change a rule."""
    async with desk.open() as (session, reader):
        found = await rules.find(session, path_id(rule_id))
        reader.require_administrator()
    filled = {
        "name": [found.name], "kind": [found.kind], "number": [number(found)],
        "enabled": ["yes"] if found.enabled else [],
    }  # fmt: skip
    return _form(request, Form(filled), found.id)


@router.post("/{rule_id}")
async def change(request: Request, rule_id: str, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Give a rule other values."""
    found = path_id(rule_id)
    try:
        async with desk.open() as (session, admin):
            await rules.change(session, admin, found, _values(form))
    except InvalidRequestError as error:
        return _form(request, form, found, error)
    return RedirectResponse(f"{PATH}?done=rule-saved", 303)


@router.post("/{rule_id}/delete")
async def delete(rule_id: str, desk: JudgesDeskDep, _form: PostedDep) -> Response:
    """Delete a rule; what it put on the queue stays there."""
    async with desk.open() as (session, admin):
        await rules.remove(session, admin, path_id(rule_id))
    return RedirectResponse(f"{PATH}?done=rule-deleted", 303)


def _values(form: Form) -> dict[str, Any]:
    kind = form.text("kind")
    if kind not in KINDS:
        raise judging.wrong("kind", Words("Choose what the rule looks for."))
    values: dict[str, Any] = {"name": form.text("name"), "kind": kind, "enabled": bool(form.text("enabled"))}
    needed = NEEDS[kind]  # pyright: ignore[reportArgumentType] - one of them, as just checked
    if needed:
        value = _number(form, "number") / KINDS[kind][1]
        values[needed] = int(value) if needed == "count" else value
    return values


def _number(form: Form, field: str) -> float:
    """A number that is one; that it fits is checked by the service.

    Raises:
        InvalidRequestError: it is none, or has no end.
    """
    try:
        value = float(form.text(field).replace(",", "."))
    except ValueError as error:
        raise judging.wrong(field, Words("Write a number.")) from error
    if not abs(value) < _TOO_LARGE:
        raise judging.wrong(field, Words("Write a smaller number."))
    return value


_TOO_LARGE = 1e6
