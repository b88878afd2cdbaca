"""Pieces of an upload at rest: sealed one by one, each under a key made from the upload's data key.

A piece is stored under a new name whenever it is written, so no key ever seals twice, and pieces that were
swapped in the store do not open.
"""

import base64
from collections.abc import AsyncGenerator

from calltrace.kit import encryption
from calltrace.kit.encryption import SecretBox
from calltrace.recordings.models import Upload, UploadPiece
from calltrace.storage import ObjectStore


def new_sealed_key(box: SecretBox) -> str:
    """A data key for one upload, sealed."""
    return box.seal(base64.b64encode(encryption.new_data_key()).decode("ascii"))


class PieceStore:
    """Writes and reads the pieces of one upload.

    Raises:
        SecretUnreadableError: SECRET_KEY no longer opens its data key.
    """

    def __init__(self, store: ObjectStore, box: SecretBox, upload: Upload) -> None:
        self._store = store
        self._key = base64.b64decode(box.open(upload.sealed_key))

    async def put(self, object_key: str, data: bytes) -> None:
        """Seal ``data`` as a new object.

        Raises:
            StorageAwayError: it could not be written.
        """
        key = encryption.part_key(self._key, object_key)
        sealed = [part async for part in encryption.encrypt(_once(data), key)]
        await self._store.put(object_key, b"".join(sealed))

    async def read(self, piece: UploadPiece) -> AsyncGenerator[bytes]:
        """The plaintext of one piece.

        Raises:
            NotFoundError, StorageAwayError, RecordingDamagedError.
        """
        where = encryption.span(0, piece.size_bytes, piece.size_bytes)
        sealed = await self._store.get_range(piece.object_key, where.start, where.length)
        key = encryption.part_key(self._key, piece.object_key)
        for plain in encryption.decrypt_span(sealed, where, key, piece.size_bytes):
            yield plain


async def _once(data: bytes) -> AsyncGenerator[bytes]:
    yield data
