"""Names whose servers never answer hold up no other name."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import pytest

from calltrace.kit.outbound import UnknownHostError, UrlUnreachableError
from calltrace.kit.outbound.resolver import SystemResolver


@dataclass
class Names:
    """The system's look-up, as its name servers make it: those of ``hang…`` answer once the gate opens."""

    asked: Counter[str] = field(default_factory=Counter[str])
    gate: threading.Event = field(default_factory=threading.Event)

    def look_up(self, host: str, *_rest: Any, **_more: Any) -> list[Any]:
        self.asked[host] += 1
        if host.startswith("hang"):
            self.gate.wait(60)
        if host.startswith("unknown"):
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        if host.startswith("odd"):
            raise UnicodeError("label too long")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0))]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Generator[Names]:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.look_up)
    yield names
    names.gate.set()


async def test_hundreds_that_hang_hold_up_no_other(names: Names) -> None:
    resolver = SystemResolver()
    hanging = [asyncio.create_task(resolver.resolve(f"hang{number}.test")) for number in range(300)]
    assert await resolver.resolve("well.test") == [ip_address("192.0.2.7")]
    assert not any(one.done() for one in hanging)
    names.gate.set()
    assert await asyncio.gather(*hanging) == [[ip_address("192.0.2.7")]] * 300


async def test_who_asks_for_a_name_that_is_looked_up_waits_for_the_same_answer(names: Names) -> None:
    resolver = SystemResolver()
    first = asyncio.create_task(resolver.resolve("hang.test"))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await resolver.resolve("hang.test")
    second = asyncio.create_task(resolver.resolve("hang.test"))
    names.gate.set()
    assert await first == await second == [ip_address("192.0.2.7")], (
        "one that gave up takes nothing from others"
    )
    assert names.asked["hang.test"] == 1
    await resolver.resolve("hang.test")
    assert names.asked["hang.test"] == 2, "an answer is used by those that waited for it, and then forgotten"


@pytest.mark.parametrize("host", ["unknown.test", "odd.test"])
async def test_a_name_that_does_not_exist_is_told_each_time(names: Names, host: str) -> None:
    resolver = SystemResolver()
    for _ in range(2):
        with pytest.raises(UnknownHostError):
            await resolver.resolve(host)
    assert names.asked[host] == 2


@pytest.mark.usefixtures("names")
async def test_a_system_without_threads_is_told_and_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    resolver = SystemResolver()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(UrlUnreachableError):
            await resolver.resolve("well.test")
    assert await resolver.resolve("well.test")
