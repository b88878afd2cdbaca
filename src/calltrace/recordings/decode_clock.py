"""Where decoded sound belongs in time, from a container's time stamps, which may be missing or lie."""

import math
from collections import deque

GAP_SECONDS = 0.1
"""Smaller holes are rounding and encoder delay; what is left of them adds up until it is a gap."""
_SLACK_BACK_SECONDS = 1.0


class Clock:
    """Compares time stamps with the sound so far; all times are seconds.

    A stamp is measured against the first one. One that is behind starts a second count beside the first
    (files that were joined begin again at zero); whichever count asks for less silence is believed.
    """

    def __init__(self, longest_gap: float = math.inf, origin: float | None = None) -> None:
        """A clock for one track.

        Args:
            longest_gap: a longer jump is no gap but another clock (formats that allow such jumps).
            origin: the time stamp of the recording's beginning, if it is not that of the first sound.
        """
        self.position = 0.0
        self._longest = longest_gap
        self._origins: deque[float] = deque([] if origin is None else [origin], maxlen=2)
        self._last: float | None = None

    def gap(self, stamp: float | None, following: float | None = None) -> float:
        """Seconds of silence that belong before the sound stamped ``stamp``, nearly always 0.0.

        ``following`` is the stamp after it: if that one is earlier, ``stamp`` is a slip and says nothing.
        Several frames of one packet carry the same stamp: it holds for the first of them.
        """
        slip = stamp is not None and following is not None and following < stamp - GAP_SECONDS
        if stamp is None or stamp == self._last or (slip and self._origins):
            return 0.0
        self._last = stamp
        ahead = [stamp - origin - self.position for origin in self._origins]
        if any(-_SLACK_BACK_SECONDS <= one <= GAP_SECONDS for one in ahead):
            return 0.0
        gaps = [one for one in ahead if 0 < one <= self._longest]
        if not gaps:
            self._origins.append(stamp - self.position)
        return min(gaps, default=0.0)

    def advance(self, seconds: float) -> None:
        """So much sound or silence was laid down."""
        self.position += seconds
