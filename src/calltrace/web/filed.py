"""What calls are filed under, as pages show it: each sort in words, with the fields of its form.

Fields are called as the API calls them, so that what a service refuses finds its field.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import organisation
from calltrace.catalog.models import CAMPAIGN_STATUSES, ENGAGEMENT_STATUSES, Archivable
from calltrace.catalog.service import CALL_CENTERS, ENGAGEMENTS, PROJECTS, QUEUES, Kind
from calltrace.insights import service as insights
from calltrace.insights.measures import Figures
from calltrace.insights.period import LONGEST_DAYS, Period
from calltrace.insights.queries import Narrowing
from calltrace.kit import clock
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words, worded
from calltrace.reviews.who import Who
from calltrace.web import judging
from calltrace.web.forms import Form
from calltrace.web.insight_filters import SPLITS, Split
from calltrace.web.names import heading

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A field: its name in the form, its column, and what people read."""

    name: str
    column: str
    label: str
    kind: Literal["line", "text", "day", "choice", "center"] = "line"
    longest: int = 200
    hint: str = ""
    otherwise: str | None = None
    """What an empty field means; ``None``: nothing."""
    choices: Choices = ()
    narrows: bool = False
    """Whether the list can be narrowed down by it."""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """Projects, campaigns, call centres or engagements.

    Attributes:
        kind: of the catalogue.
        path: where its pages are.
        title: many of them, lead: what they are for.
        label: the field of ``/calls`` and ``/insights`` that narrows calls down to one.
    """

    kind: Kind[Any]
    path: str
    title: str
    said: Mapping[str, str]
    lead: str
    label: Split
    entries: Sequence[Entry]

    @property
    def sieve(self) -> Sequence[Entry]:
        """What its list can be narrowed down by, beside the name."""
        return [one for one in self.entries if one.narrows]

    @property
    def archives(self) -> bool:
        """Whether one can be put away; an engagement has a status for that."""
        return issubclass(self.kind.model, Archivable)

    @property
    def has(self) -> frozenset[str]:
        """The names of its fields."""
        return frozenset(one.name for one in self.entries)


def _statuses(names: Sequence[str]) -> Entry:
    choices = [(one, heading(one)) for one in names]
    return Entry(
        "status", "status", Words("Status"), "choice", otherwise="active", choices=choices, narrows=True
    )


_NAME = Entry("name", "name", Words("Name"), required=True)
_EXTERNAL = Entry(
    "externalId",
    "external_id",
    Words("External id"),
    longest=255,
    hint=Words("What another system knows it by."),
)
_DESCRIPTION = Entry("description", "description", Words("Description"), "text", 2000)

_PROJECT = worded({
    "one": "Project", "new": "New project", "change": "Change the project", "create": "Create project",
    "none_like": "No project is like that.", "none_yet": "No project yet.", "filter": "Filter projects",
    "unnamed": "No call names this project yet.",
    "unnamed_seen": "No call names this project that you may see yet.",
    "archive": "Archive the project", "unarchive": "Take the project out of the archive",
    "delete": "Delete the project", "delete_this": "Delete this project",
})  # fmt: skip
_CAMPAIGN = worded({
    "one": "Campaign", "new": "New campaign", "change": "Change the campaign", "create": "Create campaign",
    "none_like": "No campaign is like that.", "none_yet": "No campaign yet.", "filter": "Filter campaigns",
    "unnamed": "No call names this campaign yet.",
    "unnamed_seen": "No call names this campaign that you may see yet.",
    "archive": "Archive the campaign", "unarchive": "Take the campaign out of the archive",
    "delete": "Delete the campaign", "delete_this": "Delete this campaign",
})  # fmt: skip
_CALL_CENTER = worded({
    "one": "Call center", "new": "New call center", "change": "Change the call center",
    "create": "Create call center",
    "none_like": "No call center is like that.", "none_yet": "No call center yet.",
    "filter": "Filter call centers",
    "unnamed": "No call names this call center yet.",
    "unnamed_seen": "No call names this call center that you may see yet.",
    "archive": "Archive the call center", "unarchive": "Take the call center out of the archive",
    "delete": "Delete the call center", "delete_this": "Delete this call center",
})  # fmt: skip
_ENGAGEMENT = worded({
    "one": "Engagement", "new": "New engagement", "change": "Change the engagement",
    "create": "Create engagement",
    "none_like": "No engagement is like that.", "none_yet": "No engagement yet.",
    "filter": "Filter engagements",
    "unnamed": "No call names this engagement yet.",
    "unnamed_seen": "No call names this engagement that you may see yet.",
    "archive": "Archive the engagement", "unarchive": "Take the engagement out of the archive",
    "delete": "Delete the engagement", "delete_this": "Delete this engagement",
})  # fmt: skip
"""What pages say of each sort: another language declines its name by the sentence."""
SORTS: Sequence[Sort] = (
    Sort(
        PROJECTS, "/projects", Words("Projects"), _PROJECT,
        Words("A project is a label for recordings that belong together."), "project",
        (_NAME, _DESCRIPTION, _EXTERNAL),
    ),
    Sort(
        QUEUES, "/campaigns", Words("Campaigns"), _CAMPAIGN,
        Words("A campaign is a queue that calls come in by: it may have days between which it runs."),
        "queue",
        (
            _NAME,
            Entry(
                "type", "kind", Words("Type"), longest=50, hint=Words("Such as inbound or outbound."),
                narrows=True,
            ),
            _statuses(CAMPAIGN_STATUSES), Entry("startDate", "starts_on", Words("First day"), "day"),
            Entry("endDate", "ends_on", Words("Last day"), "day"),
            Entry("callCenterId", "call_center_id", Words("Call center"), "center"), _DESCRIPTION, _EXTERNAL,
        ),
    ),
    Sort(
        CALL_CENTERS, "/call-centers", Words("Call centers"), _CALL_CENTER,
        Words("A call center is a place where calls are taken."), "center", (_NAME, _EXTERNAL),
    ),
    Sort(
        ENGAGEMENTS, "/engagements", Words("Engagements"), _ENGAGEMENT,
        Words("An engagement is a piece of work with a customer that groups conversations."), "engagement",
        (
            _NAME, Entry(
                "type", "kind", Words("Type"), longest=50, hint=Words("Such as renewal or onboarding."),
                otherwise="general", narrows=True,
            ),
            _statuses(ENGAGEMENT_STATUSES), _DESCRIPTION, _EXTERNAL,
        ),
    ),
)  # fmt: skip


def filled(sort: Sort, row: Any) -> Form:
    """The form of a row as it is."""
    values = {one.name: getattr(row, one.column) for one in sort.entries}
    return Form({name: ["" if value is None else str(value)] for name, value in values.items()})


def values(sort: Sort, form: Form) -> Mapping[str, Any]:
    """What was filled in, by column; lengths and names are judged by the service.

    Raises:
        InvalidRequestError: naming the field.
    """
    return {one.column: _value(one, form.text(one.name)) for one in sort.entries}


def _value(entry: Entry, text: str) -> Any:
    if not text:
        return "" if entry.required else entry.otherwise
    if entry.kind == "day":
        return _day(entry, text)
    if entry.kind == "choice" and text not in dict(entry.choices):
        raise judging.wrong(entry.name, Words("Choose from the list."))
    if entry.kind == "center":
        found = as_uuid(text)
        if found is None:
            raise judging.wrong(entry.name, Words("Choose from the list."))
        return found
    return text.replace("\r\n", "\n")


def _day(entry: Entry, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise judging.wrong(entry.name, Words("%(label)s is no date.", label=entry.label)) from error


async def figures(session: AsyncSession, reader: Who, sort: Sort) -> Mapping[uuid.UUID | None, Figures]:
    """What calls of each come to in the last ten years, of the calls that somebody may see."""
    zone = await organisation.time_zone(session, reader.org_id)
    period = Period.recent(LONGEST_DAYS, zone, clock.now())
    asked = Narrowing(agents=reader.agents), period, SPLITS[sort.label]
    return {one.group_id: one.figures for one in await insights.groups(session, reader.org_id, *asked)}
