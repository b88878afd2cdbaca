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

MOST_LOOK_UPS = 1024
"""Names that are looked up at the same time. A name whose servers never answer keeps its thread for half a
minute; the bound is above what the attempts of one worker can leave behind in that time."""
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
    hold up everything else that uses it, the exit of the process included. Such a look-up goes on long after
    nobody waits for it any more, so whoever asks for the same name meanwhile waits for the same look-up.
    """

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(MOST_LOOK_UPS)
        self._under_way: dict[str, asyncio.Future[_Found | OSError]] = {}

    async def resolve(self, host: str) -> Sequence[IPAddress]:
        """See ``Resolver``."""
        outcome = self._under_way.get(host) or await self._begun(host)
        return _addresses(await asyncio.shield(outcome))

    async def _begun(self, host: str) -> "asyncio.Future[_Found | OSError]":
        await self._slots.acquire()
        if outcome := self._under_way.get(host):  # somebody else was first
            self._slots.release()
            return outcome
        loop = asyncio.get_running_loop()
        outcome = self._under_way[host] = loop.create_future()
        try:
            threading.Thread(target=self._look_up, args=(host, loop), daemon=True).start()
        except RuntimeError:
            self._deliver(host, OSError(socket.EAI_AGAIN, "the system has no thread left"))
        return outcome

    def _look_up(self, host: str, loop: asyncio.AbstractEventLoop) -> None:
        found: _Found | OSError
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as error:
            found = error
        except UnicodeError:
            found = OSError(socket.EAI_NONAME, "no name")
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(self._deliver, host, found)

    def _deliver(self, host: str, found: _Found | OSError) -> None:
        self._slots.release()
        outcome = self._under_way.pop(host)
        if not outcome.done():
            outcome.set_result(found)


def _addresses(found: _Found | OSError) -> Sequence[IPAddress]:
    if isinstance(found, OSError):
        if found.errno in _NO_SUCH_NAME:
            raise UnknownHostError("The host name does not exist") from found
        raise UrlUnreachableError("The host name could not be looked up for the moment") from found
    return [ip_address(entry[4][0]) for entry in found]
