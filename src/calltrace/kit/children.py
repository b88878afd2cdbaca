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

INHERITED = (
    "PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "HOME", "LANG", "LC_ALL", "TMPDIR",
    "OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "HF_HOME", "HF_ENDPOINT", "HF_HUB_OFFLINE",
    "HF_TOKEN", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "CUDA_VISIBLE_DEVICES",
)  # fmt: skip
"""What a child inherits of our environment: it handles what strangers sent, so it gets no secrets of ours."""

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
    """An error that was raised in the child, with the code, status and title it had there."""

    def __init__(self, code: str, detail: str, *, status: int, title: str, retryable: bool) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status
        self.title = title
        self.retryable = retryable


class Child:
    """A child process that is started when it is first needed and kept warm.

    It lives in a session of its own: Ctrl-C on a terminal is for the parent, which decides what happens.
    """

    def __init__(self, module: str, *, stall_seconds: float, environment: Mapping[str, str]) -> None:
        self._command = (sys.executable, "-m", module)
        self._stall = stall_seconds
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        self._environment = {**inherited, **environment}
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Process id of the running child, if there is one."""
        return self._process.pid if self._process else None

    async def call(self, request: Message, on_progress: Callable[[Message], None]) -> Message:
        """Send one request and wait for its result; one at a time. Cancelling it stops the child.

        Raises:
            RemoteError: the work failed in the child. ChildDiedError, ChildStalledError: the child failed.
        """
        async with self._lock:
            process = await self._running()
            try:
                return await self._exchange(process, request, on_progress)
            except RemoteError:
                raise
            except BaseException:  # whatever it was: a child out of step would give the next one this answer
                await asyncio.shield(self.close())
                raise

    async def close(self) -> None:
        """Stop the child; a running request fails with ChildDiedError, the next one starts another."""
        process, self._process = self._process, None
        if process and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=self._environment,
                limit=_LONGEST_LINE,
                start_new_session=True,
            )
        return self._process

    async def _exchange(
        self, process: asyncio.subprocess.Process, request: Message, on_progress: Callable[[Message], None]
    ) -> Message:
        assert process.stdin
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):  # the read below tells
            process.stdin.write(json.dumps(request).encode() + b"\n")
            async with asyncio.timeout(self._stall):
                await process.stdin.drain()
        while True:
            message = await self._next(process)
            if "result" in message:
                return message["result"]
            if error := message.get("error"):
                raise RemoteError(**error)
            on_progress(message["progress"])

    async def _next(self, process: asyncio.subprocess.Process) -> Message:
        assert process.stdout
        try:
            # wait_for of Python 3.11 forgets a cancellation that comes together with the line (cpython 86296)
            async with asyncio.timeout(self._stall):
                line = await process.stdout.readline()
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
        return _error(error, error.detail, retryable=error.retryable)
    except Exception as error:
        log.exception("child_failed", task=request.get("task"))
        return _error(CallTraceError, f"{type(error).__name__} in the child.", retryable=True)


def _error(error: CallTraceError | type[CallTraceError], detail: str, *, retryable: bool) -> Message:
    kind = {"code": error.code, "status": int(error.status), "title": error.title}
    return {"error": {**kind, "detail": detail, "retryable": retryable}}


def _say(out: TextIO, message: Message) -> None:
    try:
        out.write(json.dumps(message) + "\n")
        out.flush()
    except BrokenPipeError:
        os._exit(1)  # the parent is gone, and nobody wants the answer: as in die_with_parent


def die_with_parent() -> None:
    """End this process when the parent is gone, however busy it is: killed parents leave no work behind."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_CHECK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()
