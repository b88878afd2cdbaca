"""``/reviews/agreement``: how far people agree with the machine, criterion by criterion."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.db.base import Json
from calltrace.db.listing import NameFilter, Slice
from calltrace.kit.errors import NotFoundError
from calltrace.reviews import policy, standing
from calltrace.reviews.standing import Measured
from calltrace.scorecards import queries as scorecards
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.document import Scorecard
from calltrace.web.deps import JudgesDeskDep, PostedDep, path_id
from calltrace.web.pages.calls import MOST_NAMES
from calltrace.web.pages.review_queue import PATH as REVIEWS
from calltrace.web.render import page

PATH = REVIEWS + "/agreement"
router = APIRouter(prefix=PATH)


@dataclass(frozen=True, slots=True)
class Choice:
    """A scorecard whose criteria can be looked at, as it is now."""

    id: uuid.UUID
    name: str
    stored: Json | None = None

    @property
    def document(self) -> Scorecard:
        """The scorecard as a whole: only of the one that is looked at."""
        return Scorecard.model_validate(self.stored) if self.stored else default_scorecard()


@router.get("")
async def show(
    request: Request, desk: JudgesDeskDep,
    chosen: Annotated[uuid.UUID | None, Query(alias="scorecard")] = None,
) -> Response:  # fmt: skip
    """Agreement on each criterion of a scorecard that people decided."""
    async with desk.open() as (session, reader):
        choices = await _choices(session)
        which = next((one for one in choices if one.id == chosen), None) if chosen else choices[0]
        if which is None:
            raise NotFoundError("There is no scorecard with this id.")
        found: Sequence[Measured] = await standing.measured(session, which.id)
        wanted = await policy.read(session, reader.org_id)
    return page(
        request, "reviews/agreement.html", tab="agreement", choices=choices, chosen=which, found=found,
        names={one.key: one.name for one in which.document.criteria}, settings=wanted, reader=reader,
    )  # fmt: skip


async def _choices(session: AsyncSession) -> Sequence[Choice]:
    """The scorecard that ships, and those of the organisation."""
    shipped = default_scorecard()
    stored = await scorecards.scorecards(session, NameFilter(), Slice(None, MOST_NAMES))
    own = [Choice(one.row.id, one.version.document["name"], one.version.document) for one in stored]
    return [Choice(shipped.id, shipped.name), *own]


@router.post("/{scorecard_id}/{key}/lift")
async def lift(scorecard_id: str, key: str, desk: JudgesDeskDep, _form: PostedDep) -> Response:
    """Let the machine grade a criterion again."""
    found = path_id(scorecard_id)
    async with desk.open() as (session, admin):
        await standing.lift(session, admin, found, key)
    return RedirectResponse(f"{PATH}?scorecard={found}&done=lifted", 303)
