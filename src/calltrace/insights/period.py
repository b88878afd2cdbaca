"""Periods of whole days in a time zone, and how they are put together from months and days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.moments import EARLIEST, LATEST
from calltrace.kit.words import Words

Bucket = Literal["day", "week", "month"]
Grain = Literal["d", "m"]
LONGEST_DAYS = 3660
"""Ten years: what a chart of days can be asked for at most."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of ``first`` to the end of ``last``, in the days of ``zone`` (an IANA name)."""

    first: date
    last: date
    zone: str = "UTC"

    @classmethod
    def asked(cls, first: date, last: date, zone: str) -> "Period":
        """What somebody asks for.

        Raises:
            InvalidRequestError: it ends before it begins, is too long, or lies far from any call.
        """
        if not EARLIEST <= first.year <= last.year <= LATEST:
            words = Words(
                "Both days lie between the years %(earliest)s and %(latest)s, the first one before the last.",
                earliest=EARLIEST,
                latest=LATEST,
            )
            told = f"from and to lie between {EARLIEST} and {LATEST}, in this order."
            raise _refused(words.where_programs_read(told))
        if last < first:
            words = Words("The last day is before the first one.")
            raise _refused(words.where_programs_read("to is before from."))
        period = cls(first, last, zone)
        if period.days > LONGEST_DAYS:
            words = Words("The two days are at most %(longest_days)s days apart.", longest_days=LONGEST_DAYS)
            told = f"from and to are at most {LONGEST_DAYS} days apart."
            raise _refused(words.where_programs_read(told))
        return period

    @classmethod
    def recent(cls, days: int, zone: str, now: datetime) -> "Period":
        """The last ``days`` days, today included."""
        today = now.astimezone(ZoneInfo(zone)).date()
        return cls(today - (days - 1) * _DAY, today, zone)

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def begins(self) -> datetime:
        """The first moment."""
        return midnight(self.first, self.zone)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return midnight(self.last + _DAY, self.zone)

    def ending(self, last: date) -> "Period":
        """As many days, up to another last one."""
        return Period(last - (self.days - 1) * _DAY, last, self.zone)

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one begins."""
        return self.ending(self.first - _DAY)

    def parts(self) -> list[tuple[Grain, date, date]]:
        """Whole months, and the days before and after them: ``(grain, first, last)``, both inclusive."""
        months = self.first if self.first.day == 1 else _following(_first_of_month(self.first), "month")
        after = _first_of_month(self.last + _DAY)
        if months >= after:
            return [("d", self.first, self.last)]
        parts: list[tuple[Grain, date, date]] = [("m", months, after - _DAY)]
        if self.first < months:
            parts.append(("d", self.first, months - _DAY))
        if after <= self.last:
            parts.append(("d", after, self.last))
        return parts

    def buckets(self, bucket: Bucket) -> Iterator[date]:
        """The first day of each day, week (from Monday) or month that the period touches, in order."""
        at = start_of(self.first, bucket)
        while at <= self.last:
            yield at
            at = _following(at, bucket)


def start_of(day: date, bucket: Bucket) -> date:
    """The first day of the bucket that a day is in."""
    if bucket == "month":
        return _first_of_month(day)
    return day - timedelta(days=day.weekday()) if bucket == "week" else day


def end_of(day: date, bucket: Bucket) -> date:
    """The last day of the bucket that begins on a day."""
    return _following(day, bucket) - _DAY


def _following(at: date, bucket: Bucket) -> date:
    if bucket == "month":
        return _first_of_month(at + timedelta(days=31))
    return at + timedelta(days=7 if bucket == "week" else 1)


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


def midnight(day: date, zone: str) -> datetime:
    """Where clocks jump over midnight this is the moment of the jump: the day begins there."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def _refused(detail: Words) -> InvalidRequestError:
    return InvalidRequestError(detail, errors=[FieldError("/to", detail)])
