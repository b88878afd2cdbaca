"""``/agents``: how each agent's calls went; supervisors see their teams, agents themselves alone."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import organisation
from calltrace.analyses import list_queries
from calltrace.analyses.list_queries import Listed
from calltrace.insights import queries, service
from calltrace.insights.measures import Figures
from calltrace.insights.queries import Noted
from calltrace.insights.service import LEAST_IN_RANKING, Criterion
from calltrace.kit.errors import CallTraceError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.reviews import coaching
from calltrace.reviews.who import Who
from calltrace.web import charts
from calltrace.web.deps import CallsDeskDep, Desk, PostedDep, path_id
from calltrace.web.forms import Form, Mistakes
from calltrace.web.insight_filters import RECENT, Scene
from calltrace.web.pages.calls import MOST_NAMES, Position
from calltrace.web.pages.insights import bucket_label, scores, tiles, verdict_bar, volume
from calltrace.web.render import NO_MISTAKES, page

PATH = "/agents"
TO_LISTEN, WENT_WELL, NOTES = 5, 2, 20
router = APIRouter(prefix=PATH)


@dataclass(frozen=True, slots=True)
class Row:
    """An agent of the list; figures of few calls are not shown."""

    agent_id: uuid.UUID
    name: str
    figures: Figures

    @property
    def tells(self) -> bool:
        """Whether there are enough calls to say anything."""
        return self.figures.calls >= LEAST_IN_RANKING


@dataclass(frozen=True, slots=True)
class Worth:
    """A call to listen to, and why."""

    call: Listed
    noted: Noted
    why: str


@router.get("")
async def show_all(request: Request, desk: CallsDeskDep) -> Response:
    """Every agent whose calls the reader sees; an agent is led to the own page."""
    async with desk.open() as (session, reader):
        if reader.role == "agent" and reader.agent_id is not None:
            return RedirectResponse(f"{PATH}/{reader.agent_id}", 303)
        scene = await _scene(request, session, reader)
        found = await service.groups(session, reader.org_id, scene.narrowing, scene.period, "agent_id")
        known = await queries.choices(session, "agent_id", MOST_NAMES, reader.agents)
    figures = {one.group_id: one.figures for one in found}
    rows = [Row(agent_id, name, figures.get(agent_id, Figures())) for agent_id, name in known]
    return page(
        request, "agents/list.html", rows=rows, scene=scene, recent=RECENT, reader=reader,
        least=LEAST_IN_RANKING,
    )  # fmt: skip


@router.get("/{agent_id}")
async def show(request: Request, agent_id: str, desk: CallsDeskDep, cursor: Position = None) -> Response:
    """One agent: figures, criteria over time, calls to listen to, notes."""
    return await _show(request, desk, path_id(agent_id), cursor)


async def _show(
    request: Request, desk: Desk, agent_id: uuid.UUID, cursor: str | None = None,
    filled: Form | None = None, error: CallTraceError | None = None,
) -> Response:  # fmt: skip
    async with desk.open() as (session, reader):
        agent = await coaching.find_agent(session, reader, agent_id)
        scene = (await _scene(request, session, reader)).of_agent(agent_id)
        asked = (session, reader.org_id, scene.narrowing)
        now = await service.summary(*asked, scene.period)
        before = await service.summary(*asked, scene.period.before)
        points = await service.trend(*asked, scene.period, scene.bucket)
        criteria = await service.criteria(*asked, scene.period)
        trends = await service.criterion_trends(*asked, scene.period, scene.bucket)
        worth = await _worth(session, scene)
        notes, following = await coaching.page(session, reader, agent_id, cursor=cursor, limit=NOTES)
    return page(
        request, "agents/show.html", status=error.status if error else 200, agent=agent, scene=scene,
        recent=RECENT, reader=reader, now=now, tiles=tiles(scene, now, before), points=points,
        volume=volume(scene, points), scores=scores(scene, points), criteria=criteria,
        marks=[verdict_bar(one) for one in criteria], worth=worth, notes=notes,
        sparks=[_spark(one, [v.average for _at, v in trends[one.scorecard_id, one.key]]) for one in criteria],
        older=f"{PATH}/{agent_id}?cursor={following}" if following else None, first=cursor is None,
        writes=coaching.may_write(reader, agent_id), form=filled or Form(), bucket_label=bucket_label,
        mistakes=Mistakes.of(error, ("text",)) if error else NO_MISTAKES,
    )  # fmt: skip


async def _scene(request: Request, session: AsyncSession, reader: Who) -> Scene:
    zone = await organisation.time_zone(session, reader.org_id)
    return Scene.of(request.query_params, reader, zone)


def _spark(criterion: Criterion, values: Sequence[float | None]) -> Markup:
    known = [one for one in values if one is not None]
    told = (
        Words(
            "%(name)s over time: %(known)s %% to %(known2)s %%",
            name=criterion.name,
            known=f"{known[0]:g}",
            known2=f"{known[-1]:g}",
        )
        if known
        else Words("nothing yet")
    )
    return charts.spark(told, values, 100)


async def _worth(session: AsyncSession, scene: Scene) -> list[Worth]:
    """Those that went worst, and a few that went best; none of both."""
    worst = await queries.worst(session, scene.narrowing, scene.period, TO_LISTEN)
    best = await queries.best(session, scene.narrowing, scene.period, WENT_WELL)
    known = {one.analysis_id for one in worst}
    good = [one for one in best if one.analysis_id not in known and one.passed is not False]
    listed = await list_queries.listed_by_id(session, [one.analysis_id for one in (*worst, *good)])
    reasons = [(one, _why(one)) for one in worst] + [(one, Words("went well")) for one in good]
    return [Worth(listed[one.analysis_id], one, why) for one, why in reasons if one.analysis_id in listed]


def _why(one: Noted) -> str:
    if one.escalated:
        return "escalated"
    if one.passed is False:
        return Words("not passed")
    return Words("unhappy customer") if one.mood == "negative" else Words("lowest score")


@router.post("/{agent_id}/notes")
async def write_note(request: Request, agent_id: str, desk: CallsDeskDep, form: PostedDep) -> Response:
    """Write a note to an agent."""
    found = path_id(agent_id)
    try:
        async with desk.open() as (session, author):
            await coaching.add(session, author, found, form.exact("text"))
    except InvalidRequestError as error:
        return await _show(request, desk, found, filled=form, error=error)
    return RedirectResponse(f"{PATH}/{found}?done=note-written#notes", 303)


@router.post("/{agent_id}/notes/{note_id}/delete")
async def delete_note(agent_id: str, note_id: str, desk: CallsDeskDep, _form: PostedDep) -> Response:
    """Delete an own note."""
    found = path_id(agent_id)
    async with desk.open() as (session, author):
        await coaching.remove(session, author, found, path_id(note_id))
    return RedirectResponse(f"{PATH}/{found}?done=note-deleted#notes", 303)
