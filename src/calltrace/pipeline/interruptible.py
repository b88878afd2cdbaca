"""Work that a worker gives back when it stops."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from calltrace.pipeline.errors import TryAgainLater


class Interruptible:
    """Knows the tasks in hand, and cancels them when the worker cannot wait any longer."""

    def __init__(self) -> None:
        self._stopping = False
        self._tasks = set[asyncio.Task[None]]()

    @contextmanager
    def in_hand(self) -> Generator["asyncio.Task[None]"]:
        """The current task is one of them; once the worker is stopping none is begun.

        Raises:
            TryAgainLater: the worker is stopping.
        """
        if self._stopping:
            raise TryAgainLater(0)
        task: asyncio.Task[None] | None = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            yield task
        finally:
            self._tasks.discard(task)

    async def stop(self) -> None:
        """Stop the work in hand; each piece is given back and goes on in another worker."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
