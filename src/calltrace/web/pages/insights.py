"""``/insights``: what calls come to, over time and by what they are sorted by; every number leads to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from calltrace.accounts import organisation
from calltrace.insights import service, surveys
from calltrace.insights.measures import Figures
from calltrace.insights.period import Bucket
from calltrace.insights.service import LEAST_IN_RANKING, Criterion, Group, Point
from calltrace.insights.surveys import LEAST_FOR_CORRELATION, SurveyGroup
from calltrace.kit.words import Words, worded
from calltrace.web import charts
from calltrace.web.charts import Mark
from calltrace.web.deps import JudgesDeskDep
from calltrace.web.insight_filters import LABELS, RECENT, SPLITS, Scene, choices
from calltrace.web.pages.calls import MOST_NAMES
from calltrace.web.pages.exports import FORMATS, KINDS
from calltrace.web.render import page

PATH = "/insights"
MOST_CRITERIA = 12
MOST_ROWS = 50
_BY = worded({
    "agent": "By agent", "queue": "By queue", "center": "By call center", "project": "By project",
    "engagement": "By engagement",
})  # fmt: skip
_CALLS_BY = worded({"day": "Calls by day", "week": "Calls by week", "month": "Calls by month"})
_SCORE_BY = worded({
    "day": "Average score by day", "week": "Average score by week", "month": "Average score by month",
})  # fmt: skip
router = APIRouter(prefix=PATH)


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure: what it is, now and in the period before, and whether more of it is better."""

    label: str
    value: float | None
    before: float | None
    kind: str
    href: str | None = None
    more_is: str = ""


@router.get("")
async def show(request: Request, desk: JudgesDeskDep) -> Response:
    """The calls that the address asks for; supervisors see those of their teams."""
    async with desk.open() as (session, reader):
        zone = await organisation.time_zone(session, reader.org_id)
        scene = Scene.of(request.query_params, reader, zone)
        asked = (session, reader.org_id, scene.narrowing)
        now = await service.summary(*asked, scene.period)
        before = await service.summary(*asked, scene.period.before)
        points = await service.trend(*asked, scene.period, scene.bucket)
        criteria = await service.criteria(*asked, scene.period)
        rows = await service.groups(*asked, scene.period, SPLITS[scene.by])
        said, voices = await surveys.groups(*asked, scene.period, SPLITS[scene.by])
        offered = await choices(session, reader, MOST_NAMES, scene.chosen)
    ranked = [one for one in rows if one.figures.calls >= LEAST_IN_RANKING]
    return page(
        request, "insights/show.html", scene=scene, now=now, tiles=tiles(scene, now, before), points=points,
        volume=volume(scene, points), scores=scores(scene, points), criteria=criteria[:MOST_CRITERIA],
        marks=[verdict_bar(one) for one in criteria[:MOST_CRITERIA]], rows=ranked[:MOST_ROWS],
        small=len(rows) - len(ranked), more=max(len(ranked) - MOST_ROWS, 0), moods=moods(now),
        choices=offered, recent=RECENT, labels=LABELS, least=LEAST_IN_RANKING, split=LABELS[scene.by],
        split_by=_BY[scene.by],
        reader=reader, name_of=name_of, said=said,
        voices=[one for one in voices if one.figures.answered >= LEAST_IN_RANKING][:MOST_ROWS],
        least_together=LEAST_FOR_CORRELATION, bucket_label=bucket_label, kinds=KINDS, formats=FORMATS,
    )  # fmt: skip


def tiles(scene: Scene, now: Figures, before: Figures) -> list[Tile]:
    """The figures on top; where nobody called before there is nothing to compare with."""
    done = scene.calls(status="completed")
    unhappy, before_unhappy = _share(now.negative, now), _share(before.negative, before)
    escalated_before = before.escalated if before.calls else None
    effort, before_effort = now.average_effort, before.average_effort
    return [
        Tile(Words("Calls"), now.calls, before.calls or None, "count", scene.calls()),
        Tile(Words("Average score"), now.average_score, before.average_score, "score", done, "good"),
        Tile(Words("Pass rate"), now.pass_rate, before.pass_rate, "share", scene.calls(passed="yes"), "good"),
        Tile(Words("Average length"), now.average_seconds, before.average_seconds, "time", done),
        Tile(Words("Silence"), now.silence_share, before.silence_share, "share", done, "bad"),
        Tile(
            Words("Unhappy customers"), unhappy, before_unhappy, "share", scene.calls(mood="negative"), "bad"
        ),
        Tile(Words("Customer effort"), effort, before_effort, "effort", done, "bad"),
        Tile(
            Words("Escalations"), now.escalated, escalated_before, "count",
            scene.calls(escalated="yes"), "bad",
        ),
    ]  # fmt: skip


def _share(count: int, figures: Figures) -> float | None:
    whole = figures.positive + figures.neutral + figures.negative
    return count / whole if whole else None


def volume(scene: Scene, points: Sequence[Point]) -> Markup:
    """Calls over time."""
    marks = [
        Mark(
            bucket_label(one, scene.bucket), one.figures.calls,
            Words("%(time)s: %(calls)s calls", time=bucket_label(one, scene.bucket), calls=one.figures.calls),
            scene.calls(one.starts),
        )
        for one in points
    ]  # fmt: skip
    return charts.bars(_CALLS_BY[scene.bucket], marks)


def scores(scene: Scene, points: Sequence[Point]) -> Markup:
    """The average score over time."""
    marks = [
        Mark(
            bucket_label(one, scene.bucket), one.figures.average_score,
            Words(
                "%(time)s: %(score)s on average", time=bucket_label(one, scene.bucket),
                score=one.figures.average_score,
            ),
            scene.calls(one.starts, status="completed"),
        )
        for one in points
    ]  # fmt: skip
    return charts.line(_SCORE_BY[scene.bucket], marks, 100)


def bucket_label(point: Point, bucket: Bucket) -> str:
    """A day, the Monday of a week, or a month, for reading."""
    return point.starts.strftime("%b %Y" if bucket == "month" else "%-d %b")


def verdict_bar(one: Criterion) -> Markup:
    """How often a criterion was met, partly met and not met."""
    found = one.verdicts
    told = Words(
        "met %(met)s, partly met %(partly_met)s, not met %(not_met)s",
        met=found.met,
        partly_met=found.partly_met,
        not_met=found.not_met,
    )
    return charts.shares(told, [("good", found.met), ("warn", found.partly_met), ("bad", found.not_met)])


def moods(now: Figures) -> Markup:
    """How customers sounded."""
    told = Words(
        "positive %(positive)s, neutral %(neutral)s, negative %(negative)s",
        positive=now.positive,
        neutral=now.neutral,
        negative=now.negative,
    )
    return charts.shares(told, [("good", now.positive), ("mid", now.neutral), ("bad", now.negative)])


def name_of(row: Group | SurveyGroup) -> str:
    """What a row is called; calls without one have a row, too."""
    return row.name or (Words("Deleted") if row.group_id else Words("None"))
