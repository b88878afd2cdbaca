"""When the next attempt is due."""

from datetime import UTC, datetime

import pytest

from calltrace.kit.retry_after import asked_for
from calltrace.webhooks.schedule import JITTER, next_delay

NOW = datetime(1994, 11, 6, 8, 49, 0, tzinfo=UTC)
SCHEDULE = (10, 60, 300)


@pytest.mark.accepts("CT-122", "CT-123")
def test_three_retries_after_ten_seconds_a_minute_and_five() -> None:
    for step, gap in enumerate(SCHEDULE):
        delays = {next_delay(step, SCHEDULE) for _ in range(50)}
        assert len(delays) > 1, "jitter"
        assert all(delay is not None and gap <= delay <= gap * (1 + JITTER) for delay in delays)
    assert next_delay(3, SCHEDULE) is None
    assert next_delay(0, ()) is None


@pytest.mark.parametrize(
    ("step", "asked", "expected"),
    [(0, 5, 10), (0, 45, 45), (0, 61, 60), (1, 200, 200), (1, 1e300, 300), (2, 9999, 300),
     (0, float("inf"), 60)],
)  # fmt: skip
def test_retry_after_counts_up_to_the_next_step(step: int, asked: float, expected: float) -> None:
    delay = next_delay(step, SCHEDULE, asked)
    assert delay is not None
    assert expected <= delay <= expected * (1 + JITTER)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120), (" 7 ", 7), ("0", 0), ("9" * 400, float("inf")),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37), ("Sunday, 06-Nov-94 08:49:37 GMT", 37),
        ("Sun Nov  6 08:49:37 1994", 37), ("Sun, 06 Nov 1994 08:48:00 GMT", 0),
        (None, 0), ("", 0), ("soon", 0), ("-5", 0), ("1.5", 0), ("1e3", 0), ("120, 120", 0), ("٣", 0),
        ("Sun, 06 Nov 99999 08:49:37 GMT", 0), ("Sun, 41 Nov 1994 08:49:37 GMT", 0),
    ],
)  # fmt: skip
def test_both_forms_of_retry_after_are_read_and_nonsense_is_none(value: str | None, expected: float) -> None:
    assert asked_for(value, NOW) == expected
