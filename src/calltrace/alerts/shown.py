"""Alert rules and alerts as everyone sees them: JSON values in camelCase."""

from typing import Any

from calltrace.alerts.models import AlertRule
from calltrace.alerts.queries import FoundAlert
from calltrace.alerts.trial import Trial
from calltrace.kit import clock


def rule(row: AlertRule) -> dict[str, Any]:
    """One rule."""
    scope = {"projectId": row.project_id, "agentId": row.agent_id, "queueId": row.queue_id}
    return {
        "id": str(row.id), "name": row.name, "externalId": row.external_id, "conditions": row.conditions,
        **{name: str(value) if value else None for name, value in scope.items()},
        "emails": row.emails, "enabled": row.enabled, "createdAt": clock.iso(row.created_at),
    }  # fmt: skip


def alert(found: FoundAlert) -> dict[str, Any]:
    """One alert."""
    row = found.row
    return {
        "id": str(row.id), "ruleId": str(row.rule_id) if row.rule_id else None, "ruleName": row.rule_name,
        "analysisId": str(row.analysis_id), "externalId": found.analysis.external_id, "score": row.score,
        "message": row.message, "reasons": row.reasons, "createdAt": clock.iso(row.created_at),
        "acknowledgedAt": clock.iso(row.acknowledged_at) if row.acknowledged_at else None,
        "acknowledgedBy": row.acknowledged_by,
    }  # fmt: skip


def trial(found: Trial) -> dict[str, Any]:
    """What a rule would have found."""
    matches = [
        {
            "analysisId": str(one.analysis.id), "externalId": one.analysis.external_id, "score": one.score,
            "message": one.message, "reasons": [why.model_dump(mode="json") for why in one.reasons],
            "createdAt": clock.iso(one.analysis.created_at),
        }
        for one in found.matches
    ]  # fmt: skip
    return {"lookedAt": found.looked_at, "matched": len(matches), "data": matches}
