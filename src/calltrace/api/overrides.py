"""``/api/v1/analyses/{id}/evaluation/overrides``: people confirm, override and take back verdicts."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field, StringConstraints

from calltrace.api.body import read_json
from calltrace.api.deps import only_known, path_id
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import Limit, Position
from calltrace.api.reviewing import ONE, PAGE, ReadingDesk, WritingDesk, as_page
from calltrace.api.schemas import Wire
from calltrace.evaluation.results import Decision, Evidence, Method, Settled, Verdict
from calltrace.reviews import overrides, shown
from calltrace.reviews.overrides import LONGEST_REASON, MOST_QUOTES, Quoted, Wanted

router = APIRouter(prefix="/analyses/{analysis_id}/evaluation/overrides", tags=["Reviews"])
Key = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Reason = Annotated[str, StringConstraints(max_length=LONGEST_REASON)]


class QuoteRequest(Wire):
    """A segment of the transcript as proof."""

    segment_id: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    quote: Annotated[str, StringConstraints(min_length=1, max_length=5000)] | None = Field(
        None,
        description="Words of the segment, letter for letter; null: all of it.",
        examples=["Good morning"],
    )


class VerdictRequest(Wire):
    """What a person says of a criterion, wherever verdicts are given."""

    verdict: Settled | None = Field(None, description="Of an override.", examples=["not_met"])
    points: float | None = Field(
        None, description="What `partly_met` earns: between nothing and all of its points."
    )
    reason: Reason = Field("", description="Why; an override needs one.", examples=["No name was given."])
    evidence: list[QuoteRequest] = Field(default_factory=list[QuoteRequest], max_length=MOST_QUOTES)

    def quotes(self) -> list[Quoted]:
        """The evidence as the service takes it."""
        return [Quoted(one.segment_id, one.quote) for one in self.evidence]


class OverrideRequest(VerdictRequest):
    """``POST /analyses/{id}/evaluation/overrides``."""

    criterion_key: Key = Field(examples=["greeting"])
    revision: Annotated[int, Field(ge=0, le=2**31 - 1)] = Field(
        description="The criterion's `human.revision` as it was seen; 0 without one. Others conflict."
    )
    decision: Literal["override", "confirm", "undo"] = Field(
        "override", description="`confirm`: the machine is right; `undo`: back to what it says."
    )
    evaluation_id: uuid.UUID | None = Field(
        None, strict=False, description="The evaluation that was seen; null: whichever is shown."
    )

    def wanted(self) -> Wanted:
        """The request as the service takes it."""
        return Wanted(
            self.criterion_key, self.revision, self.decision, self.reason, self.verdict, self.points,
            self.quotes(), self.evaluation_id,
        )  # fmt: skip


class ByDocument(Wire):
    """Who did it: a person, or a key; `via` is the key that spoke for a person."""

    kind: Literal["api_key", "user", "operator", "system"]
    id: str | None
    name: str
    via: str | None


class StateDocument(Wire):
    """A line of the evaluation and the evaluation's score, before or after a decision."""

    verdict: Verdict
    score: float
    max_score: float
    method: Method
    evaluation_score: float | None
    passed: bool | None


class OverrideDocument(Wire):
    """One decision."""

    id: str
    analysis_id: str
    evaluation_id: str
    criterion_key: str
    revision: int
    decision: Decision
    verdict: Settled | None
    points: float | None
    reason: str
    evidence: list[Evidence]
    machine_verdict: Settled
    before: StateDocument
    after: StateDocument
    by: ByDocument
    created_at: str


class OverrideList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[OverrideDocument]
    next_cursor: str | None


@router.post(
    "", status_code=201, response_model=OverrideDocument,
    responses=problems(400, 401, 403, 404, 409, 413, 500, 503), openapi_extra=json_body(OverrideRequest),
)  # fmt: skip
async def decide_criterion(request: Request, analysis_id: str, desk: WritingDesk) -> Response:
    """Confirm or override one verdict, or take that back; score and result are computed anew at once.

    The machine's verdict stays beside it. No webhook tells of it.
    """
    only_known(request, ONE)
    wanted = await read_json(request, OverrideRequest)
    async with desk.open() as (session, who):
        made = await overrides.decide(session, who, path_id(analysis_id), wanted.wanted())
        return JSONResponse(shown.override(made), 201)


@router.get("", response_model=OverrideList, responses=problems(400, 401, 403, 404, 500, 503))
async def list_decisions(
    request: Request, analysis_id: str, desk: ReadingDesk, limit: Limit = 50, cursor: Position = None
) -> Response:
    """Every decision on the call, newest first, also on former evaluations."""
    only_known(request, PAGE)
    async with desk.open() as (session, who):
        found, following = await overrides.history(
            session, who, path_id(analysis_id), cursor=cursor, limit=limit
        )
    return as_page(found, following, shown.override)
