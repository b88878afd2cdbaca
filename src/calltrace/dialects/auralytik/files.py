"""What signed links lead to; the link is the credential (acceptance AU-052, AU-054)."""

import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.responses import StreamingResponse

from calltrace.analyses.models import WaitingFile
from calltrace.dialects.auralytik import file_queries, links
from calltrace.dialects.auralytik.deps import Id, PlatformDep
from calltrace.dialects.auralytik.errors import ConflictError
from calltrace.dialects.auralytik.file_queries import File
from calltrace.dialects.auralytik.forms import path_id
from calltrace.kit.attachments import attachment
from calltrace.kit.digits import whole_number
from calltrace.kit.errors import CallTraceError, NotFoundError
from calltrace.kit.links import LinkRefusedError
from calltrace.pipeline.context import Platform
from calltrace.recordings import queries as recordings
from calltrace.recordings import upload_fetch, upload_receive
from calltrace.recordings.arriving import IDLE_SECONDS, arriving
from calltrace.recordings.playing import play
from calltrace.recordings.upload_inlet import Sending

router = APIRouter(prefix="/files", include_in_schema=False)


class Target:
    """The organisation and the file that a signed link leads to."""

    def __init__(self, org_id: uuid.UUID, file_id: uuid.UUID) -> None:
        self.org_id = org_id
        self.file_id = file_id


async def _linked(platform: Platform, kind: str, text: str, query: "Link") -> Target:
    """Let a link that we signed pass; one that was changed in any way is refused alike."""
    try:
        file_id, org_id, expires = path_id("af", text), uuid.UUID(query.org), int(query.expires[:12])
    except (CallTraceError, ValueError):
        raise LinkRefusedError("The link is not one of ours.") from None
    links.signer(platform, kind).verify(org_id, file_id, expires, query.signature)
    return Target(org_id, file_id)


class Link:
    """What a signed link carries beside the id."""

    def __init__(
        self,
        org: Annotated[str, Query()] = "",
        expires: Annotated[str, Query()] = "",
        signature: Annotated[str, Query()] = "",
    ) -> None:
        self.org = org
        self.expires = expires
        self.signature = signature


LinkDep = Annotated[Link, Depends()]


@router.put("/uploads/{id}", status_code=201)
async def put_file(request: Request, platform: PlatformDep, thing: Id, link: LinkDep) -> Response:
    """Take the file; again before it is processed replaces it."""
    target = await _linked(platform, links.UPLOAD, thing, link)
    async with platform.database.tenant(target.org_id) as session:
        found = await file_queries.find(session, target.file_id)
    if found is None:
        raise NotFoundError("There is no audio file with this id.")
    if not isinstance(found.row, WaitingFile):
        raise _closing(ConflictError("The file is being processed, or was."))
    size = whole_number(request.headers.get("content-length", ""), most_digits=15)
    body = arriving(request, IDLE_SECONDS)
    try:
        await upload_receive.receive(
            platform.uploads, target.org_id, found.row.upload_id, Sending(None, size, size), body
        )
    except CallTraceError as error:
        raise _closing(error) from error
    return Response(status_code=201)


def _closing(error: CallTraceError) -> CallTraceError:
    """The rest of the body is not read: without this the server would read it all and throw it away."""
    error.headers = MappingProxyType({**error.headers, "Connection": "close"})
    return error


@router.head("/recordings/{id}")
@router.get("/recordings/{id}")
async def get_recording(
    request: Request,
    platform: PlatformDep,
    thing: Id,
    link: LinkDep,
    wanted: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:
    """The recording, byte for byte as it came."""
    target = await _linked(platform, links.DOWNLOAD, thing, link)
    async with platform.database.tenant(target.org_id) as session:
        found = await file_queries.find(session, target.file_id)
        if found is None:
            raise NotFoundError("There is no audio file with this id.")
        size = await links.readable_size(session, found)
        pieces = await recordings.pieces(session, found.upload.id) if found.upload else ()
    name = _name(found)
    if found.recording is not None:
        answer = await play(request, platform.vault, found.recording, wanted)
        answer.headers["Content-Disposition"] = name
        return answer
    assert found.upload is not None
    headers = {"Content-Length": str(size), "Content-Disposition": name}
    if request.method == "HEAD":
        return Response(None, 200, headers, media_type="application/octet-stream")
    body = upload_fetch.read(platform.uploads, found.upload, pieces)
    return StreamingResponse(await _begun(body), 200, headers, media_type="application/octet-stream")


def _name(found: File) -> str:
    """A header that has the file saved under the name it came with."""
    ending = PurePosixPath(found.row.file_name or "").suffix[1:]
    media = found.recording.media if found.recording else "bin"
    extension = ending if ending.isascii() and ending.isalnum() else media
    return attachment(found.row.file_name, f"recording-{found.row.id}", extension)


async def _begun(chunks: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    """Read the first piece before anything is answered: what is missing must not look like a 200."""
    first = await anext(chunks, b"")

    async def rest() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return rest()
