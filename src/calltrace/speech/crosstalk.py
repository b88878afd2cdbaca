"""Hearing the other side faintly: found by level, and gated only where it was found.

On a leaking line the quiet channel follows the loud one at a fixed distance. A gate costs real words
when there is no leakage (soft backchannels), so it is only used after leakage has been proved.
"""

from dataclasses import dataclass

import numpy as np

from calltrace.speech.levels import Curve

_APART_DB = 6.0
"""A leak is at least this much softer than what leaks."""
_FEWEST_FRAMES = 60
"""About two seconds of the loud side speaking."""
_FOLLOWS = 0.6
"""Correlation of both levels, in dB, above which the quiet side follows the loud one. Measured on calls:
0.0 to 0.2 on clean lines, 0.6 to 1.0 with a leak of -12 to -40 dB, late by up to 100 ms."""
_MARGIN_DB = 6.0
"""Speech of one's own over a leak is louder than the leak by more than this."""
_MOST_LAG = 8
"""A leak may come up to a quarter of a second late (echo on a long line): frames."""
_SPEECH = 0.5


@dataclass(frozen=True, slots=True)
class Leak:
    """The loud channel is heard on the quiet one: ``offset_db`` (negative) softer, ``lag`` frames later."""

    offset_db: float
    lag: int


def find(quiet_level: Curve, loud_level: Curve, loud_speech: Curve) -> Leak | None:
    """Whether the loud channel leaks into the quiet one.

    Args:
        quiet_level: dB per frame of the channel that may be leaked into.
        loud_level: dB per frame of the other one.
        loud_speech: its speech probabilities per frame.
    """
    candidates = [_at(lag, quiet_level, loud_level, loud_speech) for lag in range(_MOST_LAG + 1)]
    correlation, leak = max(candidates, key=lambda candidate: candidate[0])
    return leak if correlation >= _FOLLOWS else None


def _at(lag: int, quiet_level: Curve, loud_level: Curve, loud_speech: Curve) -> tuple[float, Leak]:
    source, speech = _late(loud_level, lag), _late(loud_speech, lag)
    dominant = (speech > _SPEECH) & (source - quiet_level > _APART_DB)
    quiet, loud = quiet_level[dominant], source[dominant]
    if len(quiet) < _FEWEST_FRAMES or quiet.std() == 0 or loud.std() == 0:
        return 0.0, Leak(0.0, lag)
    return float(np.corrcoef(quiet, loud)[0, 1]), Leak(float(np.median(quiet - loud)), lag)


def _late(curve: Curve, lag: int) -> Curve:
    """The curve ``lag`` frames later (or earlier), its edge repeated."""
    positions = np.clip(np.arange(len(curve)) - lag, 0, max(len(curve) - 1, 0))
    return curve[positions]


def gate(speech: Curve, own_level: Curve, other_level: Curve, leak: Leak) -> Curve:
    """Speech probabilities with those frames silenced that are no louder than the leak would be."""
    around = [_late(other_level, lag) for lag in (leak.lag - 1, leak.lag, leak.lag + 1)]
    expected = np.maximum.reduce(around) + leak.offset_db
    return np.where(own_level <= expected + _MARGIN_DB, np.float32(0), speech)
