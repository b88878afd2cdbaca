"""How long work reports how far it is."""

from collections.abc import Callable

Progress = Callable[[float], None]
"""Called with the done share of the current step, 0.0 to 1.0, never going back."""


def silent(_share: float) -> None:
    """A progress listener for callers that do not care."""
