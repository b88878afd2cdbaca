"""Bodies as they arrive: whole, or broken off in the middle."""

import hashlib
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path

from calltrace.kit.encryption import CHUNK
from calltrace.recordings import queries, upload_receive, uploads
from calltrace.recordings.errors import UploadInterruptedError
from calltrace.recordings.upload_inlet import Sending, State
from calltrace.recordings.upload_pieces import PieceStore
from calltrace.recordings.uploads import Uploads, Wanted


def content(size: int, seed: bytes = b"a recording") -> bytes:
    return hashlib.shake_128(seed).digest(size)


async def body(data: bytes, *, cut: bool = False, step: int = CHUNK) -> AsyncGenerator[bytes]:
    for start in range(0, len(data), step):
        yield data[start : start + step]
    if cut:
        raise UploadInterruptedError("The client hung up.")


async def opened(desk: Uploads, org: uuid.UUID, **wanted: object) -> uuid.UUID:
    fields = Wanted(**wanted)  # type: ignore[arg-type] - a table of fields
    return (await uploads.open_upload(desk, org, None, fields)).upload.id


async def send(
    desk: Uploads, org: uuid.UUID, upload_id: uuid.UUID, data: bytes, sending: Sending | None = None
) -> State:
    sending = sending or Sending(None, len(data), len(data), last=True)
    return await upload_receive.receive(desk, org, upload_id, sending, body(data))


async def stored(desk: Uploads, org: uuid.UUID, upload_id: uuid.UUID) -> bytes:
    """The plaintext of an upload's pieces, in order."""
    async with desk.database.tenant(org) as session:
        upload = await queries.upload(session, upload_id)
        pieces = await queries.pieces(session, upload_id)
    assert upload
    store = PieceStore(desk.store, desk.box, upload)
    return b"".join([part for piece in pieces for part in [part async for part in store.read(piece)]])


def objects_in(folder: Path) -> set[str]:
    """Names of everything that a local store holds."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
