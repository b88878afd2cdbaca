"""What people said of a call, as its page shows it to one of them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.models import Analysis
from calltrace.db.clock import database_now
from calltrace.evaluation.results import CriterionResult
from calltrace.kit.errors import CallTraceError
from calltrace.reviews import appeals, comments, overrides, queries, queue
from calltrace.reviews.models import Acknowledgement, Appeal, Comment, Override
from calltrace.reviews.queue import Seen
from calltrace.reviews.who import Who
from calltrace.web.forms import Form

MOST_COMMENTS, MOST_DECISIONS = 200, 50
"""The newest ones, that the page shows."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form of the page that was refused; it is shown again with what was typed and what is wrong.

    ``place`` names the form: ``decide-greeting``, ``appeal-greeting``, ``comment-new``, ``comment-<id>``.
    """

    place: str
    form: Form
    error: CallTraceError


@dataclass(frozen=True, slots=True)
class People:
    """Everything that people said of a call, and who looks at it now.

    Attributes:
        words: the decision that counts, by criterion of the evaluation that is shown.
        history: decisions on every evaluation of the call, newest first.
        appeal_until: when the time for appeals ends; ``None`` without an evaluation.
        at: now, by the database's clock.
    """

    reader: Who
    analysis: Analysis
    evaluation_id: uuid.UUID | None
    words: Mapping[str, Override]
    history: Sequence[Override]
    comments: Sequence[Comment]
    appeals: Sequence[Appeal]
    acknowledged: Sequence[Acknowledgement]
    appeal_until: datetime | None
    review: Seen | None
    names: Mapping[uuid.UUID, str]
    at: datetime

    @property
    def own(self) -> bool:
        """Whether the reader is the agent of the call."""
        return self.reader.agent_id is not None and self.reader.agent_id == self.analysis.agent_id

    @property
    def judges(self) -> bool:
        """Whether the reader may decide on this call; nobody does on the own one."""
        return self.reader.judges and not self.own

    @property
    def may_appeal(self) -> bool:
        """Whether the time for appeals runs."""
        return self.own and self.appeal_until is not None and self.at <= self.appeal_until

    @property
    def seen_by_reader(self) -> Acknowledgement | None:
        """That the reader has acknowledged the evaluation that is shown."""
        mine = (one for one in self.acknowledged if one.user_id == self.reader.user_id)
        return next((one for one in mine if one.evaluation_id == self.evaluation_id), None)

    def is_mine(self, comment: Comment) -> bool:
        """Whether the reader wrote a comment, and so may change it."""
        return self.reader.is_same(comment.actor_kind, comment.actor_id)

    def notes(self, *, criterion: str | None = None, segment: str | None = None) -> Sequence[Comment]:
        """Comments on one place, oldest first; without a place those on the call as a whole."""
        place = (criterion, segment)
        return [one for one in reversed(self.comments) if (one.criterion_key, one.segment_id) == place]

    def appeal(self, criterion: str) -> Appeal | None:
        """The appeal on a criterion of the evaluation that is shown."""
        here = (one for one in self.appeals if one.evaluation_id == self.evaluation_id)
        return next((one for one in here if one.criterion_key == criterion), None)

    def has_review(self) -> bool:
        """Whether the reader has this review now, or had it and nobody took it meanwhile."""
        return self.review is not None and self.review.row.claimed_by == self.reader.user_id

    def undecided(self, criteria: Sequence[CriterionResult]) -> Sequence[CriterionResult]:
        """The criteria that no person has confirmed or overridden."""
        return [one for one in criteria if one.method != "human"]

    def name(self, user_id: uuid.UUID | None) -> str:
        """How a person is called; those who are there no more are nobody."""
        return self.names.get(user_id, "somebody") if user_id else "somebody"


async def load(session: AsyncSession, reader: Who, analysis: Analysis) -> People:
    """Read everything that people said of a call that the reader may see."""
    row = await queries.shown_evaluation(session, analysis.id)
    words = await queries.newest_words(session, row.id) if row else ()
    history, _more = await overrides.history(session, reader, analysis.id, cursor=None, limit=MOST_DECISIONS)
    notes, _more = await comments.page(session, reader, analysis.id, cursor=None, limit=MOST_COMMENTS)
    seen, _more = await appeals.acknowledgements(session, reader, analysis.id, cursor=None, limit=20)
    review = await queue.of_call(session, reader, analysis.id)
    made = await appeals.of_call(session, reader, analysis.id)
    wanted = {one.user_id for one in seen} | {one.user_id for one in made if one.user_id}
    if review:
        wanted |= {one for one in (review.row.claimed_by, review.row.assignee_id) if one}
    return People(
        reader, analysis, row.id if row else None, {one.criterion_key: one for one in words}, history, notes,
        made, seen, await appeals.deadline(session, reader.org_id, row) if row else None, review,
        {one.id: one.email for one in await queries.known_users(session, wanted)},
        await database_now(session),
    )  # fmt: skip
