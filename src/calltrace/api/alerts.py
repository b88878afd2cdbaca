"""``/api/v1/alert-rules`` and ``/api/v1/alerts``: what is looked for in every call, and what was found."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, Security
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor
from calltrace.accounts.keys import Principal
from calltrace.alerts import rules as service
from calltrace.alerts import service as raised
from calltrace.alerts import shown, trial
from calltrace.alerts.document import Conditions
from calltrace.alerts.matching import Reason
from calltrace.alerts.queries import AlertFilters
from calltrace.api.body import read_json
from calltrace.api.catalog import EXTERNAL_ID, ExternalId, Name
from calltrace.api.deps import ActorDep, PlatformDep, only_known, path_id, scoped
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import Limit, Position
from calltrace.api.resources import Json, Page, router_of
from calltrace.api.reviewing import ONE, PAGE, ReadingDesk, WritingDesk, as_page
from calltrace.api.schemas import Wire
from calltrace.db.listing import NameFilter, Slice
from calltrace.reviews.who import of_key

CONDITIONS = "What is looked for: conditions joined by `all` or `any`; a `group` among them is nested once."
SCOPE = "Only calls of this one; null: of all. A rule goes with what it is for."
EMAILS = "Addresses of users who are told of each alert by mail."
EXAMPLE = {
    "match": "all",
    "conditions": [
        {"kind": "score", "operator": "under", "value": 60},
        {"kind": "keyword", "words": ["cancel", "lawyer"], "match": "stem", "speaker": "customer"},
    ],
}
AnyConditions = Annotated[Conditions, Field(strict=False, description=CONDITIONS, examples=[EXAMPLE])]


class ScopeFields(Wire):
    """Which calls a rule is for."""

    project_id: uuid.UUID | None = Field(None, strict=False, description=SCOPE)
    agent_id: uuid.UUID | None = Field(None, strict=False, description=SCOPE)
    queue_id: uuid.UUID | None = Field(None, strict=False, description=SCOPE)


class AlertRuleRequest(ScopeFields):
    """``POST /alert-rules``."""

    name: Name = Field(examples=["Threats to leave"])
    external_id: ExternalId | None = Field(None, description=EXTERNAL_ID)
    conditions: AnyConditions
    emails: list[Annotated[str, Field(max_length=320)]] = Field(
        default_factory=list[str], max_length=20, description=EMAILS, examples=[[]]
    )
    enabled: bool = True


class AlertRuleChanges(AlertRuleRequest):
    """``PATCH /alert-rules/{id}``: only what is sent counts."""

    name: Name = Field(default_factory=str, examples=["Threats to leave"])
    conditions: AnyConditions = Field(default_factory=lambda: Conditions.model_validate(EXAMPLE))


class AlertRuleDocument(Wire):
    """A rule."""

    id: str
    name: str
    external_id: str | None
    conditions: AnyConditions
    project_id: str | None
    agent_id: str | None
    queue_id: str | None
    emails: list[str] = Field(examples=[[]])
    enabled: bool
    created_at: str


class TrialRequest(ScopeFields):
    """``POST /alert-rules/test``."""

    conditions: AnyConditions
    limit: Annotated[int, Field(ge=1, le=trial.MOST_CALLS)] = Field(
        trial.USUAL_CALLS, description="How many calls are looked at, the newest first."
    )


class MatchDocument(Wire):
    """A past call that the rule would have raised an alert for."""

    analysis_id: str
    external_id: str | None
    score: float | None
    message: str
    reasons: list[Reason]
    created_at: str


class TrialDocument(Wire):
    """How many calls were looked at, and those that match."""

    looked_at: int
    matched: int
    data: list[MatchDocument]


class AlertDocument(Wire):
    """A rule matched a call. ``message`` may hold words of the call."""

    id: str
    rule_id: str | None
    rule_name: str
    analysis_id: str
    external_id: str | None
    score: float | None
    message: str
    reasons: list[Reason]
    created_at: str
    acknowledged_at: str | None = Field(examples=[None])
    acknowledged_by: str | None = Field(examples=[None])


class AlertRules:
    """Alert rules, as a resource."""

    singular, plural = "alert-rule", "alert-rules"
    wanted: type[Wire] = AlertRuleRequest
    changes: type[Wire] = AlertRuleChanges
    listed: type[Wire] = AlertRuleDocument
    shown: type[Wire] = AlertRuleDocument

    async def page(
        self, session: AsyncSession, names: NameFilter, part: Slice
    ) -> tuple[list[Json], str | None]:
        """One page, newest first."""
        found, following = await service.page(session, names, part)
        return [shown.rule(one) for one in found], following

    async def create(self, session: AsyncSession, org_id: uuid.UUID, actor: Actor, wanted: Json) -> Json:
        """Make one."""
        return shown.rule(await service.create(session, of_key(org_id, actor, "live"), wanted))

    async def find(self, session: AsyncSession, row_id: uuid.UUID) -> Json:
        """Read one."""
        return shown.rule(await service.find(session, row_id))

    async def change(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID, changes: Json) -> Json:
        """Change one."""
        org_id = (await service.find(session, row_id)).org_id
        return shown.rule(await service.change(session, of_key(org_id, actor, "live"), row_id, changes))

    async def delete(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID) -> None:
        """Delete one."""
        org_id = (await service.find(session, row_id)).org_id
        await service.remove(session, of_key(org_id, actor, "live"), row_id)


rules = router_of(AlertRules())
trials = APIRouter(prefix="/alert-rules", tags=["Alert rules"])
router = APIRouter(prefix="/alerts", tags=["Alerts"])


@trials.post(
    "/test",
    response_model=TrialDocument,
    responses=problems(400, 401, 403, 413, 500, 503),
    openapi_extra=json_body(TrialRequest),
)
async def test_rule(
    request: Request,
    platform: PlatformDep,
    principal: Annotated[Principal, Security(scoped("analysis:read"), scopes=["analysis:read"])],
    actor: ActorDep,
) -> Response:
    """Hold past calls of the key's mode against a rule that need not be saved; nothing is written or sent."""
    wanted = await read_json(request, TrialRequest)
    values: dict[str, Any] = {name: getattr(wanted, name) for name in ("conditions", *service.SCOPES)}
    reader = of_key(principal.org_id, actor, principal.mode)
    return JSONResponse(shown.trial(await trial.run(platform.database, reader, values, wanted.limit)))


@router.get("", response_model=Page[AlertDocument], responses=problems(400, 401, 403, 500, 503))
async def list_alerts(  # noqa: PLR0917 - query parameters, none is passed by position
    request: Request,
    desk: ReadingDesk,
    acknowledged: Annotated[bool | None, Query(description="Whether somebody has seen to it.")] = None,
    rule_id: Annotated[uuid.UUID | None, Query(alias="ruleId")] = None,
    analysis_id: Annotated[uuid.UUID | None, Query(alias="analysisId")] = None,
    limit: Limit = 50,
    cursor: Position = None,
) -> Response:
    """Alerts of calls that may be seen, newest first."""
    only_known(request, PAGE | {"acknowledged", "ruleId", "analysisId"})
    async with desk.open() as (session, who):
        which = AlertFilters(who.mode, acknowledged, rule_id, analysis_id)
        found, following = await raised.page(session, who, which, cursor=cursor, limit=limit)
    return as_page(found, following, shown.alert)


@router.get("/{alert_id}", response_model=AlertDocument, responses=problems(400, 401, 403, 404, 500, 503))
async def get_alert(request: Request, alert_id: str, desk: ReadingDesk) -> Response:
    """One alert."""
    only_known(request, ONE)
    async with desk.open() as (session, who):
        return JSONResponse(shown.alert(await raised.find(session, who, path_id(alert_id))))


@router.post(
    "/{alert_id}/acknowledge",
    response_model=AlertDocument,
    responses=problems(400, 401, 403, 404, 500, 503),
)
async def acknowledge_alert(request: Request, alert_id: str, desk: WritingDesk) -> Response:
    """Say that somebody has seen to it. Again changes nothing."""
    only_known(request, ONE)
    async with desk.open() as (session, who):
        return JSONResponse(shown.alert(await raised.acknowledge(session, who, path_id(alert_id))))
