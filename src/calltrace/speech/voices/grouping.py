"""How many voices there are, and which one each window belongs to.

Windows are joined bottom-up (average linkage), first by how they differ from the call's mean, since all of
them share its line and its room; then whole groups by how much their mean voices are alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calltrace.speech.voices.model import VoiceWindow

Matrix = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

MOST_WINDOWS = 600
"""Groups are found among this many, spread evenly over the call; the others then join them."""
_APART = 0.1
"""Windows less alike than this, seen from the call's mean, are not joined as windows."""
_LEAST_SECONDS = 4.0
"""A group with less speech is no voice of its own."""
_ONE_VOICE, _LIKELY_ONE, _SMALL_SHARE, _MANY = 0.8, 0.7, 0.25, 0.5
"""Two groups this much alike are one voice; from ``_LIKELY_ONE`` on if one has less than ``_SMALL_SHARE`` of
the speech (a voice raised, a cough). More than two voices have to differ clearly, for most calls have two;
and so have two voices on one channel of several."""
_ROUNDS = 5
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Groups:
    """The voices of a call.

    Attributes:
        scores: how much each window sounds like each voice, shape ``(windows, voices)``.
        likeness: of the two voices that are most alike, -1 to 1; 1 where there is only one.
    """

    scores: Matrix
    likeness: float

    @property
    def voices(self) -> int:
        """How many there are."""
        return int(self.scores.shape[1])


def group(windows: Sequence[VoiceWindow], *, likely_one: bool = False) -> Groups:
    """The voices in some windows (at least one); where one is likely, others have to differ clearly."""
    everything = np.stack([window.embedding for window in windows])
    seconds = np.array([window.end - window.start for window in windows])
    chosen = np.unique(np.linspace(0, len(windows) - 1, min(MOST_WINDOWS, len(windows))).round().astype(int))
    some = everything[chosen]
    fair = seconds[chosen] * (_speech(windows) / seconds[chosen].sum())
    labels = _merged(
        some, fair, _joined(_unit(some - some.mean(axis=0))), _MANY if likely_one else _ONE_VOICE
    )
    if labels.max() == 0:
        return Groups(np.ones((len(windows), 1), np.float32), 1.0)
    centre = _means(some, labels).mean(axis=0)
    labels = _settled(_unit(some - centre), labels)
    voices = _unit(_means(_unit(some - centre), labels))
    return Groups(_unit(everything - centre) @ voices.T, _closest(_unit(_means(some, labels)))[2])


def _speech(windows: Sequence[VoiceWindow]) -> float:
    """Seconds in any window; they overlap."""
    covered, until = 0.0, 0.0
    for window in windows:
        covered += max(0.0, window.end - max(window.start, until))
        until = max(until, window.end)
    return covered


def _joined(points: Matrix) -> Labels:
    """Average linkage down to ``_APART``."""
    likeness = (points @ points.T).astype(np.float64)
    np.fill_diagonal(likeness, -np.inf)
    size = np.ones(len(points))
    labels = np.arange(len(points))
    while True:
        first, second = np.unravel_index(int(likeness.argmax()), likeness.shape)
        if likeness[first, second] < _APART:
            return np.unique(labels, return_inverse=True)[1]
        total = size[first] + size[second]
        joined = (likeness[first] * size[first] + likeness[second] * size[second]) / total
        likeness[first], likeness[:, first] = joined, joined
        likeness[second], likeness[:, second] = -np.inf, -np.inf
        likeness[first, first] = -np.inf
        size[first] = total
        labels[labels == second] = first


def _merged(points: Matrix, seconds: npt.NDArray[np.float64], labels: Labels, limit: float) -> Labels:
    """Groups joined until what is left are voices; the last two are one above ``limit``."""
    while labels.max() > 0:
        length = np.bincount(labels, weights=seconds)
        voices = _unit(_means(points, labels))
        small = int(length.argmin())
        if length[small] < _LEAST_SECONDS:
            first, second = small, _nearest(voices, small)
        else:
            first, second, likeness = _closest(voices)
            share = float(length.min() / length.sum())
            if likeness <= _limit(limit if len(voices) == 2 else _MANY, share):  # noqa: PLR2004 - a call's two
                break
        labels = np.where(labels == first, second, labels)
        labels = np.unique(labels, return_inverse=True)[1]
    return labels


def _limit(usual: float, share: float) -> float:
    return min(usual, _LIKELY_ONE) if share < _SMALL_SHARE else usual


def _settled(points: Matrix, labels: Labels) -> Labels:
    """Every window with the mean that it is most like, a few times over; no group is emptied."""
    for _ in range(_ROUNDS):
        moved = np.argmax(points @ _unit(_means(points, labels)).T, axis=1)
        if len(np.unique(moved)) < labels.max() + 1:
            break
        labels = moved
    return labels


def _means(points: Matrix, labels: Labels) -> Matrix:
    return np.stack([points[labels == label].mean(axis=0) for label in range(int(labels.max()) + 1)])


def _closest(voices: Matrix) -> tuple[int, int, float]:
    likeness = voices @ voices.T
    np.fill_diagonal(likeness, -np.inf)
    first, second = np.unravel_index(int(likeness.argmax()), likeness.shape)
    return int(first), int(second), float(likeness[first, second])


def _nearest(voices: Matrix, one: int) -> int:
    likeness = voices @ voices[one]
    likeness[one] = -np.inf
    return int(likeness.argmax())


def _unit(vectors: Matrix) -> Matrix:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), _TINY)
