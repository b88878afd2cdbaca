"""Where recordings rest: sealed under a data key each, in the object store.

The data key itself is kept sealed beside the recording's row. Whoever forgets it has erased the recording,
copies and backups of the object included.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from calltrace.kit import encryption
from calltrace.kit.encryption import CHUNK, RecordingDamagedError, SecretBox
from calltrace.recordings.spool import spool
from calltrace.storage import ObjectStore

_PIECE = 1024 * 1024
_WINDOW = 64 * CHUNK
"""Bytes of plaintext held at once while reading: few requests, flat memory."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What must be remembered to read a recording again.

    Attributes:
        object_key: its name in the object store.
        sealed_data_key: its data key, sealed by the secret box.
        size: bytes of the plaintext.
        sha256: of the plaintext, hexadecimal.
    """

    object_key: str
    sealed_data_key: str
    size: int
    sha256: str


class Vault:
    """Saves, loads and erases recordings."""

    def __init__(self, store: ObjectStore, box: SecretBox) -> None:
        self._store = store
        self._box = box

    async def save(self, path: Path, key_name: str) -> Stored:
        """Seal the file at ``path`` as the object ``key_name``.

        Raises:
            UnavailableError: the object store failed.
        """
        key = encryption.new_data_key()
        facts = _Facts()
        with path.open("rb") as source:
            await self._store.put(key_name, encryption.encrypt(facts.watch(_pieces(source)), key))
        sealed_key = self._box.seal(base64.b64encode(key).decode("ascii"))
        return Stored(key_name, sealed_key, facts.size, facts.digest.hexdigest())

    async def load(self, stored: Stored, destination: Path) -> None:
        """Write the plaintext to ``destination``, readable by its owner only, and check it.

        Raises:
            RecordingDamagedError, SecretUnreadableError, NotFoundError, UnavailableError; nothing is left at
            ``destination`` then.
        """
        async with spool(destination) as target:
            async with aclosing(self.read(stored, 0, stored.size)) as plain:
                async for piece in plain:
                    await target.write(piece)
            if target.sha256 != stored.sha256:
                raise RecordingDamagedError("The stored recording is not the one that was saved")

    async def read(self, stored: Stored, start: int, length: int) -> AsyncGenerator[bytes]:
        """Plaintext from ``start``, at most ``length`` bytes; only the chunks that cover it are fetched.

        Raises:
            RecordingDamagedError, SecretUnreadableError, NotFoundError, UnavailableError.
        """
        key = base64.b64decode(self._box.open(stored.sealed_data_key))
        end = min(start + length, stored.size)
        while start < end:
            step = min(_WINDOW - start % CHUNK, end - start)
            where = encryption.span(start, step, stored.size)
            sealed = await self._store.get_range(stored.object_key, where.start, where.length)
            for plain in encryption.decrypt_span(sealed, where, key, stored.size):
                yield plain
            start += step

    async def erase(self, object_key: str) -> None:
        """Remove the object; one that is gone is fine.

        Raises:
            UnavailableError: it may still be there.
        """
        await self._store.delete(object_key)


class _Facts:
    """Counts and hashes what flows by."""

    def __init__(self) -> None:
        self.size = 0
        self.digest = hashlib.sha256()

    async def watch(self, source: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
        async for piece in source:
            self.size += len(piece)
            self.digest.update(piece)
            yield piece


async def _pieces(source: BinaryIO) -> AsyncGenerator[bytes]:
    while piece := await asyncio.to_thread(source.read, _PIECE):
        yield piece
