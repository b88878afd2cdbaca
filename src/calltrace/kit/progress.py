"""How long work reports how far it is."""

from collections.abc import Callable

Progress = Callable[[float], None]
"""Called with the done share of the current step, 0.0 to 1.0, never going back."""


def silent(_share: float) -> None:
    """A progress listener for callers that do not care."""


def within(progress: Progress, start: float, end: float) -> Progress:
    """A listener for a part of the work: all of the part is the whole's share from ``start`` to ``end``."""
    return lambda share: progress(start + share * (end - start))
