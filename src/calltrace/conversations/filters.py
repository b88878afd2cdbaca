"""What lists of conversations are narrowed down to, for systems and for people."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import Select, literal, tuple_

from calltrace.accounts.models import Mode
from calltrace.conversations.models import Conversation
from calltrace.kit.cursor import Cursor

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed down to; all given ones must hold. Moments are inclusive."""

    mode: Mode = "live"
    kind: str | None = None
    status: str | None = None
    channel_id: str | None = None
    external_id: str | None = None
    agent_id: uuid.UUID | None = None
    queue_id: uuid.UUID | None = None
    engagement_id: uuid.UUID | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    started_from: datetime | None = None
    started_to: datetime | None = None
    agents: Collection[uuid.UUID] | None = None
    """Those of these agents only, because somebody may see no others; ``None``: of all."""

    def narrow(self, query: Select[*Columns]) -> Select[*Columns]:
        """Those rows of a query."""
        equal = {
            Conversation.mode: self.mode, Conversation.kind: self.kind, Conversation.status: self.status,
            Conversation.channel_id: self.channel_id, Conversation.external_id: self.external_id,
            Conversation.agent_id: self.agent_id, Conversation.queue_id: self.queue_id,
            Conversation.engagement_id: self.engagement_id,
        }  # fmt: skip
        for column, value in equal.items():
            query = query if value is None else query.where(column == value)
        for column, first, last in (
            (Conversation.created_at, self.created_from, self.created_to),
            (Conversation.started_at, self.started_from, self.started_to),
        ):
            query = query if first is None else query.where(column >= first)
            query = query if last is None else query.where(column <= last)
        return query if self.agents is None else query.where(Conversation.agent_id.in_(self.agents))


def cut(query: Select[*Columns], after: Cursor | None, limit: int) -> Select[*Columns]:
    """The next ``limit`` rows after a cursor, newest first."""
    if after:
        place = tuple_(literal(after.moment), literal(after.id))
        query = query.where(tuple_(Conversation.created_at, Conversation.id) < place)
    return query.order_by(Conversation.created_at.desc(), Conversation.id.desc()).limit(limit)
