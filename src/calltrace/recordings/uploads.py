"""Uploads: opened for a client, taken by one analysis, let go when nobody will read them any more.

The bytes come through the API in pieces (``upload_receive``), or straight into a bucket by presigned URL.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.encryption import SecretBox
from calltrace.kit.errors import FieldError, FileTooLargeError, InvalidRequestError, NotFoundError
from calltrace.kit.ids import uuid7
from calltrace.kit.words import Words
from calltrace.recordings import objects, queries
from calltrace.recordings.errors import UploadExpiredError, UploadIncompleteError, UploadUsedError
from calltrace.recordings.fetch import FetchLimits, check_kind
from calltrace.recordings.links import UploadLinks
from calltrace.recordings.models import Upload, UploadPiece
from calltrace.recordings.upload_pieces import new_sealed_key
from calltrace.storage import ObjectStore

LIFETIME = timedelta(hours=24)
LATE = timedelta(hours=1)
"""How long after it expired a presigned request that began in time may still end."""
BATCH = 200
TAKEN = frozenset({"used", "kept", "spent"})
"""States of an upload that an analysis has, or had."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """What uploading needs from the outside."""

    database: Database
    store: ObjectStore
    box: SecretBox
    links: UploadLinks
    limits: FetchLimits


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client says of the file that it is going to send.

    Attributes:
        direct: whether straight into the object store; None: if that can be.
        lifetime: how long it can wait for its analysis.
        again: whether the file is kept for another try when its analysis fails.
    """

    file_name: str | None = None
    size_bytes: int | None = None
    content_type: str | None = None
    direct: bool | None = None
    mode: Mode = "live"
    lifetime: timedelta = LIFETIME
    again: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """An upload, and where its file is to be PUT; the URL alone lets whoever has it do so."""

    upload: Upload
    url: str


async def open_upload(
    uploads: Uploads, org_id: uuid.UUID, key_id: uuid.UUID | None, wanted: Wanted
) -> Opened:
    """Let a client send one file, within its lifetime.

    Raises:
        FileTooLargeError, UnsupportedMediaError: by what the client says of the file.
        InvalidRequestError: ``direct``, and the object store cannot do that.
        StorageAwayError: the object store has no credentials to sign with.
    """
    _check_announced(uploads, wanted)
    upload_id, expires_at = uuid7(), clock.now_ms() + wanted.lifetime
    upload = Upload(
        id=upload_id, org_id=org_id, api_key_id=key_id, mode=wanted.mode, file_name=wanted.file_name,
        declared_bytes=wanted.size_bytes, content_type=wanted.content_type, status="open", received=0,
        object_prefix=f"{org_id}/uploads/{upload_id}", sealed_key=new_sealed_key(uploads.box),
        direct=uploads.store.signs if wanted.direct is None else wanted.direct, expires_at=expires_at,
        again=wanted.again,
    )  # fmt: skip
    if upload.direct:
        url = await uploads.store.presigned_put(upload.object_prefix, wanted.lifetime)
    else:
        url = uploads.links.url(org_id, upload_id, expires_at)
    async with uploads.database.tenant(org_id) as session:
        session.add(upload)
    return Opened(upload, url)


def _check_announced(uploads: Uploads, wanted: Wanted) -> None:
    if wanted.size_bytes is not None and wanted.size_bytes > uploads.limits.max_bytes:
        raise FileTooLargeError(Words("A file has at most %(most)s bytes.", most=uploads.limits.max_bytes))
    if wanted.content_type is not None:
        check_kind(wanted.content_type, "The client")
    if wanted.direct and not uploads.store.signs:
        raise _refused("direct", "The object store of this installation takes no files from clients.")


async def judge(uploads: Uploads, org_id: uuid.UUID, upload_id: uuid.UUID, mode: Mode) -> None:
    """Refuse an upload that cannot be analysed; else return quietly.

    Raises:
        InvalidRequestError: there is no such upload of this organisation and mode.
        UploadUsedError, UploadExpiredError, UploadIncompleteError.
        FileTooLargeError: what was put into the object store is over the limit; it is removed again.
        StorageAwayError: it cannot be looked at now.
    """
    async with uploads.database.tenant(org_id) as session:
        upload = _usable(await queries.upload(session, upload_id), mode)
    if upload.direct:
        await _judge_object(uploads, upload)


async def _judge_object(uploads: Uploads, upload: Upload) -> None:
    try:
        size = await uploads.store.size(upload.object_prefix)
    except NotFoundError:
        raise UploadIncompleteError("The file was not put to its uploadUrl yet.") from None
    if size > uploads.limits.max_bytes:
        async with uploads.database.tenant(upload.org_id) as session:
            await let_go(session, upload.id)
        raise FileTooLargeError(f"The file has {size} bytes; at most {uploads.limits.max_bytes} are allowed.")
    if size != (upload.declared_bytes or size) or not size:
        raise UploadIncompleteError(f"The file has {size} of {upload.declared_bytes or 'some'} bytes.")


async def take(session: AsyncSession, upload_id: uuid.UUID, mode: Mode) -> Upload:
    """Give an upload to the analysis of this transaction; of two that come at once, one gets it.

    Raises:
        InvalidRequestError, UploadUsedError, UploadExpiredError, UploadIncompleteError.
    """
    upload = _usable(await queries.locked_upload(session, upload_id), mode)
    upload.status = "used"
    await session.flush()
    return upload


async def after_failure(session: AsyncSession, upload_id: uuid.UUID) -> None:
    """The analysis failed: the file is kept for another try where that was wished, else let go."""
    upload = await queries.locked_upload(session, upload_id)
    if upload is not None and upload.again and upload.status == "used" and upload.expires_at > clock.now():
        upload.status = "kept"
        await session.flush()
    else:
        await let_go(session, upload_id)


async def take_again(session: AsyncSession, upload_id: uuid.UUID) -> bool:
    """Give a kept upload back to its analysis; false when it is not there any more."""
    upload = await queries.locked_upload(session, upload_id)
    if upload is None or upload.status != "kept":
        return False
    upload.status = "used"
    await session.flush()
    return True


def _usable(upload: Upload | None, mode: Mode) -> Upload:
    if upload is None or upload.mode != mode:
        raise _refused("uploadId", "uploadId names no upload of this organisation.")
    if upload.status in TAKEN:
        raise UploadUsedError("An upload serves one analysis; send the file again for another.")
    if upload.expires_at <= clock.now():
        raise UploadExpiredError("Ask for a new upload and send the file again.")
    if not upload.direct and upload.status != "complete":
        raise UploadIncompleteError(
            Words("%(received)s bytes were received; go on there.", received=upload.received)
        )
    return upload


def _refused(field: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError(detail, errors=[FieldError(f"/{field}", detail)])


async def let_go(session: AsyncSession, upload_id: uuid.UUID) -> list[str]:
    """Nobody will read the upload any more: what is stored of it is doomed, in this transaction.

    Its key is forgotten with it: no copy of a piece can be read from then on. Answers the names of the
    objects. Doing it again is fine.
    """
    upload = await queries.locked_upload(session, upload_id)
    if upload is None:
        return []
    doomed = await drop_pieces(session, upload)
    if upload.direct:
        doomed = [upload.object_prefix]
        await objects.doom(session, upload.org_id, doomed)
    upload.status, upload.sealed_key = "spent", ""
    await session.flush()
    return doomed


async def drop_pieces(session: AsyncSession, upload: Upload) -> list[str]:
    """Forget what was received, and answer the names of the objects that are doomed with it."""
    doomed = [piece.object_key for piece in await queries.pieces(session, upload.id)]
    await objects.doom(session, upload.org_id, doomed)
    await session.execute(delete(UploadPiece).where(UploadPiece.upload_id == upload.id))
    upload.received, upload.pieces = 0, 0
    return doomed


async def cancel(uploads: Uploads, org_id: uuid.UUID, upload_id: uuid.UUID) -> None:
    """The client gives up.

    Raises:
        NotFoundError: there is no such upload. UploadUsedError: an analysis has it.
    """
    async with uploads.database.tenant(org_id) as session:
        upload = await queries.locked_upload(session, upload_id)
        if upload is None:
            raise NotFoundError("There is no such upload.")
        if upload.status in TAKEN:
            raise UploadUsedError("An analysis has the file.")
        await drop_pieces(session, upload)
        await session.delete(upload)


async def forget(session: AsyncSession, upload: Upload) -> list[str]:
    """Remove an upload whose analysis is erased; answers the names of the objects that are doomed with it.

    A direct one stays, nameless, until its URL has expired: what a client still puts there goes then.
    """
    doomed = await let_go(session, upload.id)
    if upload.direct and upload.cleared_at is None:
        upload.file_name = None
    else:
        await session.delete(upload)
    return doomed


async def clear_overdue(session: AsyncSession) -> list[uuid.UUID]:
    """Doom what is left of uploads that expired (operator session); answers which they were.

    That of a direct one is doomed even if it was before: its URL let the client put it again.
    """
    overdue = await queries.overdue_uploads(session, LATE, BATCH)
    for upload in overdue:
        await let_go(session, upload.id)
        upload.cleared_at = clock.now()
    await session.flush()
    return [upload.id for upload in overdue]
