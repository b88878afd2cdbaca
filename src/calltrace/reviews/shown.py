"""What people say and do with calls, as everyone sees it: JSON values in camelCase."""

import uuid
from datetime import datetime
from typing import Any

from calltrace.db.base import Named
from calltrace.evaluation.agreement import Agreement
from calltrace.kit import clock
from calltrace.reviews.calibrations import Comparison, Session
from calltrace.reviews.models import (
    Acknowledgement,
    Appeal,
    ByWhom,
    Comment,
    Override,
    ReviewRule,
    ReviewSettings,
)
from calltrace.reviews.queue import Seen
from calltrace.reviews.rules import MOST
from calltrace.reviews.standing import Measured
from calltrace.reviews.teams import Whole


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


def comment(row: Comment) -> dict[str, Any]:
    """One comment."""
    return {
        "id": str(row.id), "analysisId": str(row.analysis_id), "segmentId": row.segment_id,
        "criterionKey": row.criterion_key, "text": row.text,
        "visibility": "agent" if row.shared else "internal", "author": by(row),
        "createdAt": clock.iso(row.created_at),
        "editedAt": clock.iso(row.edited_at) if row.edited_at else None,
    }  # fmt: skip


def team(whole: Whole) -> dict[str, Any]:
    """One team."""
    return {
        **named(whole.row),
        "agentIds": [str(one) for one in whole.agent_ids],
        "supervisorIds": [str(one) for one in whole.supervisor_ids],
    }


def named(row: Named) -> dict[str, Any]:
    """What every named thing shows."""
    return {
        "id": str(row.id), "name": row.name, "externalId": row.external_id,
        "createdAt": clock.iso(row.created_at),
    }  # fmt: skip


def rule(row: ReviewRule) -> dict[str, Any]:
    """One review rule; what its kind does not need is null."""
    settings = {name: row.settings.get(name) for name in MOST}
    return {**named(row), "kind": row.kind, **settings, "enabled": row.enabled}


def review(seen: Seen) -> dict[str, Any]:
    """One call on the queue."""
    row = seen.row
    return {
        "id": str(row.id), "analysisId": str(row.analysis_id), "state": seen.state, "reasons": row.reasons,
        "assigneeId": _id(row.assignee_id), "claimedBy": _id(row.claimed_by) if seen.claimed else None,
        "claimedUntil": _moment(row.claimed_until) if seen.claimed else None,
        "finishedAt": _moment(row.finished_at), "finishedBy": row.finished_by, "reason": row.reason,
        "createdAt": clock.iso(row.created_at),
    }  # fmt: skip


def settings(row: ReviewSettings) -> dict[str, Any]:
    """What the organisation set."""
    return {
        "appealDays": row.appeal_days, "leastAgreement": row.least_agreement,
        "leastDecisions": row.least_decisions,
    }  # fmt: skip


def criterion(found: Measured) -> dict[str, Any]:
    """How far people agree with the machine on one criterion, and what follows."""
    standing = found.standing
    return {
        "scorecardId": str(found.scorecard_id), "criterionKey": found.criterion_key, "mode": found.mode,
        **agreement(found.agreement),
        "changedAt": _moment(standing.changed_at) if standing else None,
        "liftedAt": _moment(standing.lifted_at) if standing else None,
        "liftedBy": standing.lifted_by if standing else None,
    }  # fmt: skip


def agreement(found: Agreement) -> dict[str, Any]:
    """Two raters."""
    low, high = found.interval or (None, None)
    return {"n": found.n, "percent": found.percent, "kappa": found.kappa, "kappaLow": low, "kappaHigh": high}


def appeal(row: Appeal) -> dict[str, Any]:
    """One appeal."""
    return {
        "id": str(row.id), "analysisId": str(row.analysis_id), "evaluationId": str(row.evaluation_id),
        "criterionKey": row.criterion_key, "userId": _id(row.user_id), "reason": row.reason,
        "state": row.state, "decidedAt": _moment(row.decided_at), "decidedBy": row.decided_by,
        "decisionReason": row.decision_reason, "overrideId": _id(row.override_id),
        "createdAt": clock.iso(row.created_at),
    }  # fmt: skip


def acknowledgement(row: Acknowledgement) -> dict[str, Any]:
    """An agent has seen a result."""
    return {
        "id": str(row.id), "analysisId": str(row.analysis_id), "evaluationId": str(row.evaluation_id),
        "userId": str(row.user_id), "createdAt": clock.iso(row.created_at),
    }  # fmt: skip


def calibration(found: Session) -> dict[str, Any]:
    """A session, with what may be seen of it."""
    row = found.row
    return {
        "id": str(row.id), "analysisId": str(row.analysis_id), "evaluationId": str(row.evaluation_id),
        "state": row.state, "criteria": sorted(row.machine),
        "members": [
            {"userId": str(one.user_id), "submittedAt": _moment(one.submitted_at)} for one in found.members
        ],
        "comparison": _comparison(found.comparison) if found.comparison else None,
        "createdAt": clock.iso(row.created_at), "closedAt": _moment(row.closed_at),
    }  # fmt: skip


def _comparison(found: Comparison) -> dict[str, Any]:
    return {
        "criteria": [
            {
                "criterionKey": one.key, "machineVerdict": one.machine, "percent": one.percent,
                "machinePercent": one.machine_percent,
                "verdicts": {str(user): verdict for user, verdict in one.verdicts.items()},
            }
            for one in found.lines
        ],
        "pairs": [
            {"userIds": [str(one.first), str(one.second)], **agreement(one.agreement)} for one in found.pairs
        ],
        "machine": [{"userId": str(user), **agreement(one)} for user, one in found.machine.items()],
        "alpha": None if found.alpha is None else round(found.alpha, 3),
    }  # fmt: skip


def _id(value: uuid.UUID | None) -> str | None:
    return str(value) if value else None


def _moment(value: datetime | None) -> str | None:
    return clock.iso(value) if value else None
