"""Time in one place: UTC, and ISO-8601 with milliseconds and ``Z`` on every wire."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current moment, timezone-aware, UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """``2026-06-19T12:00:00.000Z`` (acceptance CT-114)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
