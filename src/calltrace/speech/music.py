"""Music where nobody speaks: partials that hold their pitch, and go on to other ones."""

import numpy as np
import numpy.typing as npt

from calltrace.speech.levels import FRAME_SECONDS, Curve
from calltrace.speech.partials import Partials
from calltrace.speech.runs import Mask, Run, bridged, runs

SHORTEST_SECONDS = 5.0
"""A shorter stretch is a jingle or somebody's telephone."""
_MUSICAL = 0.2
"""Share of the power in lasting partials, over WINDOW_SECONDS. Measured: 0.3 to 0.9 in five pieces of hold
music, at most 0.04 in noise, and at most 0.13 in what is no speech in 52 recordings of speech. Speech itself
reaches more now and then, which is why music is only looked for where there is none.
"""
_WINDOW_SECONDS = 3.0
_BREAK_SECONDS = 5.0
"""Music may pause, or go on in drums alone, for as long as silence is no dead air yet."""
_FILLED = 0.75
"""Music fills its time (0.98 or more in all five pieces). Voices in the background, too faint for the voice
detector, hold a pitch here and there: they filled up to 0.65 in 36 mixtures of 2 to 8 voices."""
_STEADY = 0.8
"""Two pitches that are the strongest for so much of the time are a tone or a hum, and no tune."""
_SAME_HERTZ = 16.0


def music(heard: Partials, audible_db: float) -> list[Run]:
    """Where music plays, in frames of a stretch without speech. Softer than ``audible_db`` is nothing."""
    loud = heard.level > audible_db
    musical = loud & (_mean(heard.lasting, loud) >= _MUSICAL)
    found = bridged(runs(musical), _BREAK_SECONDS / FRAME_SECONDS)
    return [one for one in found if _fills(musical, one) and _moves(heard, musical, one)]


def _fills(musical: Mask, part: Run) -> bool:
    """Whether a run is long enough, and music for most of it."""
    frames = part[1] - part[0]
    return frames >= SHORTEST_SECONDS / FRAME_SECONDS and musical[part[0] : part[1]].sum() >= _FILLED * frames


def _mean(curve: Curve, counts: Mask) -> npt.NDArray[np.float64]:
    """Around each frame, of the frames that count."""
    return _around(np.where(counts, curve, 0.0)) / np.maximum(_around(counts.astype(np.float64)), 1.0)


def _around(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The sum over WINDOW_SECONDS around each value, of those that there are."""
    half = round(_WINDOW_SECONDS / FRAME_SECONDS / 2)
    sums = np.cumsum(np.pad(values, (half + 1, half)))
    return sums[2 * half + 1 :] - sums[: len(values)]


def _moves(heard: Partials, musical: Mask, part: Run) -> bool:
    """Whether the strongest partial takes more than two pitches."""
    pitches = heard.first[part[0] : part[1]][musical[part[0] : part[1]]]
    left = pitches
    for _pitch in range(2):
        values, counts = np.unique(left, return_counts=True)
        if len(values):
            left = left[np.abs(left - values[counts.argmax()]) > _SAME_HERTZ]
    return len(left) > (1 - _STEADY) * len(pitches)
