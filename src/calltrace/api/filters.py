"""What lists of analyses and of calls are narrowed down by."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from calltrace.analyses.document import Status
from calltrace.analyses.queries import Filters
from calltrace.api.parameters import Moment, Storable

LIST_PARAMETERS = frozenset({"status", "externalId", "agentId", "queueId", "from", "to", "limit", "cursor"})


async def list_filters(
    status: Annotated[Status | None, Query()] = None,
    external_id: Annotated[Storable | None, Query(alias="externalId", max_length=255)] = None,
    agent_id: Annotated[UUID | None, Query(alias="agentId")] = None,
    queue_id: Annotated[UUID | None, Query(alias="queueId")] = None,
    created_from: Annotated[Moment | None, Query(alias="from", description="createdAt, inclusive")] = None,
    created_to: Annotated[Moment | None, Query(alias="to", description="createdAt, inclusive")] = None,
) -> Filters:
    """The filters of a list (decision CTX-7)."""
    return Filters(status, external_id, agent_id, queue_id, created_from, created_to)


ListFilters = Annotated[Filters, Depends(list_filters)]
