"""Time in one place: UTC, and ISO-8601 with milliseconds and ``Z`` on every wire."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current moment, timezone-aware, UTC."""
    return datetime.now(UTC)


def now_ms() -> datetime:
    """The current moment in whole milliseconds: stored as it is shown, so that filters by it are exact."""
    moment = now()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def iso(moment: datetime) -> str:
    """``2026-06-19T12:00:00.000Z`` (acceptance CT-114)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
