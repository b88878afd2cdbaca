"""How this contract writes ids, times and numbers (decisions, section 1)."""

import math
import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from calltrace.kit.digits import whole_number
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError

Prefix = Literal[
    "eval", "af", "eng", "conv", "msg", "vc", "camp", "cc", "exec", "wh", "evt", "whd", "key", "exp", "usg"
]
_HEX = frozenset("0123456789abcdef")
_HEX_DIGITS = 32
LARGEST_PAGE = 100


def written(prefix: Prefix, value: uuid.UUID | None) -> str | None:
    """An id as it is shown; ``None`` stays ``None``."""
    return None if value is None else named(prefix, value)


def named(prefix: Prefix, value: uuid.UUID) -> str:
    """``eval_`` and 32 hex digits."""
    return f"{prefix}_{value.hex}"


def read_id(prefix: Prefix, text: str) -> uuid.UUID | None:
    """The row that an id names; ``None`` when it is malformed."""
    digits = text.removeprefix(f"{prefix}_")
    if digits == text or len(digits) != _HEX_DIGITS or not set(digits) <= _HEX:
        return None
    return uuid.UUID(hex=digits)


def path_id(prefix: Prefix, text: str) -> uuid.UUID:
    """An id from a path; a malformed one names nothing, like an unknown one.

    Raises:
        NotFoundError: it is malformed.
    """
    found = read_id(prefix, text)
    if found is None:
        raise NotFoundError("The requested resource does not exist.")
    return found


def iso(moment: datetime) -> str:
    """``2026-03-30T12:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def when(moment: datetime | None) -> str | None:
    """The same of what may not be known."""
    return None if moment is None else iso(moment)


def whole(seconds: float | None) -> int | None:
    """Seconds, whole ones."""
    return None if seconds is None else math.floor(seconds + 0.5)


def wrong(field: str, detail: str) -> InvalidRequestError:
    """What is wrong with one field."""
    return InvalidRequestError(f"{field}: {detail}", errors=[FieldError(f"/{field}", detail)])


def _whole_number(value: Any) -> Any:
    if isinstance(value, str) and whole_number(value) is None:
        raise ValueError("is not an integer")
    return value


PageNumber = Annotated[int, BeforeValidator(_whole_number), Field(ge=1)]
PageSize = Annotated[int, BeforeValidator(_whole_number), Field(ge=1, le=LARGEST_PAGE)]


def start_of(text: str) -> datetime:
    """The first moment that ``dateFrom`` means.

    Raises:
        ValueError: it is no date.
    """
    day = _day(text)
    return datetime.combine(day, time.min, UTC) if day else _moment(text)


def end_of(text: str) -> datetime:
    """The first moment that ``dateTo`` does not mean any more; a day without time is included whole.

    Raises:
        ValueError: it is no date.
    """
    day = _day(text)
    if day:
        return datetime.combine(day, time.min, UTC) + timedelta(days=1)
    return _moment(text) + timedelta(microseconds=1)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if len(text) == len("2026-03-30") else None


def _moment(text: str) -> datetime:
    """A time without an offset is UTC. A plus of an offset arrives as a space where it was not escaped."""
    found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    if not 1 < found.year < 9999:  # noqa: PLR2004 - what conversions between time zones can hold
        raise ValueError("is out of range")
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


Moment = Annotated[str, StringConstraints(max_length=40)]
