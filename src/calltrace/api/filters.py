"""What lists of analyses and of calls are narrowed down by."""

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from calltrace.analyses.document import Medium, Status
from calltrace.analyses.list_queries import Filters
from calltrace.analyses.search_terms import LONGEST, Search
from calltrace.api.parameters import Moment
from calltrace.kit.storable import Storable

LIST_PARAMETERS = frozenset(
    {
        "status", "externalId", "agentId", "queueId", "projectId", "engagementId", "callCenterId",
        "contactId", "medium", "from", "to", "limit", "cursor",
    }
)  # fmt: skip
SEARCHED_PARAMETERS = LIST_PARAMETERS | {"text"}
"""Of a list that shows what was said: whoever may not read it must not find out by searching, either."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What a recording is filed under."""

    project_id: UUID | None
    engagement_id: UUID | None
    call_center_id: UUID | None
    contact_id: str | None


async def labels(
    project_id: Annotated[UUID | None, Query(alias="projectId")] = None,
    engagement_id: Annotated[UUID | None, Query(alias="engagementId")] = None,
    call_center_id: Annotated[UUID | None, Query(alias="callCenterId")] = None,
    contact_id: Annotated[Storable | None, Query(alias="contactId", max_length=255)] = None,
) -> Labels:
    """The filters by label."""
    return Labels(project_id, engagement_id, call_center_id, contact_id)


async def list_filters(  # noqa: PLR0917 - query parameters, none is passed by position
    filed: Annotated[Labels, Depends(labels)],
    status: Annotated[Status | None, Query()] = None,
    medium: Annotated[Medium | None, Query(description="Calls, or chats; left out: both.")] = None,
    external_id: Annotated[Storable | None, Query(alias="externalId", max_length=255)] = None,
    agent_id: Annotated[UUID | None, Query(alias="agentId")] = None,
    queue_id: Annotated[UUID | None, Query(alias="queueId")] = None,
    created_from: Annotated[Moment | None, Query(alias="from", description="createdAt, inclusive")] = None,
    created_to: Annotated[Moment | None, Query(alias="to", description="createdAt, inclusive")] = None,
) -> Filters:
    """The filters of a list (decision CTX-7)."""
    return Filters(
        status, external_id, agent_id, queue_id, created_from, created_to, medium=medium,
        project_id=filed.project_id, engagement_id=filed.engagement_id, call_center_id=filed.call_center_id,
        contact_id=filed.contact_id,
    )  # fmt: skip


ListFilters = Annotated[Filters, Depends(list_filters)]


async def search_filters(
    filters: ListFilters,
    text: Annotated[
        Storable | None,
        Query(
            max_length=LONGEST,
            description="Words that were said or written, parts of a file name, an `externalId` or an agent's"
            " name; all must be found. A word finds what begins with it, a phrase in quotes only itself. A"
            " page may have fewer items than `limit` and still a `nextCursor`.",
            examples=['refund "second month"'],
        ),
    ] = None,
) -> Filters:
    """The same, and what is searched for."""
    return replace(filters, text=Search.of(text or ""))


SearchFilters = Annotated[Filters, Depends(search_filters)]
