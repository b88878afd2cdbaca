"""What lists are cut and narrowed down by (acceptance CR-020, CR-026; decisions CRX-3, CRX-4)."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from pydantic import AfterValidator, BeforeValidator

from calltrace.dialects.callcenterrate import ids
from calltrace.kit.errors import InvalidRequestError
from calltrace.kit.moments import iso_moment

AudioStatus = Literal["PENDING", "PROCESSING", "DONE", "FAILED"]
STATUSES: Mapping[AudioStatus, str] = {
    "PENDING": "queued", "PROCESSING": "processing", "DONE": "completed", "FAILED": "failed",
}  # fmt: skip
"""How the states of an analysis are called here (acceptance CR-023)."""

LARGEST_PAGE = 1_000_000_000
"""Far behind any last page: what the database counts with is bounded too."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_KNOWN = frozenset({"page", "limit", "projectId", "status", "from", "to"})


@dataclass(frozen=True, slots=True)
class Part:
    """One page of a list."""

    page: int
    limit: int

    @property
    def offset(self) -> int:
        """Rows before it."""
        return (self.page - 1) * self.limit


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What must hold for all rows of a list; both ends of the span are included."""

    project_id: uuid.UUID | None = None
    start: datetime | None = None
    end: datetime | None = None


def _project(text: str) -> str:
    if ids.decode("project", text) is None:
        raise ValueError("Not the id of a project.")
    return text


def _moment(value: object) -> datetime:
    """A date alone is its first moment, as in JavaScript."""
    text = str(value)
    return iso_moment(f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text)


Moment = Annotated[datetime, BeforeValidator(_moment)]


async def part(
    request: Request,
    page: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Part:
    """The page that is asked for. What a client sends that no list of ours knows is passed over."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in sorted(_KNOWN & set(names)):
        if names.count(name) > 1:
            raise InvalidRequestError(f"{name}: Given more than once.")
    return Part(page, limit)


PartDep = Annotated[Part, Depends(part)]


async def narrowed(
    project_id: Annotated[
        Annotated[str, AfterValidator(_project)] | None,
        Query(alias="projectId", description="Of this project only."),
    ] = None,
    start: Annotated[Moment | None, Query(alias="from", description="createdAt, inclusive.")] = None,
    end: Annotated[Moment | None, Query(alias="to", description="createdAt, inclusive.")] = None,
) -> Narrowed:
    """The filters of audios and analyses."""
    if start and end and start > end:
        raise InvalidRequestError("from: Later than to.")
    found = ids.decode("project", project_id) if project_id else None
    return Narrowed(found, start, end)


NarrowedDep = Annotated[Narrowed, Depends(narrowed)]


def refuse(request: Request, *names: str) -> None:
    """Refuse filters of this contract that a list does not have: it would answer everything.

    Raises:
        InvalidRequestError: naming the first.
    """
    for name in names:
        if name in request.query_params:
            raise InvalidRequestError(f"{name}: This list has no such filter.")
