"""The guarded client against real servers: where it goes, and where it does not."""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
import trustme

from calltrace.kit.errors import ConfigurationError
from calltrace.kit.outbound import (
    BadCertificateError,
    HostRefusedError,
    OutboundClient,
    OutboundPolicy,
    SourceRejectedError,
    UnknownHostError,
    UnreadableAnswerError,
    UrlBlockedError,
    UrlNotHttpsError,
    UrlUnreachableError,
)
from calltrace.kit.outbound.addresses import IPAddress

Serve = Callable[[Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]], Awaitable[int]]
Reach = Callable[[Mapping[str, Sequence[str]]], OutboundClient]

HOME = {"files.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]}


@pytest.fixture
async def tripwire() -> AsyncGenerator[tuple[int, list[object]]]:
    """A plain listener on 127.0.0.2, which the policy does not open, and who called it."""
    calls: list[object] = []

    async def note(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(writer.get_extra_info("peername"))
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.2", 0)
    yield server.sockets[0].getsockname()[1], calls
    server.close()


async def fetch(client: OutboundClient, url: str, **options: float) -> tuple[int, str, bytes]:
    async with client.stream_get(url, deadline=options.get("deadline", 5)) as response:
        body = b"".join([chunk async for chunk in response.body(1_000_000)])
        return response.status, response.final_url, body


def answering(head: str, body: bytes = b"") -> Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]:
    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return script


async def test_a_file_arrives_and_the_request_is_ours_alone(serve: Serve, reach: Reach) -> None:
    heads: list[bytes] = []

    async def script(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        await answering("HTTP/1.1 200 OK\nContent-Length: 5\nSet-Cookie: a=b", b"hello")(head, writer)

    port = await serve(script)
    client = reach(HOME)
    for _ in range(2):
        answer = await fetch(client, f"https://files.test:{port}/a%20b?c=d#e")
        assert answer == (200, f"https://files.test:{port}/a%20b?c=d", b"hello")
    lines = heads[1].decode().lower().splitlines()
    assert lines[0] == "get /a%20b?c=d http/1.1"
    assert f"host: files.test:{port}" in lines
    assert "accept-encoding: identity" in lines
    assert not [line for line in lines if line.startswith("cookie")]


async def test_proxies_of_the_environment_are_not_used(
    serve: Serve, reach: Reach, tripwire: tuple[int, list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy_port, calls = tripwire
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.2:{proxy_port}")
    port = await serve(answering("HTTP/1.1 200 OK\nContent-Length: 2", b"ok"))
    assert (await fetch(reach(HOME), f"https://files.test:{port}/"))[2] == b"ok"
    assert not calls


async def test_an_address_in_the_url_is_verified_as_an_address(serve: Serve, reach: Reach) -> None:
    port = await serve(answering("HTTP/1.1 200 OK\nContent-Length: 2", b"ok"))
    assert (await fetch(reach({}), f"https://127.0.0.1:{port}/"))[2] == b"ok"


async def test_redirects_are_followed_and_their_headers_stay_behind(serve: Serve, reach: Reach) -> None:
    heads: list[bytes] = []

    async def final(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        await answering("HTTP/1.1 200 OK\nContent-Length: 2", b"ok")(head, writer)

    there = await serve(final)
    here = await serve(
        answering(f"HTTP/1.1 302 Found\nLocation: https://other.test:{there}/b\nContent-Length: 0")
    )
    options = {"authorization": "Bearer secret"}
    async with reach(HOME).stream_get(f"https://files.test:{here}/", headers=options, deadline=5) as response:
        assert response.final_url == f"https://other.test:{there}/b"
    assert b"secret" not in heads[0]


async def test_a_redirect_loop_ends(serve: Serve, reach: Reach) -> None:
    port = await serve(answering("HTTP/1.1 302 Found\nLocation: /again\nContent-Length: 0"))
    with pytest.raises(UnreadableAnswerError) as caught:
        await fetch(reach(HOME), f"https://files.test:{port}/")
    assert not caught.value.retryable


@pytest.mark.accepts("CT-064")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_into_a_private_address_connects_to_nothing(
    serve: Serve, reach: Reach, tripwire: tuple[int, list[object]], status: int
) -> None:
    port, calls = tripwire
    here = await serve(
        answering(f"HTTP/1.1 {status} Moved\nLocation: https://127.0.0.2:{port}/\nContent-Length: 0")
    )
    with pytest.raises(UrlBlockedError):
        await fetch(reach(HOME), f"https://files.test:{here}/")
    assert not calls


async def test_a_redirect_to_a_name_that_is_private_connects_to_nothing(
    serve: Serve, reach: Reach, tripwire: tuple[int, list[object]]
) -> None:
    port, calls = tripwire
    here = await serve(
        answering(f"HTTP/1.1 307 Moved\nLocation: https://inside.test:{port}/\nContent-Length: 0")
    )
    with pytest.raises(UrlBlockedError):
        await fetch(reach(HOME | {"inside.test": ["127.0.0.2"]}), f"https://files.test:{here}/")
    assert not calls


async def test_a_redirect_to_plain_http_is_refused(serve: Serve, reach: Reach) -> None:
    here = await serve(answering("HTTP/1.1 302 Found\nLocation: http://files.test/\nContent-Length: 0"))
    with pytest.raises(UrlNotHttpsError):
        await fetch(reach(HOME), f"https://files.test:{here}/")


@pytest.mark.parametrize(
    "answers", ["127.0.0.1 127.0.0.2", "127.0.0.2 127.0.0.1", "127.0.0.1 ::1", "127.0.0.1 169.254.169.254"]
)
async def test_one_private_answer_among_good_ones_refuses_all(
    serve: Serve, reach: Reach, tripwire: tuple[int, list[object]], answers: str
) -> None:
    served: list[bytes] = []

    async def script(head: bytes, _writer: asyncio.StreamWriter) -> None:
        served.append(head)
        await asyncio.sleep(0)

    port = await serve(script)
    with pytest.raises(UrlBlockedError):
        await fetch(reach({"mixed.test": [answers]}), f"https://mixed.test:{port}/")
    assert not served
    assert not tripwire[1]


async def test_an_answer_that_changes_between_look_ups_is_judged_each_time(
    serve: Serve, reach: Reach, tripwire: tuple[int, list[object]]
) -> None:
    port = await serve(answering("HTTP/1.1 302 Found\nLocation: /again\nContent-Length: 0"))
    with pytest.raises(UrlBlockedError):
        await fetch(reach({"files.test": ["127.0.0.1", "127.0.0.2"]}), f"https://files.test:{port}/")
    assert not tripwire[1]


async def test_a_name_on_an_odd_port_must_lead_into_an_opened_range(reach: Reach) -> None:
    with pytest.raises(UrlBlockedError):
        await fetch(reach({"files.test": ["9.9.9.9"]}), "https://files.test:8443/")


async def test_the_next_judged_address_is_tried_when_one_is_closed(serve: Serve, ca_file: Path) -> None:
    class TwoAnswers:
        async def resolve(self, host: str) -> Sequence[IPAddress]:
            assert host == "files.test"
            return [ip_address("127.0.0.3"), ip_address("127.0.0.1")]

    port = await serve(answering("HTTP/1.1 200 OK\nContent-Length: 2", b"ok"))
    client = OutboundClient(OutboundPolicy.parse("127.0.0.0/8", ca_file=ca_file), TwoAnswers())
    assert (await fetch(client, f"https://files.test:{port}/"))[2] == b"ok"


async def test_a_certificate_for_another_name_is_refused_for_good(serve: Serve, reach: Reach) -> None:
    port = await serve(answering("HTTP/1.1 200 OK\nContent-Length: 2", b"ok"))
    with pytest.raises(BadCertificateError) as caught:
        await fetch(reach({"third.test": ["127.0.0.1"]}), f"https://third.test:{port}/")
    assert not caught.value.retryable


async def test_a_certificate_of_an_unknown_authority_is_refused(reach: Reach) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = trustme.CA().issue_cert("files.test")
    certificate.configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - also takes pyOpenSSL's
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    with pytest.raises(BadCertificateError):
        await fetch(reach(HOME), f"https://files.test:{server.sockets[0].getsockname()[1]}/")
    server.close()


async def test_a_closed_port_is_told_apart(reach: Reach) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(HostRefusedError) as caught:
        await fetch(reach(HOME), f"https://files.test:{port}/")
    assert caught.value.retryable


async def test_a_name_that_does_not_exist_is_told_apart(ca_file: Path) -> None:
    client = OutboundClient(OutboundPolicy(ca_file=ca_file))
    with pytest.raises(UnknownHostError) as caught:
        await fetch(client, "https://no-such-name.invalid/")
    assert caught.value.retryable


async def test_the_machine_itself_is_refused_by_the_system_resolver() -> None:
    with pytest.raises(UrlBlockedError):
        await fetch(OutboundClient(OutboundPolicy()), "https://localhost/")


async def test_the_status_decides_whether_trying_again_makes_sense(serve: Serve, reach: Reach) -> None:
    client = reach(HOME)
    for status, kind, retryable in [
        (404, SourceRejectedError, False),
        (403, SourceRejectedError, False),
        (429, UrlUnreachableError, True),
        (503, UrlUnreachableError, True),
        (304, UrlUnreachableError, True),
    ]:
        port = await serve(answering(f"HTTP/1.1 {status} No\nContent-Length: 0"))
        async with client.stream_get(f"https://files.test:{port}/", deadline=5) as response:
            with pytest.raises(kind) as caught:
                response.require_success()
            assert caught.value.retryable is retryable


async def test_a_post_carries_its_body_and_does_not_follow(serve: Serve, reach: Reach) -> None:
    heads: list[bytes] = []

    async def script(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        await answering("HTTP/1.1 302 Found\nLocation: /b\nContent-Length: 4", b"gone")(head, writer)

    port = await serve(script)
    headers = {"Content-Type": "application/json", "Host": "evil.test", "X-Signature": "abc"}
    answer = await reach(HOME).post(
        f"https://files.test:{port}/hook", content=b'{"a":1}', headers=headers, timeout=5
    )
    assert (answer.status, answer.body, len(heads)) == (302, b"gone", 1)
    lines = heads[0].decode().splitlines()
    assert f"host: files.test:{port}" in lines
    assert {"x-signature: abc", "content-length: 7"} <= set(lines)
    assert b"evil" not in heads[0]


async def test_only_the_beginning_of_an_endless_answer_to_a_post_is_read(serve: Serve, reach: Reach) -> None:
    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    port = await serve(script)
    answer = await reach(HOME).post(
        f"https://files.test:{port}/", content=b"{}", headers={}, timeout=5, answer_limit=1000
    )
    assert (answer.status, len(answer.body)) == (200, 1000)


async def test_one_slow_source_holds_up_no_other(serve: Serve, reach: Reach) -> None:
    async def silent(_head: bytes, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    slow, fast = await serve(silent), await serve(answering("HTTP/1.1 200 OK\nContent-Length: 2", b"ok"))
    client = reach(HOME)
    waiting = [asyncio.create_task(fetch(client, f"https://files.test:{slow}/")) for _ in range(20)]
    assert (await fetch(client, f"https://files.test:{fast}/"))[2] == b"ok"
    for task in waiting:
        assert not task.done()
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


def test_a_file_without_certificates_is_no_ca_file(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("nothing in here")
    with pytest.raises(ConfigurationError):
        OutboundClient(OutboundPolicy(ca_file=path))
