"""What was used."""

from calltrace.kit.document import Document


class UsageShare(Document):
    """So much was used of what the plan includes; null: without a limit."""

    used: int | float
    included: int | None
    overage: int | float


class UsageSummary(Document):
    """What was used in a month."""

    billing_period: str
    tier: str
    usage: dict[str, UsageShare]


class UsageRecord(Document):
    """One thing that was used."""

    id: str
    timestamp: str
    type: str
    quantity: float
    unit: str
    key_id: str | None
    resource_id: str | None


class KeyUsage(Document):
    """How many requests a key made."""

    key_id: str
    name: str
    calls: int
    last_used_at: str | None


class UsageByKey(Document):
    """How many requests each key made in a month."""

    billing_period: str
    keys: list[KeyUsage]
