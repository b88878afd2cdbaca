"""Agents and queues as everyone sees them: REST and command line alike."""

from typing import Any

from calltrace.catalog.models import Agent, Queue
from calltrace.kit import clock


def as_json(row: Agent | Queue) -> dict[str, Any]:
    """The document of interfaces, section 3, as JSON values."""
    fields: dict[str, Any] = {
        "id": str(row.id), "name": row.name, "externalId": row.external_id,
        "createdAt": clock.iso(row.created_at),
    }  # fmt: skip
    if isinstance(row, Queue):
        fields["scorecardId"] = str(row.scorecard_id) if row.scorecard_id else None
        fields["agentChannels"] = row.agent_channels
    return fields
