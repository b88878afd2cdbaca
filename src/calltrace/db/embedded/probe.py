"""Is a server there? Asked the only way that cannot be wrong: by connecting to it.

The first message of PostgreSQL's protocol (version 3.0, "Start-up" in its message formats) is enough:
the server answers with a request for a password, or with an error that carries an SQLSTATE.
"""

import socket
import struct
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from calltrace.db.embedded.layout import DATABASE, OWNER

_PROTOCOL = 3 << 16
_CANNOT_CONNECT_NOW = "57P03"
_TIMEOUT = 5.0


class State(Enum):
    """What the server said."""

    ACCEPTING = "accepting connections"
    STARTING = "starting up, recovering or shutting down"
    SILENT = "no answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``pid`` is the process that listens, where the kernel tells (Linux)."""

    state: State
    message: str = ""
    pid: int | None = None


def ask(address: Path) -> Answer:
    """Connects to a server's socket and says who answers, and in which state."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_TIMEOUT)
        try:
            connection.connect(str(address))
            connection.sendall(_hello())
            return _understood(connection.recv(4096), _listener(connection))
        except OSError as error:
            return Answer(State.SILENT, str(error))


def _hello() -> bytes:
    body = struct.pack("!i", _PROTOCOL) + f"user\0{OWNER}\0database\0{DATABASE}\0\0".encode()
    return struct.pack("!i", len(body) + 4) + body


def _listener(connection: socket.socket) -> int | None:
    if sys.platform != "linux":
        return None
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", raw)[0])


def _understood(reply: bytes, pid: int | None) -> Answer:
    if not reply:
        return Answer(State.SILENT, "the connection was closed", pid)
    fields = _error_fields(reply) if reply[:1] == b"E" else {}
    starting = fields.get("C") == _CANNOT_CONNECT_NOW
    return Answer(State.STARTING if starting else State.ACCEPTING, fields.get("M", ""), pid)


def _error_fields(reply: bytes) -> dict[str, str]:
    parts = reply[5:].decode(errors="replace").split("\0")
    return {part[0]: part[1:] for part in parts if part}
