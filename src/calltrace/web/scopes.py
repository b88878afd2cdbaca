"""What each scope allows, in the words of the contract (acceptance CT-022)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScopeText:
    """One scope for reading."""

    scope: str
    use: str
    description: str


SCOPE_TEXTS = (
    ScopeText(
        "analysis:write",
        "Create new analyses",
        "Required for POST /api/v1/analyses."
        " Allows the external system to submit a fileUrl and queue analysis.",
    ),
    ScopeText(
        "analysis:read",
        "Read analysis status and result",
        "Required for GET /api/v1/analyses and GET /api/v1/analyses/{analysisId}."
        " Use it for polling and reconciliation.",
    ),
    ScopeText(
        "calls:read",
        "Read call-level data",
        "Allows access to call metadata exposed through integration-safe endpoints."
        " Do not grant it if the integration only sends files.",
    ),
    ScopeText(
        "storage:write",
        "Write source files",
        "Reserved for integrations that need direct storage upload flows."
        " fileUrl integrations usually do not need it.",
    ),
    ScopeText(
        "webhooks:read",
        "Read webhook configuration and history",
        "Allows listing webhook endpoints and delivery attempts for support or monitoring tooling.",
    ),
    ScopeText(
        "webhooks:write",
        "Manage webhooks",
        "Allows creating or updating webhook endpoints."
        " Keep it on admin/service keys, not ordinary analysis submission keys.",
    ),
    ScopeText(
        "catalog:read",
        "Read the catalogue",
        "Allows reading agents, queues, projects, scorecards and alert rules.",
    ),
    ScopeText(
        "catalog:write",
        "Manage the catalogue",
        "Allows changing agents, queues, projects, scorecards and alert rules."
        " Keep it on keys of the system that leads them.",
    ),
    ScopeText(
        "reviews:read",
        "Read reviews",
        "Allows reading what people decide and say of calls, the review queue, appeals, calibrations,"
        " agreement and teams.",
    ),
    ScopeText(
        "reviews:write",
        "Review calls",
        "Allows overriding verdicts, commenting, reviewing, deciding on appeals and leading teams, also in"
        " the name of people. Keep it on keys of the system in which people review.",
    ),
    ScopeText(
        "insights:read",
        "Read insights",
        "Allows reading totals, trends and rows by agent, queue and call center of all calls.",
    ),
    ScopeText(
        "insights:export",
        "Export insights",
        "Allows exporting calls with their results, and those totals, as files."
        " Keep it on keys of reporting systems.",
    ),
    ScopeText(
        "conversations:read",
        "Read conversations",
        "Allows reading chats and voice calls with what was said in them.",
    ),
    ScopeText(
        "conversations:write",
        "Bring conversations in",
        "Allows sending chats and voice calls, which are evaluated as calls are, and changing and erasing"
        " them. Keep it on keys of the system that they come from.",
    ),
    ScopeText("surveys:read", "Read surveys", "Allows reading what customers answered after calls."),
    ScopeText(
        "surveys:write",
        "Bring surveys in",
        "Allows sending what customers answered after calls, one by one or as a file, and deleting it.",
    ),
    ScopeText(
        "users:read",
        "Read people",
        "Allows listing the people of the organisation with roles, agents and when they were last here.",
    ),
    ScopeText(
        "users:write",
        "Manage people",
        "Allows inviting people and changing, deactivating and deleting whoever is no owner."
        " Keep it on keys of the system that knows who joins and leaves.",
    ),
)
RECOMMENDED = ("analysis:write", "analysis:read")
"""The smallest set for the standard flow (acceptance CT-030)."""
