"""What comes of an upload in one request: gathered into pieces, and each kept before the next."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.kit import clock
from calltrace.kit.errors import InvalidRequestError, NotFoundError
from calltrace.kit.words import Words
from calltrace.recordings import objects, queries
from calltrace.recordings.errors import (
    UploadExpiredError,
    UploadIncompleteError,
    UploadInterruptedError,
    UploadTakenOverError,
    UploadTooLargeError,
    UploadUsedError,
)
from calltrace.recordings.models import Upload, UploadPiece
from calltrace.recordings.upload_pieces import PieceStore
from calltrace.recordings.uploads import TAKEN, Uploads

PIECE = 4 * 1024 * 1024
"""Bytes of one piece: what is held in memory, and what is lost when this process is killed."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What a request says of the bytes that it brings.

    Attributes:
        offset: where they belong; None: at the start, in place of whatever was received.
        length: how many they are; None: as many as come.
        size: of the whole file, if it says so.
        last: whether the file ends with them; None: if its size is known and reached.
    """

    offset: int | None = None
    length: int | None = None
    size: int | None = None
    last: bool | None = True


@dataclass(frozen=True, slots=True)
class State:
    """How far an upload is."""

    received: int
    size: int | None
    complete: bool

    @classmethod
    def of(cls, upload: Upload) -> "State":
        """The state that a row tells of."""
        return cls(upload.received, upload.size_bytes or upload.declared_bytes, upload.status == "complete")


def receiving(upload: Upload | None) -> Upload:
    """An upload that takes bytes.

    Raises:
        NotFoundError, UploadUsedError, UploadExpiredError.
    """
    if upload is None or upload.direct:
        raise NotFoundError("There is no such upload.")
    if upload.status in TAKEN:
        raise UploadUsedError("An analysis has the file; ask for a new upload to send another.")
    if upload.expires_at <= clock.now():
        raise UploadExpiredError("Ask for a new upload and send the file again.")
    return upload


class Inlet:
    """Gathers what comes into pieces, and keeps each."""

    def __init__(self, uploads: Uploads, upload: Upload, expected: int | None, sending: Sending) -> None:
        self._uploads = uploads
        self._upload = upload
        self._pieces = PieceStore(uploads.store, uploads.box, upload)
        self._expected = expected
        self._sending = sending
        self._kept = upload.received
        self._number = upload.pieces
        self._buffer = bytearray()
        self._came = 0

    @property
    def _total(self) -> int:
        return self._kept + len(self._buffer)

    async def take(self, chunk: bytes) -> None:
        """Take what came next.

        Raises:
            UploadTooLargeError, InvalidRequestError: more than is allowed, or than was told.
            UploadTakenOverError, StorageAwayError, DatabaseAwayError: it could not be kept.
        """
        self._came += len(chunk)
        self._refuse_excess(self._total + len(chunk))
        self._buffer += chunk
        while len(self._buffer) > PIECE:  # a full piece waits: it may be the last one
            await self._keep(bytes(self._buffer[:PIECE]))
            del self._buffer[:PIECE]

    async def keep_rest(self, *, complete: bool = False) -> None:
        """Keep what waits, and with it, if so wished, that the file is complete."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        if rest:
            await self._keep(rest, complete=complete)
        elif complete:
            async with self._uploads.database.tenant(self._upload.org_id) as session:
                await self._write(session, {"status": "complete", "size_bytes": self._kept})

    async def end(self) -> State:
        """The body is over: is it the end of the file too?

        Raises:
            UploadInterruptedError, UploadIncompleteError: something is missing; what came is kept.
            InvalidRequestError: the file is empty.
        """
        total, length, last = self._total, self._sending.length, self._sending.last
        if length is not None and self._came < length:
            await self.keep_rest()
            raise UploadInterruptedError(f"{self._came} of {length} bytes came; {total} are received.")
        if last and not total:
            raise InvalidRequestError("The file is empty.")
        if last and self._expected is not None and total != self._expected:
            await self.keep_rest()
            raise UploadIncompleteError(f"The file has {total} of {self._expected} bytes.")
        complete = bool(last) or (last is None and total == self._expected)
        await self.keep_rest(complete=complete)
        return State(total, total if complete else self._expected, complete)

    def _refuse_excess(self, total: int) -> None:
        most = self._uploads.limits.max_bytes
        if total > most:
            raise UploadTooLargeError(Words("A file has at most %(most)s bytes.", most=most))
        if _over(total, self._expected) or _over(self._came, self._sending.length):
            raise InvalidRequestError("More bytes came than were told.")

    async def _keep(self, data: bytes, *, complete: bool = False) -> None:
        """Store one piece, then count it; a process that dies in between leaves a doomed object."""
        upload, database = self._upload, self._uploads.database
        key, total = f"{upload.object_prefix}/{uuid.uuid4()}", self._kept + len(data)
        async with database.tenant(upload.org_id) as session:
            await objects.doom(session, upload.org_id, [key], after=objects.UNCLAIMED)
        await self._pieces.put(key, data)
        values: dict[str, Any] = {"received": total, "pieces": self._number + 1}
        if complete:
            values |= {"status": "complete", "size_bytes": total}
        async with database.tenant(upload.org_id) as session:
            await self._write(session, values)
            session.add(
                UploadPiece(
                    org_id=upload.org_id, upload_id=upload.id, number=self._number, object_key=key,
                    size_bytes=len(data),
                )
            )  # fmt: skip
            await objects.spare(session, key)
        self._kept, self._number = total, self._number + 1

    async def _write(self, session: AsyncSession, values: dict[str, Any]) -> None:
        """Change the upload if it is still ours to write.

        Raises:
            UploadTakenOverError: it is not; or why else it takes nothing.
        """
        statement = (
            update(Upload)
            .where(Upload.id == self._upload.id, Upload.writer == self._upload.writer)
            .where(Upload.status == "open", Upload.received == self._kept)
            .values(values)
            .returning(Upload.id)
        )
        if await session.scalar(statement) is None:
            receiving(await queries.upload(session, self._upload.id))
            raise UploadTakenOverError("A later request sends this file now.")


def _over(number: int, most: int | None) -> bool:
    return most is not None and number > most
