"""What people say and do with calls, as everyone sees it: JSON values in camelCase."""

from typing import Any

from calltrace.kit import clock
from calltrace.reviews.models import ByWhom, Override


def by(row: ByWhom) -> dict[str, Any]:
    """Who did it."""
    actor_id = str(row.actor_id) if row.actor_id else None
    return {"kind": row.actor_kind, "id": actor_id, "name": row.actor, "via": row.via}


def override(row: Override) -> dict[str, Any]:
    """One decision of the history."""
    return {
        "id": str(row.id), "analysisId": str(row.analysis_id), "evaluationId": str(row.evaluation_id),
        "criterionKey": row.criterion_key, "revision": row.revision, "decision": row.decision,
        "verdict": row.verdict, "points": row.points, "reason": row.reason, "evidence": row.evidence,
        "machineVerdict": row.machine_verdict, "before": row.before, "after": row.after, "by": by(row),
        "createdAt": clock.iso(row.created_at),
    }  # fmt: skip
