"""What calls are sorted by, and the organisation, as everyone sees them: REST and command line alike."""

import uuid
from datetime import datetime
from typing import Any

from calltrace.accounts.models import Organisation
from calltrace.catalog.models import Agent, CallCenter, Engagement, Project, Queue
from calltrace.kit import clock


def as_json(row: Agent | Queue | Project | CallCenter | Engagement) -> dict[str, Any]:
    """The document of interfaces, section 3, as JSON values."""
    fields: dict[str, Any] = {
        "id": str(row.id), "name": row.name, "externalId": row.external_id,
        "createdAt": clock.iso(row.created_at),
    }  # fmt: skip
    if isinstance(row, Queue):
        return fields | _queue(row)
    if isinstance(row, Agent):
        return fields | {"callCenterId": _id(row.call_center_id)}
    if isinstance(row, Project):
        return fields | {"description": row.description, "archivedAt": _moment(row.archived_at)}
    if isinstance(row, Engagement):
        return fields | {
            "description": row.description, "type": row.kind, "status": row.status,
            "updatedAt": clock.iso(row.updated_at),
        }  # fmt: skip
    return fields


def _queue(row: Queue) -> dict[str, Any]:
    return {
        "scorecardId": _id(row.scorecard_id), "agentChannels": row.agent_channels,
        "description": row.description, "type": row.kind, "status": row.status,
        "callCenterId": _id(row.call_center_id),
        "startDate": row.starts_on.isoformat() if row.starts_on else None,
        "endDate": row.ends_on.isoformat() if row.ends_on else None,
        "updatedAt": clock.iso(row.updated_at), "archivedAt": _moment(row.archived_at),
    }  # fmt: skip


def _moment(value: datetime | None) -> str | None:
    return clock.iso(value) if value else None


def _id(value: uuid.UUID | None) -> str | None:
    return str(value) if value else None


def organisation_as_json(row: Organisation, scorecard_id: uuid.UUID | None) -> dict[str, Any]:
    """The organisation with its default scorecard, as JSON values."""
    return {
        "id": str(row.id), "name": row.name, "vocabulary": row.vocabulary,
        "languages": row.languages,
        "agentChannels": row.agent_channels, "scorecardId": str(scorecard_id) if scorecard_id else None,
        "redaction": row.redaction, "timeZone": row.time_zone, "createdAt": clock.iso(row.created_at),
    }  # fmt: skip
