"""How many threads an engine uses when nobody says."""

import os
import sys

_MOST = 8
"""More threads than this gain nothing on a model of this size and take cores from other work."""


def default_threads() -> int:
    """One per core that this process may use."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(cores, _MOST)
