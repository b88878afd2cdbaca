"""``/alerts/rules``: what is looked for in calls; rules are built, and tried on past calls."""

import uuid
from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import queries as accounts
from calltrace.alerts import rules, trial
from calltrace.alerts.trial import Trial
from calltrace.catalog import assignment
from calltrace.catalog import queries as catalog
from calltrace.db.base import Json
from calltrace.evaluation.results import Mood, Verdict
from calltrace.evaluation.sensitive_kinds import KINDS as SENSITIVE
from calltrace.kit.errors import CallTraceError, InvalidRequestError
from calltrace.kit.ids import as_uuid
from calltrace.web import alert_form, rule_pages
from calltrace.web.deps import Desk, JudgesDeskDep, PostedDep, path_id
from calltrace.web.forms import Form
from calltrace.web.pages.calls import MOST_NAMES, Position, named
from calltrace.web.render import NO_MISTAKES, page

PATH = "/alerts/rules"
router = APIRouter(prefix=PATH)
_NEW: Json = {"match": "all", "conditions": [{"kind": "score", **alert_form.BLANKS["score"]}]}


@router.get("")
async def show(request: Request, desk: JudgesDeskDep, cursor: Position = None) -> Response:
    """Every rule."""
    async with desk.open() as (session, reader):
        listed = await rule_pages.listed(session, rules.page, PATH, cursor)
    return page(
        request,
        "alerts/rules.html",
        tab="rules",
        reader=reader,
        kinds=alert_form.KINDS,
        kinds_within=alert_form.WITHIN,
        **listed,
    )


@router.get("/new")
async def new(request: Request, desk: JudgesDeskDep) -> Response:
    """The form for a new rule."""
    return await _form(request, desk, Form({"enabled": ["yes"]}), _NEW)


async def _form(
    request: Request, desk: Desk, filled: Form, conditions: Json, *, rule_id: uuid.UUID | None = None,
    error: CallTraceError | None = None, tried: Trial | None = None,
) -> Response:  # fmt: skip
    project, queue = (as_uuid(filled.text(name)) for name in ("projectId", "queueId"))
    async with desk.open() as (session, reader):
        reader.require_administrator()
        _version, scorecard = await assignment.choose(session, None)
        choices = {
            "projectId": named(await catalog.projects_by_name(session, MOST_NAMES, [project])),
            "agentId": named(await catalog.agents_by_name(session, MOST_NAMES)),
            "queueId": named(await catalog.queues_by_name(session, MOST_NAMES, [queue])),
        }
        people = sorted(one.email for one in await accounts.users(session))
    return page(
        request, "alerts/rule.html", status=error.status if error else 200, tab="rules", form=filled,
        conditions=conditions, rule_id=rule_id, kinds=alert_form.KINDS,
        kinds_within=alert_form.WITHIN, choices=choices, people=people,
        criteria=[(one.key, one.name) for one in scorecard.criteria], tried=tried,
        verdicts=get_args(Verdict), moods=get_args(Mood), sensitive=SENSITIVE,
        mistakes=alert_form.mistakes(error) if error else NO_MISTAKES,
    )  # fmt: skip


@router.post("/new")
async def create(request: Request, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Make a rule, or do one step towards it."""
    return await _answer(request, desk, form, None)


@router.get("/{rule_id}")
async def show_one(request: Request, rule_id: str, desk: JudgesDeskDep) -> Response:
    """The form to change a rule."""
    async with desk.open() as (session, _reader):
        found = await rules.find(session, path_id(rule_id))
    return await _form(request, desk, *alert_form.of_rule(found), rule_id=found.id)


@router.post("/{rule_id}")
async def change(request: Request, rule_id: str, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Give a rule other values, or do one step towards it."""
    return await _answer(request, desk, form, path_id(rule_id))


async def _answer(request: Request, desk: Desk, form: Form, rule_id: uuid.UUID | None) -> Response:
    asked, conditions = form.text("step"), alert_form.typed(form)
    if asked == "add":
        asked = f"add:{form.text('kind')}"
    if asked not in {"", "try"}:
        return await _form(request, desk, form, alert_form.step(conditions, asked), rule_id=rule_id)
    try:
        if asked == "try":
            tried = await _try(desk, form)
            return await _form(request, desk, form, conditions, rule_id=rule_id, tried=tried)
        await _save(desk, rule_id, alert_form.values(form))
    except InvalidRequestError as error:
        return await _form(request, desk, form, conditions, rule_id=rule_id, error=error)
    return RedirectResponse(f"{PATH}?done=alert-rule-saved", 303)


async def _try(desk: Desk, form: Form) -> Trial:
    async with desk.open() as (_session, reader):
        reader.require_administrator()
    wanted = {"conditions": alert_form.typed(form), **alert_form.scope(form)}
    return await trial.run(desk.platform.database, reader, wanted)


async def _save(desk: Desk, rule_id: uuid.UUID | None, values: dict[str, Any]) -> None:
    async with desk.open() as (session, admin):
        if rule_id is None:
            await rules.create(session, admin, values)
        else:
            await rules.change(session, admin, rule_id, values)


@router.post("/{rule_id}/delete")
async def delete(rule_id: str, desk: JudgesDeskDep, _form: PostedDep) -> Response:
    """Delete a rule; what it raised stays."""
    async with desk.open() as (session, admin):
        await rules.remove(session, admin, path_id(rule_id))
    return RedirectResponse(f"{PATH}?done=alert-rule-deleted", 303)
