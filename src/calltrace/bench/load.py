"""A small HTTP/1.1 client that costs next to nothing, so that the server is what is measured."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from calltrace.bench.report import BenchFailedError
from calltrace.bench.rounds import Lap

ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Target:
    """Requests to a port of loopback: POSTs of one body, or GETs of one path after the other."""

    port: int
    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def request(self) -> bytes:
        """The POST as it goes over the wire; the connection stays open."""
        length = {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        return self._head("POST", self.path, length) + self.body

    def reading(self, path: str) -> bytes:
        """A GET as it goes over the wire."""
        return self._head("GET", path, {})

    def _head(self, method: str, path: str, more: Mapping[str, str]) -> bytes:
        fields = {"Host": "127.0.0.1", **more, **self.headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join([*lines, "", ""]).encode()


async def post_many(target: Target, count: int, concurrency: int) -> Lap:
    """Send the request ``count`` times over ``concurrency`` connections that stay open.

    Raises:
        BenchFailedError: an answer was not 202, or none came in time.
    """
    return await _many(target.port, [target.request()] * count, concurrency, b"202")


async def get_many(target: Target, paths: Sequence[str], concurrency: int) -> Lap:
    """Read each path once over ``concurrency`` connections that stay open.

    Raises:
        BenchFailedError: an answer was not 200, or none came in time.
    """
    return await _many(target.port, [target.reading(path) for path in paths], concurrency, b"200")


async def _many(port: int, requests: Sequence[bytes], concurrency: int, expected: bytes) -> Lap:
    waiting = iter(requests)
    latencies: list[float] = []

    async def lane() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            latencies.extend([await _timed(reader, writer, one, expected) for one in waiting])
        finally:
            writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(min(concurrency, len(requests)))))
    return Lap(len(requests), time.perf_counter() - started, latencies)


async def _timed(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, expected: bytes
) -> float:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            writer.write(request)
            status, body = await _answer(reader)
    except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
        raise BenchFailedError(f"A request was not answered: {type(error).__name__}") from error
    if status != expected:
        raise BenchFailedError(f"A request was answered {status.decode()}: {body[:300].decode()}")
    return time.perf_counter() - started


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    return head.split(b" ", 2)[1], await reader.readexactly(content_length(head))


def content_length(head: bytes) -> int:
    """How long the body after a message's head is."""
    _before, found, after = head.lower().partition(b"\r\ncontent-length:")
    return int(after.split(b"\r\n", 1)[0]) if found else 0
