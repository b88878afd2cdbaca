"""What a server that is too busy asks for."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def asked_for(retry_after: str | None, now: datetime) -> float:
    """Seconds that a ``Retry-After`` value asks for (RFC 9110, section 10.2.3); 0 for none or nonsense.

    Both forms are read: a number of seconds, and an HTTP date in its current or an obsolete form.
    """
    value = (retry_after or "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:  # asctime has no zone: HTTP dates are always GMT
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, OverflowError):
        return 0.0
