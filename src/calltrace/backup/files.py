"""Files of a backup: for their owner only, hashed as they are written, on the disk before they count."""

import asyncio
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from calltrace.backup.errors import BackupDamagedError, written
from calltrace.backup.manifest import FileEntry

OWNER_ONLY = 0o600
PIECE = 1024 * 1024
"""Bytes that are gathered, read or compressed at once."""
_GZIP = 31
_LEVEL = 3
"""A fifth more bytes than the default level, in half of its time."""


class HashedFile:
    """A new file; give it what it holds, then close it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._digest = hashlib.sha256()
        with written():
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
            self._file = os.fdopen(os.open(path, flags, OWNER_ONLY), "wb", buffering=0)

    def add(self, data: bytes) -> None:
        """Append; blocks on a slow disk."""
        with written():
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) :]
        self._digest.update(data)
        self.size += len(data)

    def close(self) -> FileEntry:
        """Have it on the disk."""
        with written():
            os.fsync(self._file.fileno())
            self._file.close()
        return FileEntry(name=self.path.name, bytes=self.size, sha256=self._digest.hexdigest())

    def abandon(self) -> None:
        """It is not wanted any more."""
        with suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)


class PackedFile:
    """A new file, compressed; small writes are gathered, so that each costs little."""

    def __init__(self, path: Path) -> None:
        self._file = HashedFile(path)
        self._packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
        self._waiting = bytearray()

    async def write(self, data: bytes) -> None:
        """Append."""
        self._waiting += data
        if len(self._waiting) >= PIECE:
            await self._pack()

    async def line(self, value: Any) -> None:
        """Append one line of JSON."""
        await self.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")

    async def close(self) -> FileEntry:
        """Have it on the disk."""
        await self._pack()
        await asyncio.to_thread(self._file.add, self._packer.flush())
        return await asyncio.to_thread(self._file.close)

    async def _pack(self) -> None:
        data = bytes(self._waiting)
        self._waiting.clear()
        await asyncio.to_thread(lambda: self._file.add(self._packer.compress(data)))


async def unpacked(path: Path) -> AsyncGenerator[bytes]:
    """What a packed file holds, in pieces of bounded size.

    Raises:
        BackupDamagedError: it ends too early, or is no such file.
    """
    unpacker = zlib.decompressobj(_GZIP)
    async for packed in pieces(path):
        data = packed
        while data:
            try:
                plain = await asyncio.to_thread(unpacker.decompress, data, PIECE)
            except zlib.error as error:
                raise BackupDamagedError(f"{path} cannot be unpacked: {error}") from error
            data = unpacker.unconsumed_tail
            yield plain
    if rest := unpacker.flush():
        yield rest
    if not unpacker.eof:
        raise BackupDamagedError(f"{path} ends too early.")


async def pieces(path: Path) -> AsyncGenerator[bytes]:
    """A file's bytes, in pieces."""
    with path.open("rb") as source:
        while piece := await asyncio.to_thread(source.read, PIECE):
            yield piece


def lines(path: Path) -> Iterator[Any]:
    """The lines of JSON of a packed file."""
    with gzip.open(path, "rt", encoding="utf-8") as source:
        for line in source:
            yield json.loads(line)


async def save(path: Path, source: AsyncIterable[bytes]) -> FileEntry:
    """Write a file beside its place and rename it: under its name it is whole. Errors leave nothing."""
    target = HashedFile(path.with_name(f"{path.name}.part"))
    try:
        async for piece in source:
            await asyncio.to_thread(target.add, piece)
        entry = await asyncio.to_thread(target.close)
        with written():
            target.path.replace(path)
    except BaseException:
        target.abandon()
        raise
    return entry.model_copy(update={"name": path.name})


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    with written():
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
