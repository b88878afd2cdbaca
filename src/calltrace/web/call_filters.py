"""What the list of calls is narrowed down to, as its address says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import cast, get_args
from urllib.parse import urlencode

from calltrace.accounts.models import Mode
from calltrace.analyses.document import Status
from calltrace.analyses.queries import Filters
from calltrace.kit.errors import NotFoundError
from calltrace.kit.ids import as_uuid

STATUSES = get_args(Status)
MODES = get_args(Mode)
FIELDS = ("status", "agent", "queue", "language", "scoreFrom", "scoreTo", "from", "to", "named")
_LONGEST = 255
_HIGHEST = 100.0


@dataclass(frozen=True, slots=True)
class Chosen:
    """The fields of the form as they were sent; an empty one narrows nothing down."""

    mode: Mode
    fields: Mapping[str, str]

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
        return cls(cast("Mode", mode), fields)

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(self.fields.values())

    @property
    def more(self) -> bool:
        """Whether one of the fields is used that are folded away."""
        return any(self.fields[name] for name in FIELDS if name not in {"status", "agent", "named"})

    def address(self, **further: str) -> str:
        """The address of the list that is narrowed down like this, and further."""
        mode = {} if self.mode == "live" else {"mode": self.mode}
        query = urlencode(
            {name: value for name, value in {**mode, **self.fields, **further}.items() if value}
        )
        return f"/calls?{query}" if query else "/calls"

    def filters(self) -> Filters:
        """For the service.

        Raises:
            NotFoundError: a value that no form of ours offers.
        """
        fields = self.fields
        if fields["status"] not in {"", *STATUSES}:
            raise _no_such()
        return Filters(
            status=fields["status"] or None,
            agent_id=as_uuid(_id(fields["agent"])) if fields["agent"] else None,
            queue_id=as_uuid(_id(fields["queue"])) if fields["queue"] else None,
            created_from=_day(fields["from"], time.min),
            created_to=_day(fields["to"], time.max),
            mode=self.mode,
            heard_language=fields["language"] or None,
            score_from=_score(fields["scoreFrom"]),
            score_to=_score(fields["scoreTo"]),
            called=fields["named"] or None,
        )


def _id(text: str) -> str:
    if as_uuid(text) is None:
        raise _no_such()
    return text


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
