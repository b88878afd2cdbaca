"""Hearing the other side faintly: found by level, and gated only where it was found.

On a leaking line the quiet channel follows the loud one at a fixed distance. A gate costs real words
when there is no leakage (soft backchannels), so it is only used after leakage has been proved.
"""

from dataclasses import dataclass

import numpy as np

from calltrace.speech.levels import Curve

_APART_DB = 10.0
"""A leak is at least this much softer than what leaks."""
_FEWEST_FRAMES = 60
"""About two seconds of the loud side speaking."""
_FOLLOWS = 0.6
"""Correlation of both levels, in dB, above which the quiet side counts as following the loud one."""
_MARGIN_DB = 6.0
"""Speech of one's own over a leak is louder than the leak by more than this."""
_ECHO_FRAMES = 6
"""A leak may come up to 200 ms late (echo on a long line)."""
_SPEECH = 0.5


@dataclass(frozen=True, slots=True)
class Leak:
    """The loud channel is heard on the quiet one, ``offset_db`` (negative) softer."""

    offset_db: float


def find(quiet_level: Curve, loud_level: Curve, loud_speech: Curve) -> Leak | None:
    """Whether the loud channel leaks into the quiet one.

    Args:
        quiet_level: dB per frame of the channel that may be leaked into.
        loud_level: dB per frame of the other one.
        loud_speech: its speech probabilities per frame.
    """
    source = _recent_peak(loud_level)
    dominant = (loud_speech > _SPEECH) & (source - quiet_level > _APART_DB)
    if int(dominant.sum()) < _FEWEST_FRAMES:
        return None
    quiet, loud = quiet_level[dominant], source[dominant]
    if quiet.std() == 0 or loud.std() == 0 or float(np.corrcoef(quiet, loud)[0, 1]) < _FOLLOWS:
        return None
    return Leak(float(np.median(quiet - loud)))


def gate(speech: Curve, own_level: Curve, other_level: Curve, leak: Leak) -> Curve:
    """Speech probabilities with those frames silenced that are no louder than the leak would be."""
    is_leak = own_level <= _recent_peak(other_level) + leak.offset_db + _MARGIN_DB
    return np.where(is_leak, np.float32(0), speech)


def _recent_peak(level: Curve) -> Curve:
    padded = np.concatenate([np.full(_ECHO_FRAMES, level.min(initial=0.0), np.float32), level])
    windows = np.lib.stride_tricks.sliding_window_view(padded, _ECHO_FRAMES + 1)
    return windows.max(axis=1)
