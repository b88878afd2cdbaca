"""What each scope allows, in the words of the contract (acceptance CT-022)."""

from dataclasses import dataclass

from calltrace.kit.words import Words


@dataclass(frozen=True, slots=True)
class ScopeText:
    """One scope for reading."""

    scope: str
    use: str
    description: str


SCOPE_TEXTS = (
    ScopeText(
        "analysis:write",
        Words("Create new analyses"),
        Words(
            "Required for POST /api/v1/analyses."
            " Allows the external system to submit a fileUrl and queue analysis."
        ),
    ),
    ScopeText(
        "analysis:read",
        Words("Read analysis status and result"),
        Words(
            "Required for GET /api/v1/analyses and GET /api/v1/analyses/{analysisId}."
            " Use it for polling and reconciliation."
        ),
    ),
    ScopeText(
        "calls:read",
        Words("Read call-level data"),
        Words(
            "Allows access to call metadata exposed through integration-safe endpoints."
            " Do not grant it if the integration only sends files."
        ),
    ),
    ScopeText(
        "storage:write",
        Words("Write source files"),
        Words(
            "Reserved for integrations that need direct storage upload flows."
            " fileUrl integrations usually do not need it."
        ),
    ),
    ScopeText(
        "webhooks:read",
        Words("Read webhook configuration and history"),
        Words("Allows listing webhook endpoints and delivery attempts for support or monitoring tooling."),
    ),
    ScopeText(
        "webhooks:write",
        Words("Manage webhooks"),
        Words(
            "Allows creating or updating webhook endpoints."
            " Keep it on admin/service keys, not ordinary analysis submission keys."
        ),
    ),
    ScopeText(
        "catalog:read",
        Words("Read the catalogue"),
        Words("Allows reading agents, queues, projects, scorecards and alert rules."),
    ),
    ScopeText(
        "catalog:write",
        Words("Manage the catalogue"),
        Words(
            "Allows changing agents, queues, projects, scorecards and alert rules."
            " Keep it on keys of the system that leads them."
        ),
    ),
    ScopeText(
        "reviews:read",
        Words("Read reviews"),
        Words(
            "Allows reading what people decide and say of calls, the review queue, appeals, calibrations,"
            " agreement and teams."
        ),
    ),
    ScopeText(
        "reviews:write",
        Words("Review calls"),
        Words(
            "Allows overriding verdicts, commenting, reviewing, deciding on appeals and leading teams, also"
            " in the name of people. Keep it on keys of the system in which people review."
        ),
    ),
    ScopeText(
        "insights:read",
        Words("Read insights"),
        Words("Allows reading totals, trends and rows by agent, queue and call center of all calls."),
    ),
    ScopeText(
        "insights:export",
        Words("Export insights"),
        Words(
            "Allows exporting calls with their results, and those totals, as files."
            " Keep it on keys of reporting systems."
        ),
    ),
    ScopeText(
        "conversations:read",
        Words("Read conversations"),
        Words("Allows reading chats and voice calls with what was said in them."),
    ),
    ScopeText(
        "conversations:write",
        Words("Bring conversations in"),
        Words(
            "Allows sending chats and voice calls, which are evaluated as calls are, and changing and erasing"
            " them. Keep it on keys of the system that they come from."
        ),
    ),
    ScopeText(
        "surveys:read", Words("Read surveys"), Words("Allows reading what customers answered after calls.")
    ),
    ScopeText(
        "surveys:write",
        Words("Bring surveys in"),
        Words(
            "Allows sending what customers answered after calls, one by one or as a file, and deleting it."
        ),
    ),
    ScopeText(
        "users:read",
        Words("Read people"),
        Words(
            "Allows listing the people of the organisation with roles, agents and when they were last here."
        ),
    ),
    ScopeText(
        "users:write",
        Words("Manage people"),
        Words(
            "Allows inviting people and changing, deactivating and deleting whoever is no owner."
            " Keep it on keys of the system that knows who joins and leaves."
        ),
    ),
)
RECOMMENDED = ("analysis:write", "analysis:read")
"""The smallest set for the standard flow (acceptance CT-030)."""
