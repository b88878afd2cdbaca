"""Child processes that do heavy work for an event loop that must stay free.

One JSON document a line: the parent writes a request, the child answers with any number of
``{"progress": …}`` lines and then one ``{"result": …}`` or ``{"error": …}``. A child that dies hurts
nobody: the request fails, and the next one starts a new child.
"""

import asyncio
import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

import structlog

from calltrace.kit.errors import CallTraceError, ProcessingError

Message = dict[str, Any]
Handler = Callable[[Message, Callable[[Message], None]], Message]

_LONGEST_LINE = 1 << 28
_PARENT_CHECK_SECONDS = 1.0
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class ChildDiedError(ProcessingError):
    """The child process ended in the middle of the work."""

    code = "engine_crashed"
    title = "The process that did the work ended unexpectedly"
    retryable = True


class ChildStalledError(ProcessingError):
    """The child process gave no sign of life for too long and was stopped."""

    code = "engine_stalled"
    title = "The process that did the work stopped answering"
    retryable = True


class RemoteError(ProcessingError):
    """An error that was raised in the child, with the code it had there."""

    def __init__(self, code: str, detail: str, *, retryable: bool) -> None:
        super().__init__(detail)
        self.code = code
        self.retryable = retryable


class Child:
    """A child process that is started when it is first needed and kept warm."""

    def __init__(self, module: str, *, stall_seconds: float, environment: Mapping[str, str]) -> None:
        self._command = (sys.executable, "-m", module)
        self._stall = stall_seconds
        self._environment = {**os.environ, **environment}
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Process id of the running child, if there is one."""
        return self._process.pid if self._process else None

    async def call(self, request: Message, on_progress: Callable[[Message], None]) -> Message:
        """Send one request and wait for its result; one at a time.

        Raises:
            RemoteError: the work failed in the child. ChildDiedError, ChildStalledError: the child failed.
        """
        async with self._lock:
            process = await self._running()
            try:
                return await self._exchange(process, request, on_progress)
            except (asyncio.CancelledError, ChildDiedError, ChildStalledError):
                await self._discard()
                raise

    async def close(self) -> None:
        """Stop the child; a request that is running fails with ChildDiedError."""
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=self._environment,
                limit=_LONGEST_LINE,
            )
        return self._process

    async def _discard(self) -> None:
        await self.close()
        self._process = None

    async def _exchange(
        self, process: asyncio.subprocess.Process, request: Message, on_progress: Callable[[Message], None]
    ) -> Message:
        assert process.stdin
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the read below tells what happened
            process.stdin.write(json.dumps(request).encode() + b"\n")
            await process.stdin.drain()
        while True:
            message = await self._next(process)
            if "result" in message:
                return message["result"]
            if error := message.get("error"):
                raise RemoteError(error["code"], error["detail"], retryable=error["retryable"])
            on_progress(message["progress"])

    async def _next(self, process: asyncio.subprocess.Process) -> Message:
        assert process.stdout
        try:
            line = await asyncio.wait_for(process.stdout.readline(), self._stall)
        except TimeoutError:
            raise ChildStalledError(f"No sign of life for {self._stall:.0f} seconds.") from None
        if not line.endswith(b"\n"):
            code = await process.wait()
            raise ChildDiedError(f"The worker's child process ended with status {code}.")
        return json.loads(line)


def serve(handlers: Mapping[str, Handler]) -> None:
    """The child's side: answer requests until the parent closes the pipe or dies."""
    die_with_parent()
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library that prints must not break the protocol
    for line in sys.stdin:
        request = json.loads(line)
        _say(out, _answer(handlers, request, lambda progress: _say(out, {"progress": progress})))


def _answer(
    handlers: Mapping[str, Handler], request: Message, progress: Callable[[Message], None]
) -> Message:
    try:
        return {"result": handlers[request["task"]](request, progress)}
    except CallTraceError as error:
        return {"error": {"code": error.code, "detail": error.detail, "retryable": error.retryable}}
    except Exception as error:
        log.exception("child_failed", task=request.get("task"))
        detail = f"{type(error).__name__} while working on {request.get('task')}."
        return {"error": {"code": "internal_error", "detail": detail, "retryable": True}}


def _say(out: TextIO, message: Message) -> None:
    out.write(json.dumps(message) + "\n")
    out.flush()


def die_with_parent() -> None:
    """End this process when the parent is gone, however busy it is: killed parents leave no work behind."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_CHECK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()
