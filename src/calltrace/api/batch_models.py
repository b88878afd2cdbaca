"""What the routes of back-tests and of evaluating in bulk take and answer."""

import uuid
from typing import Annotated, Literal

from pydantic import Field

from calltrace.accounts.keys import Principal
from calltrace.analyses.list_queries import Filters
from calltrace.api.parameters import Moment
from calltrace.api.schemas import Wire
from calltrace.batches.selection import MOST_CALLS, MOST_IDS, Selection
from calltrace.batches.service import Asked
from calltrace.evaluation.results import Verdict

BatchStatus = Literal["queued", "running", "completed", "cancelled"]
CallStatus = Literal["waiting", "done", "failed"]
Id = Annotated[uuid.UUID, Field(strict=False)]


class CallSelection(Wire):
    """Which calls: these ones, or the newest of those that were heard and match."""

    analysis_ids: list[Id] | None = Field(
        None, min_length=1, max_length=MOST_IDS, description="These calls; nothing else narrows them down."
    )
    created_from: Moment | None = Field(
        None, alias="from", description="createdAt, inclusive.", strict=False,
        examples=["2026-06-01T00:00:00Z"], json_schema_extra={"format": "date-time"},
    )  # fmt: skip
    created_to: Moment | None = Field(
        None, alias="to", description="createdAt, inclusive.", strict=False,
        examples=["2026-06-30T23:59:59Z"], json_schema_extra={"format": "date-time"},
    )  # fmt: skip
    queue_id: Id | None = Field(None)
    agent_id: Id | None = Field(None)
    limit: int = Field(1000, ge=1, le=MOST_CALLS, description="At most so many, the newest.")

    def asked_by(self, principal: Principal) -> Asked:
        """The selection, with who asks for it."""
        return Asked(principal.org_id, principal.mode, self._selection(), principal.key_id)

    def _selection(self) -> Selection:
        filters = Filters(
            agent_id=self.agent_id, queue_id=self.queue_id, created_from=self.created_from,
            created_to=self.created_to,
        )  # fmt: skip
        return Selection(self.analysis_ids, filters, self.limit)


class BacktestRequest(CallSelection):
    """``POST /scorecards/{id}/backtests``; the whole body may be left out."""

    version: int | None = Field(
        None, ge=1, le=999_999_999, description="Null: the draft, else the newest published version."
    )
    against: int | None = Field(
        None, ge=1, le=999_999_999,
        description="A published version to compare with. Null: the result that each call has now.",
    )  # fmt: skip


class BatchRequest(CallSelection):
    """``POST /evaluation-batches``."""

    scorecard_id: Id | None = Field(
        None, description="Null: what the queue or the organisation chooses for each call."
    )


class Progress(Wire):
    """Calls by how far they are. ``selected`` at the start; those that were erased since are nowhere."""

    percent: int = Field(ge=0, le=100)
    selected: int
    waiting: int
    done: int
    failed: int


class BatchItem(Wire):
    """Calls that are evaluated again."""

    batch_id: str
    status: BatchStatus
    by_choice: bool = Field(description="Each by what its queue or the organisation chooses.")
    scorecard_id: str | None = Field(description="Null and not `byChoice`: the scorecard that ships.")
    version: int | None
    created_at: str
    completed_at: str | None
    progress: Progress


class BatchList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[BatchItem]
    next_cursor: str | None


class BatchCallItem(Wire):
    """One call of a batch; ``code`` says why it could not be evaluated."""

    analysis_id: str
    external_id: str | None
    status: CallStatus
    code: str | None = Field(examples=["analysis_not_completed"])
    evaluation_id: str | None


class BatchCallList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[BatchCallItem]
    next_cursor: str | None


class BacktestItem(Wire):
    """A back-test in a list."""

    backtest_id: str
    status: BatchStatus
    scorecard_id: str | None
    version: int | None
    name: str
    against: int | None = Field(description="Null: the result that each call had.")
    created_at: str
    completed_at: str | None
    progress: Progress


class BacktestList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[BacktestItem]
    next_cursor: str | None


class Change(Wire):
    """A number before and after."""

    before: float = Field(examples=[71.4])
    after: float = Field(examples=[68.9])
    change: float = Field(examples=[-2.5])


class Rate(Wire):
    """A share before and after, 0 to 1."""

    before: float = Field(examples=[0.62])
    after: float = Field(examples=[0.58])
    change: float = Field(examples=[-0.04])


class CriterionChange(Wire):
    """How verdicts of one criterion changed: ``verdicts[before][after]`` counts calls."""

    key: str = Field(examples=["greeting"])
    name: str | None
    compared: int
    changed: int
    verdicts: dict[str, dict[str, int]] = Field(
        description="`absent`: that side does not have the criterion.",
        examples=[{"met": {"met": 90, "not_met": 4}, "not_met": {"not_met": 6}}],
    )


class AgentChange(Wire):
    """What it means for one agent; ``agentId`` is null for calls that name none."""

    agent_id: str | None
    name: str | None = Field(examples=["Jane Smith"])
    calls: int
    score: Change
    pass_rate: Rate


class MovedCall(Wire):
    """A call whose score moved."""

    analysis_id: str
    external_id: str | None
    score: Change


class FailedCalls(Wire):
    """Calls that could not be judged, by reason."""

    code: str = Field(examples=["analysis_not_completed"])
    calls: int


class BacktestResults(Wire):
    """Over the calls that have a score on both sides (``compared``); null while there is none."""

    compared: int
    score: Change | None
    pass_rate: Rate | None
    criteria: list[CriterionChange]
    agents: list[AgentChange]
    changed_most: list[MovedCall]
    failures: list[FailedCalls]


class BacktestDocument(BacktestItem):
    """A back-test with what it has found so far."""

    results: BacktestResults


class Outcome(Wire):
    """What a call came to; ``verdicts`` by the criterion's key."""

    score: float | None
    passed: bool | None
    verdicts: dict[str, Verdict] = Field(examples=[{"greeting": "met"}])


class BacktestCallItem(Wire):
    """One call of a back-test; ``code`` says why it could not be judged."""

    analysis_id: str
    external_id: str | None
    agent_id: str | None
    agent_name: str | None = Field(examples=["Jane Smith"])
    status: CallStatus
    code: str | None = Field(examples=["analysis_not_completed"])
    before: Outcome | None
    after: Outcome | None
    change: float | None = Field(examples=[-2.5])


class BacktestCallList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[BacktestCallItem]
    next_cursor: str | None
