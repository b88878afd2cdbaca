"""Files that arrive in pieces: for their owner only, whole or not at all."""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from calltrace.kit.disk import room_needed

_OWNER_ONLY = 0o600


class Spool:
    """A file being written, counted and hashed; made by ``spool``."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    async def write(self, piece: bytes) -> None:
        """Append ``piece`` without holding up the event loop on a slow disk."""
        with room_needed():
            await asyncio.to_thread(self._file.write, piece)
        self._digest.update(piece)
        self.size += len(piece)

    @property
    def sha256(self) -> str:
        """Hexadecimal, of what was written so far."""
        return self._digest.hexdigest()


@asynccontextmanager
async def spool(destination: Path) -> AsyncGenerator[Spool]:
    """Write ``destination``; whatever goes wrong inside the context removes it again.

    Raises:
        DiskFullError: there is no room for it.
    """
    with room_needed():
        file = await asyncio.to_thread(_create, destination)
    try:
        yield Spool(file)
        with room_needed():
            await asyncio.to_thread(file.close)
    except BaseException:
        with suppress(OSError):  # what could not be written cannot be written now
            file.close()
        await asyncio.to_thread(destination.unlink, missing_ok=True)
        raise


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY), "wb")
