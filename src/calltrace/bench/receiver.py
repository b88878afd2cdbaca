"""A webhook receiver over TLS: answers 204 at once, or never. Run as a child process."""

import asyncio
import contextlib
import ssl
import sys

from calltrace.bench.load import content_length
from calltrace.kit.children import die_with_parent

DEAD = "/dead"
"""Who posts below it gets no answer."""
_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


async def _serve(port: int, certificate: str) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    server = await asyncio.start_server(_connection, "127.0.0.1", port, ssl=tls, backlog=256)
    async with server:
        await server.serve_forever()


async def _connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while await _exchange(reader, writer):
            pass
    writer.close()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """One request; whether another may follow on this connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(content_length(head))
    if head.split(b" ", 2)[1].startswith(DEAD.encode()):
        await reader.read()  # until the other side gives up
        return False
    writer.write(_ANSWER)
    await writer.drain()
    return b"\r\nconnection: close\r\n" not in head.lower()


if __name__ == "__main__":
    die_with_parent()
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2]))
