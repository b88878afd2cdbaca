"""A webhook receiver in the measuring process itself, which knows to the moment what arrived when."""

import asyncio
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Self

from calltrace.bench.load import content_length

_HEADER = b"x-calltrace-delivery: "
_ANSWER = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"


class Arrivals:
    """Arrivals by delivery, in seconds of ``time.perf_counter``."""

    def __init__(self) -> None:
        self.url = ""
        self._moments = defaultdict[str, "asyncio.Future[float]"](asyncio.get_running_loop().create_future)

    @classmethod
    @asynccontextmanager
    async def listening(cls, certificate: Path) -> AsyncGenerator[Self]:
        """A receiver on a free port of loopback, with this certificate."""
        arrivals, tls = cls(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        server = await asyncio.start_server(arrivals._connection, "127.0.0.1", 0, ssl=tls, backlog=512)
        arrivals.url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
        try:
            yield arrivals
        finally:
            server.close()

    async def moment(self, delivery_id: str) -> float:
        """When a delivery arrived; waits for it."""
        return await self._moments[delivery_id]

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self._note(head, time.perf_counter())
            await reader.readexactly(content_length(head))
            writer.write(_ANSWER)
        writer.close()

    def _note(self, head: bytes, moment: float) -> None:
        start = head.lower().index(_HEADER) + len(_HEADER)
        arrival = self._moments[head[start : head.index(b"\r", start)].decode()]
        if not arrival.done():
            arrival.set_result(moment)
