"""A line to the database that can be made to swallow everything: nobody is told, and nothing is refused."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit


class Line:
    """Passes connections on to a server's socket.

    ``silent`` connections stay open and pass nothing any more. ``dead`` makes new ones like that as well.
    """

    def __init__(self, server: Path) -> None:
        self._server = server
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self.dead = False
        self.made = 0
        self._open.set()

    def silence(self) -> None:
        """Those that are open pass nothing any more."""
        self._open.clear()
        self._open = asyncio.Event()
        if not self.dead:
            self._open.set()

    def die(self) -> None:
        """Nothing passes, whoever connects."""
        self.dead = True
        self.silence()

    def revive(self) -> None:
        """New connections pass again. Both ends of the old ones are told that those are over.

        Until the server is told, it keeps what an open transaction has locked.
        """
        self.dead = False
        self.silence()
        for task in self._tasks:
            task.cancel()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task, passing = asyncio.current_task(), self._open
        assert task is not None
        self._tasks.add(task)
        self.made += 1
        try:
            back, forth = await asyncio.open_unix_connection(str(self._server))
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(reader, forth, passing))
                both.create_task(_copy(back, writer, passing))
        except* (OSError, asyncio.CancelledError):
            pass  # one side hung up, or the test is over
        finally:
            writer.close()
            self._tasks.discard(task)

    async def end(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter, passing: asyncio.Event) -> None:
    try:
        while data := await source.read(65536):
            await passing.wait()
            target.write(data)
            await target.drain()
    finally:
        with contextlib.suppress(OSError):
            target.close()


@asynccontextmanager
async def line_to(dsn: str, folder: Path) -> AsyncGenerator[tuple[Line, str]]:
    """A line to an embedded server, and the URL that leads over it."""
    parts = urlsplit(dsn)
    where = parse_qs(parts.query)
    name = f".s.PGSQL.{where['port'][0]}"
    line = Line(Path(where["host"][0]) / name)
    server = await asyncio.start_unix_server(line.take, str(folder / name))
    yield line, dsn.replace(quote(where["host"][0], safe=""), quote(str(folder), safe=""))
    server.close()
    await line.end()
