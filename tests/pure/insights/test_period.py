"""Periods: months and days cover exactly the days that are asked for, in every time zone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calltrace.insights.period import Bucket, Period, end_of, start_of
from calltrace.kit.errors import InvalidRequestError

DAYS = st.dates(date(1995, 1, 1), date(2100, 1, 1))


@given(first=DAYS, days=st.integers(1, 900))
def test_months_and_days_cover_each_day_once(first: date, days: int) -> None:
    period = Period(first, first + timedelta(days=days - 1))
    covered = list[date]()
    for grain, begins, ends in period.parts():
        part = [begins + timedelta(days=n) for n in range((ends - begins).days + 1)]
        covered += part
        if grain == "m":
            assert begins.day == 1
            assert (ends + timedelta(days=1)).day == 1
        else:
            assert len(part) <= 60
    assert sorted(covered) == [first + timedelta(days=n) for n in range(days)]


@given(first=DAYS, days=st.integers(1, 400), bucket=st.sampled_from(["day", "week", "month"]))
def test_buckets_follow_one_another_and_hold_the_period(first: date, days: int, bucket: Bucket) -> None:
    period = Period(first, first + timedelta(days=days - 1))
    found = list(period.buckets(bucket))
    assert found[0] <= first <= end_of(found[0], bucket)
    assert found[-1] <= period.last <= end_of(found[-1], bucket)
    assert all(end_of(a, bucket) + timedelta(days=1) == b for a, b in pairwise(found))
    assert all(start_of(one, bucket) == one for one in found)


def test_a_day_begins_at_midnight_where_the_organisation_is() -> None:
    kathmandu = Period(date(2026, 4, 1), date(2026, 4, 1), "Asia/Kathmandu")
    assert kathmandu.begins == datetime(2026, 3, 31, 18, 15, tzinfo=UTC)
    assert kathmandu.ends - kathmandu.begins == timedelta(days=1)
    shorter = Period(date(2026, 3, 29), date(2026, 3, 29), "Europe/Berlin")
    assert shorter.ends - shorter.begins == timedelta(hours=23)


def test_a_day_without_midnight_begins_with_the_jump() -> None:
    havana = Period(date(2026, 3, 8), date(2026, 3, 8), "America/Havana")
    assert havana.begins == datetime(2026, 3, 8, 5, 0, tzinfo=UTC)
    assert havana.ends - havana.begins == timedelta(hours=23)


def test_the_period_before_is_as_long_and_ends_where_this_one_begins() -> None:
    before = Period(date(2026, 3, 1), date(2026, 3, 30)).before
    assert (before.first, before.last) == (date(2026, 1, 30), date(2026, 2, 28))


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 2, 1), date(2026, 1, 1)), (date(1900, 1, 1), date(2026, 1, 1)),
     (date(2026, 1, 1), date(3000, 1, 1)), (date(2000, 1, 1), date(2026, 1, 1))],
)  # fmt: skip
def test_what_cannot_be_is_refused(first: date, last: date) -> None:
    with pytest.raises(InvalidRequestError):
        Period.asked(first, last, "UTC")


def _changes(zone: ZoneInfo, year: int) -> Iterator[datetime]:
    """The hours in which clocks are changed, by their beginnings."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(24 * 366)]
    for before, after in pairwise(hours):
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            yield before


@settings(max_examples=60, deadline=None)
@given(zone=st.sampled_from(sorted(available_timezones())), year=st.integers(2012, 2037))
@example(zone="America/Havana", year=2026)
@example(zone="Africa/Cairo", year=2026)
@example(zone="Asia/Beirut", year=2026)
@example(zone="Asia/Amman", year=2020)
@example(zone="Asia/Pyongyang", year=2015)
@example(zone="America/Sao_Paulo", year=2017)
def test_around_every_change_of_clocks_a_moment_lies_on_the_one_day_that_they_show(
    zone: str, year: int
) -> None:
    for change in _changes(ZoneInfo(zone), year):
        for minutes in range(-150, 210, 10):
            moment = change + timedelta(minutes=minutes)
            shown = moment.astimezone(ZoneInfo(zone)).date()
            around = [Period(shown + timedelta(days=n), shown + timedelta(days=n), zone) for n in (-1, 0, 1)]
            assert [one.begins <= moment < one.ends for one in around] == [False, True, False], moment
