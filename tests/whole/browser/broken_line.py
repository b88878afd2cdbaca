"""A line between a browser and the platform that a test can cut, or hold up, while bytes travel."""

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress


class BrokenLine:
    """Passes connections on to a port of this machine.

    ``allow`` says how many bytes may still go to the server. What follows is cut off, with every connection,
    and no new one is let in until ``mend``; or, with ``held``, it is only not passed on.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._left: int | None = None
        self._held = False
        self.cut = threading.Event()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def allow(self, count: int, *, held: bool = False) -> None:
        self.cut.clear()
        self._call(self._allow, count, held=held)

    def mend(self) -> None:
        """New connections pass again; of held ones nothing more arrives."""
        self._call(self._allow, None, held=False)

    def _allow(self, count: int | None, *, held: bool) -> None:
        self._left, self._held = count, held
        if count is None:
            self._drop()
            self.cut.clear()

    def _call(self, what: Callable[..., None], *values: object, **named: object) -> None:
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (what(*values, **named), done.set()))
        assert done.wait(10)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self.cut.is_set() and not self._held:
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self._server_port)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, forth, counted=True))
                both.create_task(self._pass(back, writer, counted=False))
        except* (OSError, asyncio.CancelledError):
            pass  # one side hung up, or it was cut
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, counted: bool
    ) -> None:
        try:
            while data := await source.read(65536):
                if counted and self._left is not None:
                    self._left -= len(data)
                    if self._left < 0:
                        await self._stop()
                target.write(data)
                await target.drain()
        finally:
            with suppress(OSError):
                target.close()

    async def _stop(self) -> None:
        self.cut.set()
        if not self._held:
            self._drop()
        await asyncio.Event().wait()  # until it is cancelled

    def _drop(self) -> None:
        for one in self._tasks:
            one.cancel()

    async def _serve(self, started: threading.Event, over: asyncio.Event) -> None:
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await over.wait()
        server.close()
        self._drop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def run(self, started: threading.Event, over: asyncio.Event) -> None:
        self._loop.run_until_complete(self._serve(started, over))
        self._loop.close()

    def end(self, over: asyncio.Event) -> None:
        self._loop.call_soon_threadsafe(over.set)


@contextmanager
def line_to(server_port: int) -> Generator[BrokenLine]:
    line, started, over = BrokenLine(server_port), threading.Event(), asyncio.Event()
    thread = threading.Thread(target=line.run, args=(started, over), daemon=True)
    thread.start()
    assert started.wait(10)
    yield line
    line.end(over)
    thread.join(10)
