"""How many threads the models of this process may compute with: said once, obeyed by all of them."""

import os
import sys

_MOST = 8
"""More threads than this gain nothing on models of this size and take cores from other work."""
_allowed = 0


def allow(threads: int) -> None:
    """Let every model that is loaded from now on use this many threads; 0: one per core that may be used."""
    global _allowed  # noqa: PLW0603 - an allowance of the process, like its resource limits
    _allowed = threads


def allowed() -> int:
    """As was said, else one per core that this process may use, 8 at most."""
    return _allowed or default()


def default() -> int:
    """One per core that this process may use, 8 at most."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(cores, _MOST)
