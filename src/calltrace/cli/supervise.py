"""Keeping services alive: each is a child process that is started again when it ends."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

SUPERVISED = "CALLTRACE_SUPERVISED"
"""Set for services that must end with their supervisor."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0
HEALTHY_AFTER = 30.0
"""A service that ran this long is given a fresh start without a growing pause."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(slots=True)
class Service:
    """One process of the platform."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    stop_seconds: float
    process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def run(self, stopping: asyncio.Event) -> None:
        """Run until ``stopping`` is set; start again whenever the process ends."""
        pause = FIRST_PAUSE
        while not stopping.is_set():
            started = time.monotonic()
            try:
                code = await self._run_once(stopping)
            except OSError as error:  # no memory or no process left for it now
                log.warning("service_not_started", service=self.name, error=str(error))
                code = None
            if stopping.is_set():
                return
            pause = (
                FIRST_PAUSE if time.monotonic() - started > HEALTHY_AFTER else min(2 * pause, LONGEST_PAUSE)
            )
            log.warning("service_ended", service=self.name, status=code, again_in=pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause)

    async def _run_once(self, stopping: asyncio.Event) -> int:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "calltrace", *self.arguments, env={**os.environ, **self.environment}
        )
        log.info("service_started", service=self.name, pid=self.process.pid)
        ended = asyncio.create_task(self.process.wait())
        asked = asyncio.create_task(stopping.wait())
        await asyncio.wait([ended, asked], return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            await self._stop(ended)
        asked.cancel()
        return await ended

    async def _stop(self, ended: "asyncio.Task[int]") -> None:
        assert self.process
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        _done, pending = await asyncio.wait([ended], timeout=self.stop_seconds)
        if pending:
            log.warning("service_killed", service=self.name)
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
