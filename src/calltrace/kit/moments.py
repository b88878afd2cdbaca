"""Times as callers write them."""

from datetime import UTC, datetime


def iso_moment(value: object) -> datetime:
    """ISO-8601 with an offset, nothing else: a bare number is no time of any contract.

    Raises:
        ValueError: a sentence that says what is wrong.
    """
    text = str(value)
    if not text[:4].isdigit() or "-" not in text[:5]:
        raise ValueError("Not an ISO-8601 time.")
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("The offset is missing; write Z for UTC.")
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("Out of range.") from error
