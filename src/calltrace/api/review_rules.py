"""``/api/v1/review-rules``: which finished calls come onto the review queue."""

import uuid
from typing import Annotated

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor
from calltrace.api.catalog import EXTERNAL_ID, ExternalId, Name
from calltrace.api.resources import Json, router_of
from calltrace.api.schemas import Wire
from calltrace.db.listing import NameFilter, Slice
from calltrace.reviews import rules, shown
from calltrace.reviews.rules import RuleKind
from calltrace.reviews.who import of_key

Share = Annotated[float, Field(gt=0, le=1)]
SHARE = "`random`: this share of all calls, the same ones whenever it is asked."
SCORE = "`score_under`: calls that score less."
CONFIDENCE = "`low_confidence`: calls with a criterion less sure than this."
COUNT = "`quota`: so many calls of each agent and week."


class RuleRequest(Wire):
    """``POST /review-rules``: a kind, and the one setting that it needs."""

    name: Name = Field(examples=["Five percent"])
    external_id: ExternalId | None = Field(None, description=EXTERNAL_ID)
    kind: RuleKind = Field(examples=["random"])
    share: Share | None = Field(None, description=SHARE, examples=[0.05])
    score: Annotated[float, Field(gt=0, le=100)] | None = Field(None, description=SCORE, examples=[None])
    confidence: Share | None = Field(None, description=CONFIDENCE, examples=[None])
    count: Annotated[int, Field(ge=1, le=1000)] | None = Field(None, description=COUNT, examples=[None])
    enabled: bool = Field(default=True)


class RuleChanges(RuleRequest):
    """``PATCH /review-rules/{id}``: only what is sent counts."""

    name: Name = Field(default_factory=str, examples=["Ten percent"])
    kind: RuleKind = Field("random", examples=["random"])


class RuleDocument(Wire):
    """A rule."""

    id: str
    name: str
    external_id: str | None
    kind: RuleKind
    share: float | None = Field(description=SHARE)
    score: float | None = Field(description=SCORE)
    confidence: float | None = Field(description=CONFIDENCE)
    count: int | None = Field(description=COUNT)
    enabled: bool
    created_at: str


class Rules:
    """Review rules, as a resource."""

    singular, plural = "review-rule", "review-rules"
    wanted: type[Wire] = RuleRequest
    changes: type[Wire] = RuleChanges
    listed: type[Wire] = RuleDocument
    shown: type[Wire] = RuleDocument

    async def page(
        self, session: AsyncSession, names: NameFilter, part: Slice
    ) -> tuple[list[Json], str | None]:
        """One page, newest first."""
        found, following = await rules.page(session, names, part)
        return [shown.rule(one) for one in found], following

    async def create(self, session: AsyncSession, org_id: uuid.UUID, actor: Actor, wanted: Json) -> Json:
        """Make one."""
        return shown.rule(await rules.create(session, of_key(org_id, actor, "live"), wanted))

    async def find(self, session: AsyncSession, row_id: uuid.UUID) -> Json:
        """Read one."""
        return shown.rule(await rules.find(session, row_id))

    async def change(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID, changes: Json) -> Json:
        """Change one."""
        org_id = (await rules.find(session, row_id)).org_id
        return shown.rule(await rules.change(session, of_key(org_id, actor, "live"), row_id, changes))

    async def delete(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID) -> None:
        """Delete one."""
        org_id = (await rules.find(session, row_id)).org_id
        await rules.remove(session, of_key(org_id, actor, "live"), row_id)


router = router_of(Rules(), "reviews")
