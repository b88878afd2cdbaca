"""Packing stretches of speech into the 30 second windows that a recogniser is paid for.

Whisper's encoder costs the same for one second as for thirty. Pauses are left out and the speech of
one channel is laid end to end, so a call costs what its speech costs, on however many channels it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio, Samples


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech on one channel between two times of the call, in seconds."""

    channel: int
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Window:
    """Stretches of one channel, in order, laid end to end."""

    stretches: tuple[Stretch, ...]

    @property
    def channel(self) -> int:
        """The channel that all its stretches are on."""
        return self.stretches[0].channel

    @property
    def seconds(self) -> float:
        """Length of the window."""
        return sum(stretch.seconds for stretch in self.stretches)

    def samples(self, audio: DecodedAudio) -> Samples:
        """The window's audio."""
        parts = [audio.read(stretch.channel, stretch.start, stretch.end) for stretch in self.stretches]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def call_times(self, start: float, end: float) -> tuple[float, float]:
        """Times in the window as times in the call, both inside the stretch that holds their middle."""
        middle, offset = (start + end) / 2, 0.0
        for stretch in self.stretches:
            if middle < offset + stretch.seconds or stretch is self.stretches[-1]:
                shift = stretch.start - offset
                return _inside(start + shift, stretch), _inside(end + shift, stretch)
            offset += stretch.seconds
        raise AssertionError("a window holds at least one stretch")


def with_lead(stretches: Iterable[Stretch], seconds: float) -> list[Stretch]:
    """The same stretches, each begun so much earlier: at most halfway into the pause before it."""
    found: list[Stretch] = []
    until: dict[int, float] = {}
    for one in sorted(stretches, key=lambda stretch: (stretch.channel, stretch.start)):
        pause = one.start - until[one.channel] if one.channel in until else 2 * one.start
        found.append(Stretch(one.channel, one.start - min(seconds, max(pause, 0.0) / 2), one.end))
        until[one.channel] = one.end
    return found


def _inside(time: float, stretch: Stretch) -> float:
    return min(max(time, stretch.start), stretch.end)


def pack(stretches: Iterable[Stretch], max_seconds: float) -> list[Window]:
    """Windows of at most ``max_seconds``; longer stretches must have been split before."""
    windows: list[Window] = []
    by_channel = sorted(stretches, key=lambda stretch: (stretch.channel, stretch.start))
    current: list[Stretch] = []
    for stretch in by_channel:
        if current and not _fits(current, stretch, max_seconds):
            windows.append(Window(tuple(current)))
            current = []
        current.append(stretch)
    return [*windows, Window(tuple(current))] if current else windows


def _fits(current: Sequence[Stretch], following: Stretch, max_seconds: float) -> bool:
    used = sum(stretch.seconds for stretch in current) + following.seconds
    return following.channel == current[0].channel and used <= max_seconds + 1 / SAMPLE_RATE


def halves(window: Window, min_seconds: float) -> tuple[Window, Window] | None:
    """The window in two, or None if a half could be shorter than ``min_seconds``.

    It is cut between two stretches, at the place nearest to its middle. Where that would leave less than
    a quarter on one side, one stretch fills the middle: it is the longest, and is cut in its own middle.
    """
    if window.seconds < 4 * min_seconds:
        return None
    stretches, ends = window.stretches, list(accumulate(stretch.seconds for stretch in window.stretches))
    middle = window.seconds / 2
    place = min(range(len(ends)), key=lambda index: abs(ends[index] - middle))
    if abs(ends[place] - middle) <= middle / 2:
        return Window(stretches[: place + 1]), Window(stretches[place + 1 :])
    place = max(range(len(stretches)), key=lambda index: stretches[index].seconds)
    longest = stretches[place]
    cut = (longest.start + longest.end) / 2
    first = Stretch(longest.channel, longest.start, cut)
    second = Stretch(longest.channel, cut, longest.end)
    return Window((*stretches[:place], first)), Window((second, *stretches[place + 1 :]))


def spread(windows: Sequence[Window], first: int) -> list[Window]:
    """The same windows, but the ``first`` ones spread evenly over all: a fair sample of the call."""
    if len(windows) <= first:
        return list(windows)
    sample = sorted({round(index * (len(windows) - 1) / (first - 1)) for index in range(first)})
    rest = [index for index in range(len(windows)) if index not in set(sample)]
    return [windows[index] for index in (*sample, *rest)]
