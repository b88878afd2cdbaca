"""Servers that mean no good: each of them must end in a clear error, in time, and without filling memory."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest

from calltrace.kit.errors import FileTooLargeError
from calltrace.kit.outbound import (
    OutboundClient,
    OutboundPolicy,
    UnknownHostError,
    UnreadableAnswerError,
    UrlUnreachableError,
)
from calltrace.kit.outbound.addresses import IPAddress

Script = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Script], Awaitable[int]]
Reach = Callable[[Mapping[str, Sequence[str]]], OutboundClient]

LIMIT = 100_000


async def fetch(reach: Reach, port: int, deadline: float = 5) -> bytes:
    client = reach({"files.test": ["127.0.0.1"]})
    async with client.stream_get(f"https://files.test:{port}/a.wav", deadline=deadline) as response:
        return b"".join([chunk async for chunk in response.body(LIMIT)])


def sending(*pieces: bytes, pause: float = 0, endless: bool = False) -> Script:
    """A server that sends the pieces, the last one for ever if ``endless``."""

    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        while endless:
            writer.write(pieces[-1])
            await writer.drain()
            await asyncio.sleep(pause)

    return script


OK = b"HTTP/1.1 200 OK\r\n"


async def test_no_length_is_fine_the_end_of_the_connection_ends_the_body(serve: Serve, reach: Reach) -> None:
    assert await fetch(reach, await serve(sending(OK + b"\r\n", b"abc", b"def"))) == b"abcdef"


async def test_chunks_are_put_together(serve: Serve, reach: Reach) -> None:
    pieces = OK + b"Transfer-Encoding: chunked\r\n\r\n", b"3\r\nabc\r\n", b"3\r\ndef\r\n0\r\n\r\n"
    assert await fetch(reach, await serve(sending(*pieces))) == b"abcdef"


async def test_a_file_of_exactly_the_limit_is_not_too_large(serve: Serve, reach: Reach) -> None:
    body = b"x" * LIMIT
    port = await serve(sending(OK + b"Content-Length: %d\r\n\r\n" % LIMIT, body))
    assert await fetch(reach, port) == body


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("shorter than its length", sending(OK + b"Content-Length: 50\r\n\r\nabc")),
        ("chunks cut short", sending(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab")),
        ("last chunk missing", sending(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")),
        ("two lengths", sending(OK + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde")),
        ("two lengths in one", sending(OK + b"Content-Length: 3, 5\r\n\r\nabcde")),
        (
            "a length and chunks",
            sending(OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ),
        ("a length below zero", sending(OK + b"Content-Length: -3\r\n\r\nabc")),
        ("a length in words", sending(OK + b"Content-Length: three\r\n\r\nabc")),
        ("nested encodings", sending(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")),
        ("no HTTP", sending(b"SSH-2.0-OpenSSH_9.6\r\n")),
        ("nothing at all", sending(b"")),
        ("switching protocols", sending(b"HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")),
        ("half a header", sending(OK + b"Content-Le")),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
async def test_an_answer_that_contradicts_itself_is_an_error(
    serve: Serve, reach: Reach, name: str, script: Script
) -> None:
    with pytest.raises(UrlUnreachableError):
        await fetch(reach, await serve(script))
    assert name


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("announced far over the limit", sending(OK + b"Content-Length: 999999999999\r\n\r\nabc")),
        ("announced one over the limit", sending(OK + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1))),
        ("endless without a length", sending(OK + b"\r\n", b"x" * 65536, endless=True)),
        (
            "endless chunks",
            sending(
                OK + b"Transfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b"x" * 1024 + b"\r\n", endless=True
            ),
        ),
        (
            "endless framing around nothing",
            sending(
                OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"e" * 8000 + b"\r\nx\r\n", endless=True
            ),
        ),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
async def test_more_than_the_limit_is_too_large(
    serve: Serve, reach: Reach, name: str, script: Script
) -> None:
    with pytest.raises(FileTooLargeError):
        await fetch(reach, await serve(script))
    assert name


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("megabytes of headers", sending(OK, b"X-Filler: " + b"x" * 5000 + b"\r\n", endless=True)),
        ("one endless header", sending(OK + b"X-Filler: ", b"x" * 5000, endless=True)),
        ("endless interim answers", sending(b"HTTP/1.1 103 Early\r\n\r\n" * 100, endless=True)),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
async def test_headers_without_end_are_an_error(
    serve: Serve, reach: Reach, name: str, script: Script
) -> None:
    with pytest.raises(UrlUnreachableError):
        await fetch(reach, await serve(script))
    assert name


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "deflate, gzip, gzip"])
async def test_a_compressed_body_is_refused_before_a_byte_is_unpacked(
    serve: Serve, reach: Reach, encoding: str
) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    head = OK + f"Content-Encoding: {encoding}\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with pytest.raises(UnreadableAnswerError):
        await fetch(reach, await serve(sending(head, bomb)))


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("a slow drip", sending(OK + b"Content-Length: 5000\r\n\r\n", b"x", pause=0.05, endless=True)),
        ("one header after the other", sending(OK, b"X-Filler: 1\r\n", pause=0.05, endless=True)),
        ("silence after the request", sending(b"", pause=60)),
        ("silence in the body", sending(OK + b"Content-Length: 5000\r\n\r\n", pause=60)),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
async def test_the_deadline_covers_the_whole_exchange(
    serve: Serve, reach: Reach, name: str, script: Script
) -> None:
    with pytest.raises(UrlUnreachableError) as caught:
        await fetch(reach, await serve(script), deadline=0.5)
    assert caught.value.retryable
    assert not caught.value.certain
    assert name


async def test_a_server_that_never_says_hello_is_left(reach: Reach) -> None:
    async def wait(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2)
        writer.close()

    server = await asyncio.start_server(wait, "127.0.0.1", 0)
    with pytest.raises(UrlUnreachableError):
        await fetch(reach, server.sockets[0].getsockname()[1], deadline=0.5)
    server.close()


async def test_a_server_that_says_hello_in_another_language_is_left(reach: Reach) -> None:
    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    with pytest.raises(UrlUnreachableError):
        await fetch(reach, server.sockets[0].getsockname()[1])
    server.close()


async def test_a_name_server_that_never_answers_is_left() -> None:
    class Silent:
        async def resolve(self, host: str) -> Sequence[IPAddress]:
            await asyncio.sleep(60)
            raise UnknownHostError(host)

    client = OutboundClient(OutboundPolicy(), Silent())
    with pytest.raises(UrlUnreachableError):
        async with client.stream_get("https://files.test/", deadline=0.3):
            pass
