"""Times as callers write them."""

from datetime import UTC, datetime

EARLIEST, LATEST = 1990, 2199
"""Years in which calls take place: nearer to the edges of time no day can be counted from them."""


def of_a_call(moment: datetime) -> datetime:
    """A time at which a call may have taken place.

    Raises:
        ValueError: a sentence that says what is wrong.
    """
    if not EARLIEST <= moment.year <= LATEST:
        raise ValueError(f"Not between {EARLIEST} and {LATEST}.")
    return moment


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
