"""A gate in front of a server: closed, the server is away; open, it is there again, with all it had."""

import asyncio
import contextlib
from urllib.parse import urlsplit


class Gate:
    """Passes TCP connections on to ``endpoint``; shut, they are refused and the open ones cut."""

    def __init__(self, endpoint: str) -> None:
        self._to = urlsplit(endpoint)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            back, forth = await asyncio.open_connection(self._to.hostname, self._to.port)
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(reader, forth))
                both.create_task(_copy(back, writer))
        except* (OSError, asyncio.CancelledError):
            pass  # one side hung up, or the gate was shut
        finally:
            writer.close()
            self._tasks.discard(task)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    finally:
        with contextlib.suppress(OSError):
            target.close()
