"""What a part of the benchmark answers: rows of numbers, and the sentences without which they mislead."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from calltrace.kit.document import Document
from calltrace.kit.errors import CallTraceError

Part = Literal["speech", "evaluation", "api", "reading", "delivery", "insights"]
Value = str | int | float | None
Say = Callable[[str], None]
"""Told what is going on, one line at a time."""

RATIO = "ratio is our speed divided by the bare one's, measured in turns in this run: below 1 we are slower."


class BenchFailedError(CallTraceError):
    """A part could not be measured; nothing is concluded from half a measurement."""

    code = "bench_failed"
    title = "The benchmark failed"


class Report(Document):
    """One part.

    Attributes:
        titles: key of a row's value to the heading of its column, in order; for reading, not in the JSON.
        facts: numbers about the part as a whole; the notes say them in words.
        notes: what has to be known to read the numbers.
    """

    part: Part
    titles: Mapping[str, str] = Field(exclude=True)
    rows: Sequence[Mapping[str, Value]]
    facts: Mapping[str, Value] = Field(default_factory=dict[str, Value])
    notes: Sequence[str]


def machine() -> dict[str, Any]:
    """What the numbers were measured on, and how busy it was."""
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }


def rounded(value: float | None, digits: int = 4) -> float | None:
    """A number of a report; what was not measured stays ``None``."""
    return None if value is None else round(value, digits)


def share(part: float | None, whole: float | None) -> float | None:
    """A ratio, where both sides were measured."""
    return None if part is None or not whole else round(part / whole, 3)
