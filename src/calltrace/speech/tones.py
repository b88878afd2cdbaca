"""Signals of the line where nobody speaks: dial tone, ringing, engaged, beeps, keys that are pressed.

A signal is one or two lines that stand still and hold nearly all of the power. Sources: ITU-T E.180 (tones of
national networks are one or two frequencies between 300 and 1400 Hz, with pauses of at most 4 or 5 s), ITU-T
Q.23 and Q.24 (push-button signals: one frequency of each group, within 1.8 %, from 40 ms).
"""

from itertools import pairwise

import numpy as np

from calltrace.speech.levels import FRAME_SECONDS
from calltrace.speech.partials import Partials
from calltrace.speech.runs import Mask, Run, bridged, mask_of, runs

_HELD = 0.85
"""Share of the power in two lines, above which there is nothing beside them."""
_SHORTEST_SECONDS = 0.3
_SHORTEST_KEY_SECONDS = 0.1
"""As long as a key of 40 ms looks in spectra of 128 ms."""
_PAUSE_SECONDS = 4.5
_SAME_HERTZ = 12.0
_KEYS = (np.array([697.0, 770.0, 852.0, 941.0]), np.array([1209.0, 1336.0, 1477.0, 1633.0]))
_OFF = 0.018
_MOSTLY = 0.6
"""Share of a signal's frames that show the pair of a key: at its edges lines are smeared."""


def tones(heard: Partials, audible_db: float, music: list[Run]) -> list[Run]:
    """Where signals are heard, pauses between them included, in frames of a stretch without speech."""
    alone = (heard.level > audible_db) & (heard.two_lines >= _HELD) & ~mask_of(music, len(heard.level))
    steady = [part for one in runs(alone) for part in _steady(heard, one)]
    keys = _keys(heard)
    signals = [one for one in steady if _is_signal(one, keys)]
    return [
        part
        for between in _between(music, len(heard.level))
        for part in bridged(_within(signals, between), _PAUSE_SECONDS / FRAME_SECONDS)
    ]


def _is_signal(part: Run, keys: Mask) -> bool:
    seconds = (part[1] - part[0]) * FRAME_SECONDS
    is_key = bool(keys[part[0] : part[1]].mean() > _MOSTLY)
    return seconds >= (_SHORTEST_KEY_SECONDS if is_key else _SHORTEST_SECONDS)


def _steady(heard: Partials, part: Run) -> list[Run]:
    """The run cut where the strongest line becomes one that was not among the two before."""
    first, second = heard.first[part[0] : part[1]], heard.second[part[0] : part[1]]
    near = np.minimum(np.abs(first[1:] - first[:-1]), np.abs(first[1:] - second[:-1])) <= _SAME_HERTZ
    cuts = [part[0], *(part[0] + 1 + np.flatnonzero(~near)).tolist(), part[1]]
    return list(pairwise(cuts))


def _keys(heard: Partials) -> Mask:
    """Frames whose two lines are one of each group of frequencies."""
    low, high = np.minimum(heard.first, heard.second), np.maximum(heard.first, heard.second)
    groups = zip((low, high), _KEYS, strict=True)
    near = [np.abs(line[:, None] / keys - 1).min(axis=1) <= _OFF for line, keys in groups]
    return near[0] & near[1]


def _between(music: list[Run], frames: int) -> list[Run]:
    edges = [0, *(edge for one in music for edge in one), frames]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _within(parts: list[Run], whole: Run) -> list[Run]:
    return [one for one in parts if whole[0] <= one[0] and one[1] <= whole[1]]
