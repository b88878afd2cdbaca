"""The audit trail in words: what was done to what, by the name of the action."""

from typing import cast

import orjson

from calltrace.kit.words import Words, worded

_DEEDS = worded({
    "agent.archived": "Agent archived",
    "agent.created": "Agent created",
    "agent.deleted": "Agent deleted",
    "agent.unarchived": "Agent unarchived",
    "agent.updated": "Agent updated",
    "alert.acknowledged": "Alert acknowledged",
    "alert_rule.created": "Alert rule created",
    "alert_rule.deleted": "Alert rule deleted",
    "alert_rule.updated": "Alert rule updated",
    "analysis.erased": "Analysis erased",
    "analysis.roles_corrected": "Analysis roles corrected",
    "api_key.created": "API key created",
    "api_key.revoked": "API key revoked",
    "api_key.rotated": "API key rotated",
    "api_key.secret_rotated": "API key secret rotated",
    "api_key.updated": "API key updated",
    "appeal.made": "Appeal made",
    "appeal.rejected": "Appeal rejected",
    "appeal.upheld": "Appeal upheld",
    "backtest.begun": "Backtest begun",
    "backtest.cancelled": "Backtest cancelled",
    "calibration.begun": "Calibration begun",
    "calibration.closed": "Calibration closed",
    "call_center.archived": "Call center archived",
    "call_center.created": "Call center created",
    "call_center.deleted": "Call center deleted",
    "call_center.unarchived": "Call center unarchived",
    "call_center.updated": "Call center updated",
    "coaching_note.deleted": "Coaching note deleted",
    "coaching_note.written": "Coaching note written",
    "comment.deleted": "Comment deleted",
    "conversation.created": "Conversation created",
    "conversation.erased": "Conversation erased",
    "conversation.updated": "Conversation updated",
    "criterion.demoted": "Criterion demoted",
    "criterion.lifted": "Criterion lifted",
    "criterion.restored": "Criterion restored",
    "delivery.redelivered": "Delivery redelivered",
    "endpoint.changed": "Endpoint changed",
    "endpoint.created": "Endpoint created",
    "endpoint.deleted": "Endpoint deleted",
    "endpoint.disabled": "Endpoint disabled",
    "endpoint.enabled": "Endpoint enabled",
    "endpoint.redelivered": "Endpoint redelivered",
    "endpoint.secret_rotated": "Endpoint secret rotated",
    "endpoint.tested": "Endpoint tested",
    "engagement.created": "Engagement created",
    "engagement.deleted": "Engagement deleted",
    "engagement.updated": "Engagement updated",
    "evaluation.asked": "Evaluation asked",
    "evaluation.decided": "Evaluation decided",
    "evaluation_batch.begun": "Evaluation batch begun",
    "evaluation_batch.cancelled": "Evaluation batch cancelled",
    "export.asked": "Export asked",
    "organisation.created": "Organisation created",
    "organisation.plan_changed": "Organisation plan changed",
    "organisation.quotas_changed": "Organisation quotas changed",
    "organisation.updated": "Organisation updated",
    "override.made": "Override made",
    "project.archived": "Project archived",
    "project.created": "Project created",
    "project.deleted": "Project deleted",
    "project.unarchived": "Project unarchived",
    "project.updated": "Project updated",
    "queue.archived": "Queue archived",
    "queue.created": "Queue created",
    "queue.deleted": "Queue deleted",
    "queue.unarchived": "Queue unarchived",
    "queue.updated": "Queue updated",
    "quota.nearly_used": "Quota nearly used",
    "recordings.expired": "Recordings expired",
    "review.assigned": "Review assigned",
    "review.done": "Review done",
    "review.skipped": "Review skipped",
    "review_rule.created": "Review rule created",
    "review_rule.deleted": "Review rule deleted",
    "review_rule.updated": "Review rule updated",
    "review_settings.updated": "Review settings updated",
    "saved_view.created": "Saved view created",
    "saved_view.deleted": "Saved view deleted",
    "saved_view.updated": "Saved view updated",
    "scorecard.archived": "Scorecard archived",
    "scorecard.created": "Scorecard created",
    "scorecard.deleted": "Scorecard deleted",
    "scorecard.draft_discarded": "Scorecard draft discarded",
    "scorecard.draft_saved": "Scorecard draft saved",
    "scorecard.published": "Scorecard published",
    "scorecard.unarchived": "Scorecard unarchived",
    "scorecard.updated": "Scorecard updated",
    "scorecard.version_added": "Scorecard version added",
    "session.created": "Session created",
    "session.revoked": "Session revoked",
    "subscription.cancelled": "Subscription cancelled",
    "subscription.changed": "Subscription changed",
    "subscription.ended": "Subscription ended",
    "survey.created": "Survey created",
    "survey.deleted": "Survey deleted",
    "survey.updated": "Survey updated",
    "surveys.imported": "Surveys imported",
    "team.created": "Team created",
    "team.deleted": "Team deleted",
    "team.updated": "Team updated",
    "user.address_freed": "User address freed",
    "user.agent_set": "User agent set",
    "user.created": "User created",
    "user.deactivated": "User deactivated",
    "user.deleted": "User deleted",
    "user.email_verified": "User email verified",
    "user.invitation_accepted": "User invitation accepted",
    "user.invited": "User invited",
    "user.invited_again": "User invited again",
    "user.password_changed": "User password changed",
    "user.password_reset": "User password reset",
    "user.reactivated": "User reactivated",
    "user.recovery_codes_renewed": "User recovery codes renewed",
    "user.registered": "User registered",
    "user.reset_asked": "User reset asked",
    "user.reset_sent": "User reset sent",
    "user.role_changed": "User role changed",
    "user.second_factor_disabled": "User second factor disabled",
    "user.second_factor_enabled": "User second factor enabled",
    "user.second_factor_removed": "User second factor removed",
    "user.sessions_ended": "User sessions ended",
    "user.signed_on_first": "User signed on first",
    "user.updated": "User updated",
    "voice_call.created": "Voice call created",
    "voice_call.erased": "Voice call erased",
    "voice_call.updated": "Voice call updated",
})  # fmt: skip


def deed(action: str) -> str:
    """An action such as ``user.role_changed`` for reading; one that is new shows by its name."""
    thing, _, verb = action.partition(".")
    return _DEEDS.get(action) or f"{thing.replace('_', ' ').capitalize()} {verb.replace('_', ' ')}"


def fact(value: object) -> str:
    """A detail of an entry for reading: lists by commas, words for what is empty, the rest as JSON."""
    if value is None or value in ([], {}, ""):
        return Words("none")
    if isinstance(value, bool):
        return Words("yes") if value else Words("no")
    if isinstance(value, list):
        return ", ".join(map(_plain, cast("list[object]", value)))
    return _plain(value)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
