"""An upload as the worker gets it: put together, judged like a download, written as one file."""

import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

from calltrace.kit.errors import FileTooLargeError, NotFoundError
from calltrace.kit.progress import Progress
from calltrace.recordings import queries
from calltrace.recordings.errors import UploadLostError
from calltrace.recordings.fetch import Fetched, Told, copy
from calltrace.recordings.models import Upload, UploadPiece
from calltrace.recordings.spool import spool
from calltrace.recordings.upload_pieces import PieceStore
from calltrace.recordings.uploads import Uploads


async def collect(
    uploads: Uploads, org_id: uuid.UUID, upload_id: uuid.UUID, destination: Path, progress: Progress
) -> Fetched:
    """Write an upload's file to ``destination``, readable by its owner only.

    Raises:
        UploadLostError: it is not in the store any more.
        FileTooLargeError, UnsupportedMediaError: as for a download (``fetch.download``).
        RecordingDamagedError, SecretUnreadableError: a piece does not open.
        StorageAwayError, DiskFullError: trying again later may do.
        In all cases nothing is left at ``destination``.
    """
    async with uploads.database.tenant(org_id) as session:
        upload = await queries.upload(session, upload_id)
        pieces = await queries.pieces(session, upload_id)
    if upload is None or upload.status != "used":
        raise UploadLostError("The uploaded file was removed.")
    try:
        size = await _size(uploads, upload)
        source = read(uploads, upload, pieces)
        told = Told(upload.content_type or "", [upload.file_name or ""])
        async with spool(destination) as target, aclosing(source) as body:
            media = await copy(_bounded(body, uploads.limits.max_bytes), target, size, progress, told)
    except NotFoundError as error:
        raise UploadLostError("The uploaded file is not in the object store any more.") from error
    return Fetched(target.size, target.sha256, upload.content_type or "", "", media)


def read(uploads: Uploads, upload: Upload, pieces: Sequence[UploadPiece]) -> AsyncGenerator[bytes]:
    """The file of an upload as it came.

    Raises:
        NotFoundError: it is not in the store any more. RecordingDamagedError, StorageAwayError.
    """
    return uploads.store.get(upload.object_prefix) if upload.direct else _joined(uploads, upload, pieces)


async def _size(uploads: Uploads, upload: Upload) -> int:
    return await uploads.store.size(upload.object_prefix) if upload.direct else upload.received


async def _joined(uploads: Uploads, upload: Upload, pieces: Sequence[UploadPiece]) -> AsyncGenerator[bytes]:
    store = PieceStore(uploads.store, uploads.box, upload)
    for piece in pieces:
        async for plain in store.read(piece):
            yield plain


async def _bounded(body: AsyncGenerator[bytes], most: int) -> AsyncGenerator[bytes]:
    """A client may put another file after its upload was judged."""
    total = 0
    async for part in body:
        total += len(part)
        if total > most:
            raise FileTooLargeError(f"The file is larger than {most} bytes")
        yield part
