"""Measuring in turns: a busy machine is busy for every contender alike."""

import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from calltrace.bench.report import Value

Contender = Callable[[int], Awaitable["Lap"]]
"""Does a number of things and tells how long that took."""


@dataclass(frozen=True, slots=True)
class Lap:
    """One turn of one contender; ``latencies`` in seconds, one a thing, where each was timed."""

    count: int
    seconds: float
    latencies: Sequence[float] = ()

    @property
    def per_second(self) -> float:
        """Things a second."""
        return self.count / self.seconds


async def in_turns(contenders: Mapping[str, Contender], count: int, rounds: int) -> dict[str, list[Lap]]:
    """Let each contender do ``count`` things in all, in ``rounds`` equal turns (at least one thing each)."""
    laps: dict[str, list[Lap]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            laps[name].append(await contender(max(count // rounds, 1)))
    return laps


def rate(laps: Sequence[Lap]) -> float:
    """Things a second, in the middle one of all turns: one that was disturbed does not count."""
    return statistics.median(lap.per_second for lap in laps)


def compared(ours: Sequence[Lap], bare: Sequence[Lap]) -> dict[str, Value]:
    """The middle one of the turns' ratios, and the lowest and highest: how far to trust it."""
    ratios = [a.per_second / b.per_second for a, b in zip(ours, bare, strict=True)]
    return {
        "ratio": round(statistics.median(ratios), 3),
        "ratioLow": round(min(ratios), 3),
        "ratioHigh": round(max(ratios), 3),
    }


def percentile(laps: Sequence[Lap], percent: int) -> float:
    """A percentile of the latencies of all turns, in milliseconds."""
    latencies = [one for lap in laps for one in lap.latencies]
    if len(latencies) == 1:
        return round(1000 * latencies[0], 2)
    return round(1000 * statistics.quantiles(latencies, n=100, method="inclusive")[percent - 1], 2)
