"""Progress within steps that tell only when they are done: a batch of windows can take half a minute."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from calltrace.kit.progress import Progress

TICK_SECONDS = 1.0
_MOST_OF_A_STEP = 0.95
"""Of a step that is under way; the rest is told when it really is done."""


class Pace:
    """Tells progress every second: what is done, and of the present step what the pace so far suggests.

    The estimate never passes the step that is under way: where that hangs, progress stops just before its
    end. ``progress`` is called from a thread, but never by two at once.

    Args:
        progress: told the done share.
        total: of all steps, in any unit.
        guess: seconds that one unit takes, until the first step has shown it.
    """

    def __init__(self, progress: Progress, total: float, guess: float) -> None:
        self._progress = progress
        self._total = max(total, 1e-9)
        self._seconds_each = guess
        self._lock = threading.Lock()
        self._done = self._step = self._told = self._spent = 0.0
        self._began = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="pace", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @contextmanager
    def step(self, amount: float) -> Generator[None]:
        """One step of so many units; it is done when the block is left in good order."""
        with self._lock:
            self._step, self._began = amount, time.monotonic()
        yield
        with self._lock:
            self._spent += time.monotonic() - self._began
            self._done += amount
            self._step = 0.0
            self._seconds_each = self._spent / max(self._done, 1e-9)
            self._tell(self._done / self._total)

    def _tick(self) -> None:
        while not self._over.wait(TICK_SECONDS):
            with self._lock:
                likely = (time.monotonic() - self._began) / max(self._seconds_each, 1e-9)
                self._tell((self._done + min(likely, _MOST_OF_A_STEP * self._step)) / self._total)

    def _tell(self, share: float) -> None:
        """Under the lock: shares only ever rise."""
        if share > self._told:
            self._told = min(share, 1.0)
            self._progress(self._told)
