"""Names to addresses, without blocking anyone else."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any, Protocol

from calltrace.kit.outbound.addresses import IPAddress
from calltrace.kit.outbound.errors import UnknownHostError, UrlUnreachableError

_MOST_LOOK_UPS = 128
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}

_Found = Sequence[tuple[int, int, int, str, tuple[Any, ...]]]


class Resolver(Protocol):
    """Whatever turns names into addresses."""

    async def resolve(self, host: str) -> Sequence[IPAddress]:
        """Every address of ``host`` (ASCII), best first; the caller sets the time limit.

        Raises:
            UnknownHostError: there is no such name.
            UrlUnreachableError: no answer for the moment.
        """
        ...


class SystemResolver:
    """``getaddrinfo`` in daemon threads.

    Not in the event loop's executor: that has few threads, and names whose servers never answer would
    hold up everything else that uses it, the exit of the process included.
    """

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_MOST_LOOK_UPS)

    async def resolve(self, host: str) -> Sequence[IPAddress]:
        """See ``Resolver``."""
        await self._slots.acquire()
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[_Found | OSError] = loop.create_future()
        threading.Thread(target=self._look_up, args=(host, loop, outcome), daemon=True).start()
        return _addresses(await outcome)

    def _look_up(
        self, host: str, loop: asyncio.AbstractEventLoop, outcome: asyncio.Future[_Found | OSError]
    ) -> None:
        found: _Found | OSError
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as error:
            found = error
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(self._deliver, outcome, found)

    def _deliver(self, outcome: asyncio.Future[_Found | OSError], found: _Found | OSError) -> None:
        self._slots.release()
        if not outcome.done():
            outcome.set_result(found)


def _addresses(found: _Found | OSError) -> Sequence[IPAddress]:
    if isinstance(found, OSError):
        if found.errno in _NO_SUCH_NAME:
            raise UnknownHostError("The host name does not exist") from found
        raise UrlUnreachableError("The host name could not be looked up for the moment") from found
    return [ip_address(entry[4][0]) for entry in found]
