"""Diarization error: of the time in which people speak, the share that is not given to the right voice.

As defined for NIST's rich transcription evaluations (RT-09 evaluation plan, section 6): missed speech, false
alarms and confusion, each weighed by how many people speak, under the mapping of heard voices to true
speakers that is best for the system. Overlapping speech counts. Times within ``collar`` seconds of a true
beginning or end are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

GRID_SECONDS = 0.01
MOST_SPEAKERS = 12
"""The best mapping is found exactly; more true speakers than this would take too long."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody speaks, in seconds of the call."""

    start: float
    end: float
    who: str


@dataclass(frozen=True, slots=True)
class DiarizationError:
    """Seconds of each kind of error, and of speech in all (people who speak at once each count)."""

    missed: float
    false_alarm: float
    confusion: float
    speech: float

    @property
    def total(self) -> float:
        """Seconds of any error."""
        return self.missed + self.false_alarm + self.confusion


def diarization_error(
    truth: Sequence[Turn], heard: Sequence[Turn], duration: float, collar: float = 0.0
) -> DiarizationError:
    """The errors of ``heard`` on a recording of ``duration`` seconds.

    Raises:
        ValueError: more than MOST_SPEAKERS speak in truth.
    """
    kept = ~_near_edges(truth, duration, collar)
    true, found = _by_speaker(truth, duration)[:, kept], _by_speaker(heard, duration)[:, kept]
    shared = true.astype(np.float64) @ found.T.astype(np.float64)
    speaking, claimed = true.sum(axis=0), found.sum(axis=0)
    both = float(np.minimum(speaking, claimed).sum())
    return DiarizationError(
        missed=float(np.maximum(speaking - claimed, 0).sum()) * GRID_SECONDS,
        false_alarm=float(np.maximum(claimed - speaking, 0).sum()) * GRID_SECONDS,
        confusion=(both - _best(shared)) * GRID_SECONDS,
        speech=float(speaking.sum()) * GRID_SECONDS,
    )


def grid(spans: Sequence[tuple[float, float]], duration: float) -> Mask:
    """Where any of some spans (seconds) is, every 10 ms; shape ``(n,)``."""
    mask = np.zeros(round(duration / GRID_SECONDS) + 1, bool)
    for start, end in spans:
        mask[max(round(start / GRID_SECONDS), 0) : max(round(end / GRID_SECONDS), 0)] = True
    return mask


def _by_speaker(turns: Sequence[Turn], duration: float) -> Mask:
    """One row per speaker, at least one."""
    names = list(dict.fromkeys(turn.who for turn in turns)) or [""]
    rows = [grid([(turn.start, turn.end) for turn in turns if turn.who == name], duration) for name in names]
    return np.stack(rows)


def _near_edges(truth: Sequence[Turn], duration: float, collar: float) -> Mask:
    edges = [edge for turn in truth for edge in (turn.start, turn.end)] if collar else []
    return grid([(edge - collar, edge + collar) for edge in edges], duration)


def _best(shared: npt.NDArray[np.float64]) -> float:
    """The most that speakers and voices share when each has at most one of the other.

    ``best[taken]`` is the most that the voices so far can share with the speakers in the bit set ``taken``.
    """
    speakers, voices = shared.shape
    if speakers > MOST_SPEAKERS:
        raise ValueError(f"at most {MOST_SPEAKERS} speakers, not {speakers}")
    best = np.full(1 << speakers, -np.inf)
    best[0] = 0.0
    for voice in range(voices):
        before = best.copy()
        for speaker in range(speakers):
            without = [taken for taken in range(1 << speakers) if not taken >> speaker & 1]
            joined = [taken | 1 << speaker for taken in without]
            best[joined] = np.maximum(best[joined], before[without] + shared[speaker, voice])
    return float(best.max())
