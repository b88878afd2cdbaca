"""Progress within steps that tell only when they are done: a batch of windows can take half a minute."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from calltrace.kit.progress import Progress

TICK_SECONDS = 1.0
SECONDS_EACH = 0.15
"""A first guess of how long hearing a second of speech takes: two cores that do nothing else need half."""
_MOST_OF_A_STEP = 0.95
"""Of what is under way; the rest is told when it really is done."""
_TINY = 1e-9


class Pace:
    """Tells progress every second: what is done, and of the steps under way what the pace so far suggests.

    The estimate never passes the steps that are under way: where those hang, progress stops just before
    their end. ``progress`` is called from a thread too, but never by two at once. Steps may overlap.

    Args:
        progress: told the done share.
        total: of all steps, in any unit.
        guess: seconds that one unit takes, until the first step has shown it.
    """

    def __init__(self, progress: Progress, total: float, guess: float) -> None:
        self._progress = progress
        self._total = max(total, _TINY)
        self._seconds_each = guess
        self._lock = threading.Lock()
        self._done = self._under_way = self._told = 0.0
        self._began = self._since = time.monotonic()
        self._over = threading.Event()
        self._stopped: BaseException | None = None
        self._thread = threading.Thread(target=self._tick, name="pace", daemon=True)

    def __enter__(self) -> Self:
        self._began = self._since = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if error is None:
            self._check()

    @contextmanager
    def step(self, amount: float) -> Generator[None]:
        """One step of so many units; it is done when the block is left in good order."""
        with self._lock:
            self._under_way += amount
        try:
            yield
        except BaseException:
            with self._lock:
                self._under_way -= amount
            raise
        self._check()
        with self._lock:
            self._under_way -= amount
            self._done += amount
            self._since = time.monotonic()
            self._seconds_each = (self._since - self._began) / max(self._done, _TINY)
            self._tell(self._done / self._total)

    def _check(self) -> None:
        """Whoever is told may stop the work by an error: it is raised here, where the work is done."""
        if self._stopped is not None:
            raise self._stopped

    def again(self) -> None:
        """Tell what was told last: nothing moved, and somebody is still there."""
        with self._lock:
            self._progress(self._told)

    def _tick(self) -> None:
        try:
            while not self._over.wait(TICK_SECONDS):
                with self._lock:
                    likely = (time.monotonic() - self._since) / max(self._seconds_each, _TINY)
                    self._tell((self._done + min(likely, _MOST_OF_A_STEP * self._under_way)) / self._total)
        except BaseException as error:  # noqa: BLE001 - raised again where the work is done: here nobody sees it
            self._stopped = error

    def _tell(self, share: float) -> None:
        """Under the lock: shares only ever rise."""
        if share > self._told:
            self._told = min(share, 1.0)
            self._progress(self._told)
