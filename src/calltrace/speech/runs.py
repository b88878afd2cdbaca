"""Runs of frames for which something holds."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
"""Whether something holds, one value per frame, shape ``(frames,)``."""
Run = tuple[int, int]
"""From the first frame up to, not including, the last."""


def runs(mask: Mask) -> list[Run]:
    """Where a mask holds without a break, in order."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def bridged(parts: Iterable[Run], most: float) -> list[Run]:
    """Runs in order, joined where at most so many frames lie between them."""
    joined: list[Run] = []
    for start, end in parts:
        if joined and start - joined[-1][1] <= most:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def mask_of(parts: Iterable[Run], frames: int) -> Mask:
    """The mask of so many frames that holds in these runs."""
    mask = np.zeros(frames, bool)
    for start, end in parts:
        mask[start:end] = True
    return mask
