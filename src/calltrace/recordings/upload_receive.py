"""Receiving an upload through the API, in pieces: each is safe before the next one comes.

Nothing is locked while bytes travel. The request that began last may write (``Upload.writer``); every
write names it and where it follows on, so that of two requests one goes on and the other is told so,
in whichever processes they are.
"""

import uuid
from collections.abc import AsyncIterable

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.kit.errors import InvalidRequestError
from calltrace.kit.words import Words
from calltrace.recordings import queries
from calltrace.recordings.errors import (
    OffsetMismatchError,
    UploadInterruptedError,
    UploadTooLargeError,
)
from calltrace.recordings.models import Upload
from calltrace.recordings.upload_inlet import Inlet, Sending, State, receiving
from calltrace.recordings.uploads import Uploads, drop_pieces


async def look(uploads: Uploads, org_id: uuid.UUID, upload_id: uuid.UUID) -> State:
    """Where a client that lost its connection goes on.

    Raises:
        NotFoundError, UploadUsedError, UploadExpiredError.
    """
    async with uploads.database.tenant(org_id) as session:
        return State.of(receiving(await queries.upload(session, upload_id)))


async def receive(
    uploads: Uploads, org_id: uuid.UUID, upload_id: uuid.UUID, sending: Sending, body: AsyncIterable[bytes]
) -> State:
    """Take what a request brings.

    Raises:
        NotFoundError, UploadUsedError, UploadExpiredError: it takes nothing.
        OffsetMismatchError: the bytes do not follow on.
        InvalidRequestError: an empty file, or other numbers than were told before.
        UploadTooLargeError: over FETCH_MAX_BYTES, told or counted; nothing more is read then.
        UploadTakenOverError: a later request sends the file now.
        UploadIncompleteError: the last byte came, and the file is shorter than was told.
        UploadInterruptedError: passed on from ``body``, or it was shorter than told. What came is kept.
        StorageAwayError, DatabaseAwayError: what was acknowledged before is kept.
    """
    async with uploads.database.tenant(org_id) as session:
        upload = receiving(await queries.locked_upload(session, upload_id))
        expected = await _begin(session, uploads, upload, sending)
    inlet = Inlet(uploads, upload, expected, sending)
    try:
        async for chunk in body:
            await inlet.take(chunk)
    except UploadInterruptedError:
        await inlet.keep_rest()
        raise
    return await inlet.end()


async def _begin(session: AsyncSession, uploads: Uploads, upload: Upload, sending: Sending) -> int | None:
    """Make this request the writer; answers the file's size as far as it is known."""
    anew = sending.offset is None
    if not anew and (upload.received != sending.offset or upload.status == "complete"):
        raise OffsetMismatchError(upload.received, complete=upload.status == "complete")
    expected = _agreed(upload.declared_bytes, sending.size, None if anew else upload.size_bytes)
    end = (sending.offset or 0) + (sending.length or 0)
    if max(end, expected or 0) > uploads.limits.max_bytes:
        raise UploadTooLargeError(Words("A file has at most %(most)s bytes.", most=uploads.limits.max_bytes))
    if expected is not None and end > expected:
        raise InvalidRequestError(f"{end} bytes are more than the {expected} of the file.")
    if anew:
        await drop_pieces(session, upload)
        upload.status = "open"
    upload.size_bytes = expected
    upload.writer = uuid.uuid4()
    await session.flush()
    return expected


def _agreed(*told: int | None) -> int | None:
    """The one size that everybody who told one agrees on."""
    sizes = {size for size in told if size is not None}
    if len(sizes) > 1:
        raise InvalidRequestError(f"The file cannot have both {' and '.join(map(str, sorted(sizes)))} bytes.")
    return sizes.pop() if sizes else None
