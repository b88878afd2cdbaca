"""A small HTTP/1.1 client that costs next to nothing, so that the server is what is measured."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from calltrace.bench.report import BenchFailedError
from calltrace.bench.rounds import Lap

ANSWER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Target:
    """One request, ready to be sent again and again to a port of loopback."""

    port: int
    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def request(self) -> bytes:
        """The request as it goes over the wire; the connection stays open."""
        fields = {"Host": "127.0.0.1", "Content-Type": "application/json", **self.headers}
        lines = [f"POST {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""]).encode() + self.body


async def post_many(target: Target, count: int, concurrency: int) -> Lap:
    """Send the request ``count`` times over ``concurrency`` connections that stay open.

    Raises:
        BenchFailedError: an answer was not 202, or none came in time.
    """
    request, numbers = target.request(), iter(range(count))
    latencies: list[float] = []

    async def lane() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        try:
            latencies.extend([await _timed(reader, writer, request) for _ in numbers])
        finally:
            writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(min(concurrency, count))))
    return Lap(count, time.perf_counter() - started, latencies)


async def _timed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> float:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            writer.write(request)
            status, body = await _answer(reader)
    except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
        raise BenchFailedError(f"A request was not answered: {type(error).__name__}") from error
    if status != b"202":
        raise BenchFailedError(f"A request was answered {status.decode()}: {body[:300].decode()}")
    return time.perf_counter() - started


async def _answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    return head.split(b" ", 2)[1], await reader.readexactly(content_length(head))


def content_length(head: bytes) -> int:
    """How long the body after a message's head is."""
    _before, found, after = head.lower().partition(b"\r\ncontent-length:")
    return int(after.split(b"\r\n", 1)[0]) if found else 0
