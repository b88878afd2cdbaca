"""The network side of one exchange: pinned addresses, one deadline, counted bytes."""

import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any, cast

import httpcore2

from calltrace.kit.errors import CallTraceError
from calltrace.kit.outbound.addresses import IPAddress

_MOST_ADDRESSES = 4


class Deadline:
    """One moment by which everything must be over, however many steps it takes."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._end - time.monotonic())


class Budget:
    """Bytes that the other side may still send, framing included."""

    def __init__(self, limit: int, error: CallTraceError) -> None:
        self.allow(limit, error)

    def allow(self, limit: int, error: CallTraceError) -> None:
        """From now on ``limit`` more bytes; ``error`` is raised when they are used up."""
        self._left = limit
        self._error = error

    def spend(self, count: int) -> None:
        """Count bytes that arrived."""
        self._left -= count
        if self._left < 0:
            raise self._error


class GuardedStream(httpcore2.AsyncNetworkStream):
    """A connection whose every step is bounded by the deadline and the budget.

    The per-step timeouts of the HTTP library are ignored: a source that sends one byte a second keeps
    each of them happy for ever.
    """

    def __init__(self, inner: httpcore2.AsyncNetworkStream, deadline: Deadline, budget: Budget) -> None:
        self._inner = inner
        self._deadline = deadline
        self._budget = budget

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109 - the base class' signature
        """Up to ``max_bytes``, or ``b""`` at the end."""
        data = await self._inner.read(max_bytes, timeout=self._deadline.remaining())
        self._budget.spend(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109 - the base class' signature
        """Send all of ``buffer``."""
        await self._inner.write(buffer, timeout=self._deadline.remaining())

    async def aclose(self) -> None:
        """Close at once."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the base class' signature
    ) -> httpcore2.AsyncNetworkStream:
        """The same connection under TLS, guarded in the same way."""
        try:
            inner = await self._inner.start_tls(ssl_context, server_hostname, self._deadline.remaining())
        except BaseException:  # the library forgets the socket when the task is cancelled in here
            await self._inner.aclose()
            raise
        return GuardedStream(inner, self._deadline, self._budget)

    def get_extra_info(self, info: str) -> Any:
        """Facts about the connection, by name."""
        return self._inner.get_extra_info(info)


class PinnedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to the addresses that were judged, whatever host name it is asked for."""

    def __init__(self, addresses: Sequence[IPAddress], deadline: Deadline, budget: Budget) -> None:
        self._addresses = tuple(addresses[:_MOST_ADDRESSES])
        self._deadline = deadline
        self._budget = budget
        # The library defines the class in one of two ways, and type checkers see the empty one.
        self._network = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - the point of pinning: the name is not looked up again
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the base class' signature
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore2.AsyncNetworkStream:
        """The first judged address that answers; each gets an equal share of the time that is left."""
        for left in range(len(self._addresses), 1, -1):
            try:
                return await self._connect(self._addresses[-left], port, self._deadline.remaining() / left)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue  # the next address may do; the last one's error is the one to tell
        return await self._connect(self._addresses[-1], port, self._deadline.remaining())

    async def _connect(self, address: IPAddress, port: int, seconds: float) -> GuardedStream:
        stream = await self._network.connect_tcp(str(address), port, timeout=seconds)
        return GuardedStream(stream, self._deadline, self._budget)
