"""The server's log: a file that cannot grow without end."""

import os
from contextlib import suppress
from pathlib import Path

from calltrace.db.embedded.identity import keep_owner

_LIMIT = 8 * 1024 * 1024


class BoundedLog:
    """Appends to ``path``; at the limit the file becomes ``path.1`` and replaces the one before it."""

    def __init__(self, path: Path, limit: int = _LIMIT) -> None:
        self._path = path
        self._limit = limit

    def write(self, line: bytes) -> None:
        """Adds a line. A full disk loses the line, never the server that waits for us to read on."""
        with suppress(OSError):
            fd = os.open(
                self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
            )
            try:
                os.write(fd, line)
                size = os.fstat(fd).st_size
            finally:
                os.close(fd)
            if size == len(line):
                keep_owner(self._path)
            if size >= self._limit:
                self._path.replace(self._path.with_name(self._path.name + ".1"))
