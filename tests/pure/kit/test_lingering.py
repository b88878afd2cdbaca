"""The reason of a refusal reaches a client that is still sending: a real server, a real connection."""

import asyncio
import socket
from collections.abc import AsyncGenerator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from calltrace.kit import lingering
from calltrace.kit.lingering import LingeringRefusals

REASON = "too much " * 10


async def _refuse(request: Request) -> Response:
    await anext(request.stream())
    return PlainTextResponse(REASON, 413, {"Connection": "close"})


async def _read_all(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())), 400, {"Connection": "close"})


@pytest.fixture
async def port() -> AsyncGenerator[int]:
    app = LingeringRefusals(
        Starlette(
            routes=[Route("/refuse", _refuse, methods=["PUT"]), Route("/all", _read_all, methods=["PUT"])]
        )
    )
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    listener = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await task


async def _put(port: int, path: str, length: int, sent: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"PUT {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n".encode()
    writer.write(head + bytes(sent))
    await writer.drain()
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_client_in_the_middle_of_a_large_body_reads_why(port: int) -> None:
    answer = await _put(port, "/refuse", 64 << 20, 32 << 20)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(REASON.encode())


async def test_a_client_that_never_stops_is_left_after_a_while(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lingering, "LINGER_SECONDS", 0.1)
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with pytest.raises(ConnectionError):
        await _send_for_ever(writer)
    writer.close()


async def _send_for_ever(writer: asyncio.StreamWriter) -> None:
    writer.write(b"PUT /refuse HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"400\r\n" + bytes(1024) + b"\r\n")
        await writer.drain()
        await asyncio.sleep(0)


async def test_nothing_is_waited_for_when_the_body_was_read(port: int) -> None:
    assert (await _put(port, "/all", 5, 5)).endswith(b"\r\n\r\n5")
