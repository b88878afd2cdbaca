"""What the list of calls is narrowed down to, as its address says it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, cast, get_args
from urllib.parse import urlencode

from sqlalchemy import ColumnElement

from calltrace.accounts.models import Mode
from calltrace.analyses.document import Medium, Status
from calltrace.analyses.list_queries import Filters
from calltrace.analyses.search_terms import Search
from calltrace.evaluation.results import Mood
from calltrace.insights import queries
from calltrace.insights.measures import Dimension
from calltrace.insights.period import midnight
from calltrace.insights.queries import NONE
from calltrace.kit.errors import NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words, messages, worded

STATUSES = get_args(Status)
MODES = get_args(Mode)
MEDIA = get_args(Medium)
COUNTED = (
    "named",
    "medium",
    "calledFrom",
    "calledTo",
    "passed",
    "center",
    "engagement",
    "criterion",
    "mood",
    "escalated",
)
"""What other pages lead to: those of a file's name, and figures of insights."""
FIELDS = (
    "status", "agent", "queue", "project", "language", "scoreFrom", "scoreTo", "from", "to", "text",
    *COUNTED,
)  # fmt: skip
KEPT: Mapping[tuple[str, str], str] = worded({
    ("medium", "voice"): "calls, no chats", ("medium", "text"): "chats",
    ("passed", "yes"): "passed", ("passed", "no"): "not passed", ("center", "none"): "no call center",
    ("engagement", "none"): "no engagement", ("escalated", "yes"): "escalated",
})  # fmt: skip
"""Those of them whose values are few, in words."""


_WITH_VALUE = messages({
    "named": "named %(value)s",
    "calledFrom": "took place from %(value)s", "calledTo": "took place until %(value)s",
    "center": "call center %(value)s", "engagement": "engagement %(value)s",
    "mood": "customer sounded %(value)s", "criterion": "not met: %(value)s",
})  # fmt: skip


def kept(name: str, value: str) -> str:
    """One of them in words, for the value that it has."""
    return Words(_WITH_VALUE[name], value=value)


LABELS: Mapping[str, Dimension] = {
    "agent": "agent_id", "queue": "queue_id", "center": "call_center_id", "project": "project_id",
    "engagement": "engagement_id",
}  # fmt: skip
_LONGEST = 255
_HIGHEST = 100.0


@dataclass(frozen=True, slots=True)
class Chosen:
    """The fields of the form as they were sent; an empty one narrows nothing down.

    ``view`` is the id of the saved view that they came from: it decides on columns.
    """

    mode: Mode
    fields: Mapping[str, str]
    view: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Chosen":
        """What an address chooses; what no form of ours offers leads to no page.

        Raises:
            NotFoundError: a mode or a value that cannot be.
        """
        mode = query.get("mode") or "live"
        fields = {name: query.get(name, "").strip() for name in FIELDS}
        strange = any(len(value) > _LONGEST or "\0" in value for value in fields.values())
        if mode not in MODES or strange:
            raise _no_such()
        return cls(cast("Mode", mode), fields, query.get("view", "").strip())

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(self.fields.values())

    @property
    def more(self) -> bool:
        """Whether one of the fields is used that are folded away."""
        return any(self.fields[name] for name in FIELDS if name not in {"status", "agent", "text", *COUNTED})

    @property
    def kept(self) -> Mapping[str, str]:
        """What is used of what only figures of insights lead to."""
        return {name: self.fields[name] for name in COUNTED if self.fields[name]}

    def dropping(self, *names: str) -> str:
        """The address of the list without some of its filters."""
        return self.address(**dict.fromkeys(names, ""))

    def address(self, **further: str) -> str:
        """The address of the list that is narrowed down like this, and further."""
        mode = {} if self.mode == "live" else {"mode": self.mode}
        query = urlencode(
            {
                name: value
                for name, value in {**mode, **self.fields, "view": self.view, **further}.items()
                if value
            }
        )
        return f"/calls?{query}" if query else "/calls"

    @property
    def export(self) -> str:
        """Where calls of the same labels and days are exported: files are narrowed down by nothing else."""
        days = {"from": self.fields["calledFrom"], "to": self.fields["calledTo"]}
        labels = {name: self.fields[name] for name in LABELS}
        chosen = {**labels, **(days if all(days.values()) else {})}
        return f"/exports?{urlencode({'type': 'calls', **{k: v for k, v in chosen.items() if v}})}"

    def filters(self, zone: str) -> Filters:
        """For the service. Days on which calls took place are those of a time zone.

        Raises:
            NotFoundError: a value that no form of ours offers.
        """
        fields = self.fields
        if fields["status"] not in {"", *STATUSES} or fields["medium"] not in {"", *MEDIA}:
            raise _no_such()
        labels: dict[Dimension, uuid.UUID | Literal["none"] | None] = {
            column: _label(fields[name]) for name, column in LABELS.items()
        }
        filters = Filters(
            status=fields["status"] or None,
            created_from=_day(fields["from"], time.min),
            created_to=_day(fields["to"], time.max),
            mode=self.mode,
            medium=fields["medium"] or None,
            heard_language=fields["language"] or None,
            score_from=_score(fields["scoreFrom"]),
            score_to=_score(fields["scoreTo"]),
            called=fields["named"] or None,
            text=Search.of(fields["text"]),
            called_from=_first_moment(fields["calledFrom"], zone, 0),
            called_before=_first_moment(fields["calledTo"], zone, 1),
            also=[
                *(queries.without(column) for column, value in labels.items() if value == NONE),
                *self._counted(),
            ],
        )
        return replace(filters, **{name: one for name, one in labels.items() if one != NONE})

    def _counted(self) -> list[ColumnElement[bool]]:
        """By what is counted of a call."""
        passed, mood, escalated, criterion = (
            self.fields[name] for name in ("passed", "mood", "escalated", "criterion")
        )
        wanted = (passed, {"", "yes", "no"}), (mood, {"", *get_args(Mood)}), (escalated, {"", "yes"})
        scorecard, colon, key = criterion.partition(":")
        if any(value not in known for value, known in wanted) or (criterion and not (colon and key)):
            raise _no_such()
        if not (passed or mood or escalated or criterion):
            return []
        return [
            queries.counted_as(
                passed=passed == "yes" if passed else None, mood=mood or None, escalated=bool(escalated),
                failed=(scorecard, key) if criterion else None,
            )
        ]  # fmt: skip


def _label(text: str) -> uuid.UUID | Literal["none"] | None:
    """An id, or ``none``."""
    if text in {"", NONE}:
        return NONE if text else None
    found = as_uuid(text)
    if found is None:
        raise _no_such()
    return found


def _first_moment(text: str, zone: str, days: int) -> datetime | None:
    """When a day begins in a time zone, or some days after it."""
    day = _day(text, time.min)
    try:
        return None if day is None else midnight(day.date() + timedelta(days=days), zone)
    except OverflowError as error:
        raise _no_such() from error


def _day(text: str, moment: time) -> datetime | None:
    """The beginning or the end of a day, in UTC."""
    try:
        return datetime.combine(date.fromisoformat(text), moment, UTC) if text else None
    except ValueError as error:
        raise _no_such() from error


def _score(text: str) -> float | None:
    if not text:
        return None
    try:
        score = float(text)
    except ValueError as error:
        raise _no_such() from error
    if not 0 <= score <= _HIGHEST:
        raise _no_such()
    return score


def _no_such() -> NotFoundError:
    return NotFoundError("There is no such filter.")
