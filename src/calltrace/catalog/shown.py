"""Agents, queues and the organisation as everyone sees them: REST and command line alike."""

import uuid
from typing import Any

from calltrace.accounts.models import Organisation
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


def organisation_as_json(row: Organisation, scorecard_id: uuid.UUID | None) -> dict[str, Any]:
    """The organisation with its default scorecard, as JSON values."""
    return {
        "id": str(row.id), "name": row.name, "vocabulary": row.vocabulary,
        "agentChannels": row.agent_channels, "scorecardId": str(scorecard_id) if scorecard_id else None,
        "redaction": row.redaction, "timeZone": row.time_zone, "createdAt": clock.iso(row.created_at),
    }  # fmt: skip
