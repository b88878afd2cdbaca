"""What pages of insights are about, as their address says it; and the way from a figure to its calls."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, cast, get_args
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.insights import queries
from calltrace.insights.measures import Dimension
from calltrace.insights.period import Bucket, Period, end_of
from calltrace.insights.queries import NONE, Narrowing
from calltrace.kit import clock
from calltrace.kit.errors import InvalidRequestError, NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import worded
from calltrace.reviews.who import Who

Split = Literal["agent", "queue", "center", "project", "engagement"]
SPLITS: Mapping[Split, Dimension] = {
    "agent": "agent_id", "queue": "queue_id", "center": "call_center_id", "project": "project_id",
    "engagement": "engagement_id",
}  # fmt: skip
LABELS: Mapping[Split, str] = worded({
    "agent": "Agent", "queue": "Queue", "center": "Call center", "project": "Project",
    "engagement": "Engagement",
})  # fmt: skip
RECENT = (7, 30, 90, 365)
_DEFAULT_DAYS = 30
_DAYS_AT_MOST, _WEEKS_AT_MOST = 45, 200


@dataclass(frozen=True, slots=True)
class Scene:
    """Which calls of which days, and by what they are split; ``days`` of a period that ends today."""

    narrowing: Narrowing
    period: Period
    by: Split
    days: int | None

    @classmethod
    def of(cls, query: Mapping[str, str], reader: Who, zone: str) -> "Scene":
        """What an address asks for, within what somebody may see.

        Raises:
            NotFoundError: a value that no form of ours offers.
        """
        by = query.get("by") or "agent"
        if by not in get_args(Split):
            raise _no_such()
        labels = {column: _label(query.get(name, "")) for name, column in SPLITS.items()}
        days, period = _period(query, zone)
        narrowing = replace(Narrowing(agents=reader.agents), **labels)
        return cls(narrowing, period, cast("Split", by), days)

    @property
    def bucket(self) -> Bucket:
        """Days, weeks or months: as many points as can be told apart."""
        if self.period.days <= _DAYS_AT_MOST:
            return "day"
        return "week" if self.period.days <= _WEEKS_AT_MOST else "month"

    @property
    def fields(self) -> dict[str, str]:
        """What the address says, without what says nothing."""
        when = (
            {"days": str(self.days)}
            if self.days
            else {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}
        )
        return when | {name: str(value) for name, value in self.chosen.items()}

    @property
    def chosen(self) -> dict[Split, uuid.UUID | Literal["none"]]:
        """What it is narrowed down to."""
        found = self.narrowing.chosen
        return {name: found[column] for name, column in SPLITS.items() if column in found}

    def address(self, path: str = "/insights", **further: object) -> str:
        """The same page about something else."""
        fields = {**self.fields, "by": "" if self.by == "agent" else self.by}
        fields |= {name: str(value) for name, value in further.items()}
        if "days" in further:
            fields = {name: value for name, value in fields.items() if name not in {"from", "to"}}
        return f"{path}?{urlencode({name: value for name, value in fields.items() if value})}"

    def calls(self, starts: date | None = None, **further: str | uuid.UUID) -> str:
        """The list of the calls that a figure counts, without chats; of one bucket, by its first day."""
        first, last = self.period.first, self.period.last
        if starts is not None:
            first, last = max(first, starts), min(last, end_of(starts, self.bucket))
        fields: dict[str, object] = {
            "medium": "voice",
            "calledFrom": first,
            "calledTo": last,
            **self.chosen,
            **further,
        }
        return f"/calls?{urlencode({name: str(value) for name, value in fields.items() if value})}"

    def of_agent(self, agent_id: uuid.UUID) -> "Scene":
        """The same of one agent."""
        return replace(self, narrowing=replace(self.narrowing, agent_id=agent_id))


async def choices(
    session: AsyncSession, reader: Who, most: int, chosen: Mapping[Split, object] | None = None
) -> dict[str, list[tuple[str, str]]]:
    """What menus of labels offer, within what somebody may see; what is chosen is among it."""
    found = dict[str, list[tuple[str, str]]]()
    for name, column in SPLITS.items():
        mine = (chosen or {}).get(name)
        keep = mine if isinstance(mine, uuid.UUID) else None
        rows = await queries.choices(session, column, most, reader.agents, [keep])
        found[name] = [(str(one), label) for one, label in rows]
    return found


def _period(query: Mapping[str, str], zone: str) -> tuple[int | None, Period]:
    if query.get("from") and query.get("to"):
        try:
            first, last = (date.fromisoformat(query[name]) for name in ("from", "to"))
            return None, Period.asked(first, last, zone)
        except (ValueError, InvalidRequestError) as error:
            raise _no_such() from error
    text = query.get("days") or str(_DEFAULT_DAYS)
    if text not in {str(one) for one in RECENT}:
        raise _no_such()
    return int(text), Period.recent(int(text), zone, clock.now())


def _label(text: str) -> uuid.UUID | Literal["none"] | None:
    found = as_uuid(text) if text not in {"", NONE} else None
    if text and text != NONE and found is None:
        raise _no_such()
    if text == NONE:
        return NONE
    return found


def _no_such() -> NotFoundError:
    return NotFoundError("There is no such filter.")
