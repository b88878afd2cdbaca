"""``/api/v1/uploads``: sending a recording instead of pointing to it (acceptance CT-027)."""

import uuid
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, StringConstraints

from calltrace.api.body import has_body, read_json
from calltrace.api.deps import PlatformDep, Uploader, path_id
from calltrace.api.openapi import json_body, problems
from calltrace.api.recordings import SignedLink, signed_link
from calltrace.api.schemas import Name, Wire
from calltrace.api.upload_headers import patch_sending, put_sending, state_headers
from calltrace.kit import clock
from calltrace.kit.errors import CallTraceError
from calltrace.pipeline.context import Platform
from calltrace.recordings import upload_receive, uploads
from calltrace.recordings.arriving import IDLE_SECONDS, arriving
from calltrace.recordings.upload_inlet import Sending

router = APIRouter(prefix="/uploads", tags=["Uploads"])
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_STATE = {
    name: {"description": text, "schema": {"type": "string"}}
    for name, text in {
        "Upload-Offset": "Bytes that are received.", "Upload-Complete": "`?1` once it is whole, else `?0`.",
        "Upload-Length": "Bytes of the whole file, if known.",
    }.items()
}  # fmt: skip
_TOLD: dict[int | str, dict[str, Any]] = {204: {"description": "How far the upload is.", "headers": _STATE}}


class UploadRequest(Wire):
    """``POST /uploads``; everything in it is optional."""

    file_name: Name | None = Field(None, description="Original file name, shown in Call Trace.")
    size_bytes: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Bytes of the file; another length is refused then."
    )
    content_type: Annotated[str, StringConstraints(max_length=255)] | None = Field(
        None, description="Its media type; what counts is the content.", examples=["audio/mpeg"]
    )
    direct: bool | None = Field(
        None,
        description="Straight into the object store (`true`), or through this API, where a sending that broke"
        " off goes on (`false`). Left out: straight, if the object store is S3.",
    )


class UploadOpened(Wire):
    """Where the file goes. The URL alone is the credential: whoever has it can send the file."""

    upload_id: str
    upload_url: str = Field(description="PUT the file here.")
    expires_at: str = Field(description="Until then the file can be sent and an analysis asked for.")
    direct: bool = Field(description="Whether the URL is one of the object store itself.")
    max_bytes: int = Field(description="The most that a file may have.")


@router.post(
    "",
    status_code=201,
    responses=problems(400, 401, 403, 413, 422, 500, 503),
    openapi_extra=json_body(UploadRequest, required=False),
)
async def create_upload(
    request: Request, response: Response, platform: PlatformDep, principal: Uploader
) -> UploadOpened:
    """Ask for a place to send one recording to; `POST /analyses` then takes its `uploadId`."""
    body = await read_json(request, UploadRequest) if has_body(request) else UploadRequest.model_validate({})
    wanted = uploads.Wanted(
        body.file_name, body.size_bytes, body.content_type, direct=body.direct, mode=principal.mode
    )
    opened = await uploads.open_upload(platform.uploads, principal.org_id, principal.key_id, wanted)
    response.headers["Location"] = opened.url
    return UploadOpened(
        upload_id=str(opened.upload.id),
        upload_url=opened.url,
        expires_at=clock.iso(opened.upload.expires_at),
        direct=opened.upload.direct,
        max_bytes=platform.limits.max_bytes,
    )


@dataclass(frozen=True, slots=True)
class Target:
    """The upload that a signed link leads to, and when the link expires (Unix seconds)."""

    org_id: uuid.UUID
    upload_id: uuid.UUID
    expires: int


def linked(
    upload_id: str, platform: PlatformDep, link: Annotated[SignedLink, Depends(signed_link)]
) -> Target:
    """Let a link that we signed pass."""
    found = path_id(upload_id)
    platform.uploads.links.verify(link.org, found, link.expires, link.signature)
    return Target(link.org, found, link.expires)


@router.head("/{upload_id}", status_code=204, responses=_TOLD | problems(400, 403, 404, 409, 500, 503))
async def look_at_upload(platform: PlatformDep, target: Annotated[Target, Depends(linked)]) -> Response:
    """Where to go on after a lost connection: `Upload-Offset`."""
    state = await upload_receive.look(platform.uploads, target.org_id, target.upload_id)
    left = max(0, target.expires - int(clock.now().timestamp()))
    limit = f"max-size={platform.limits.max_bytes}, max-age={left}"
    return Response(status_code=204, headers=state_headers(state) | {"Upload-Limit": limit})


@router.put(
    "/{upload_id}",
    status_code=204,
    responses=_TOLD | problems(400, 403, 404, 409, 413, 500, 503),
    openapi_extra=_FILE,
)
async def put_file(
    request: Request,
    platform: PlatformDep,
    target: Annotated[Target, Depends(linked)],
    sending: Annotated[Sending, Depends(put_sending)],
) -> Response:
    """Send the file, or with `Content-Range` a part of it. Without, it starts over; again is fine."""
    return await _receive(request, platform, target, sending)


@router.patch(
    "/{upload_id}",
    status_code=204,
    responses=_TOLD | problems(400, 403, 404, 409, 413, 500, 503),
    openapi_extra=_FILE,
)
async def append_to_file(
    request: Request,
    platform: PlatformDep,
    target: Annotated[Target, Depends(linked)],
    sending: Annotated[Sending, Depends(patch_sending)],
) -> Response:
    """Send what follows on the bytes that were received."""
    return await _receive(request, platform, target, sending)


@router.delete("/{upload_id}", status_code=204, responses=problems(400, 403, 404, 409, 500, 503))
async def cancel_upload(platform: PlatformDep, target: Annotated[Target, Depends(linked)]) -> Response:
    """Give up: what was received is removed."""
    await uploads.cancel(platform.uploads, target.org_id, target.upload_id)
    return Response(status_code=204)


async def _receive(request: Request, platform: Platform, target: Target, sending: Sending) -> Response:
    body = arriving(request, IDLE_SECONDS)
    try:
        state = await upload_receive.receive(platform.uploads, target.org_id, target.upload_id, sending, body)
    except CallTraceError as error:
        # The rest of the body is not read: without this the server would read it all and throw it away.
        error.headers = MappingProxyType({**error.headers, "Connection": "close"})
        raise
    return Response(status_code=204, headers=state_headers(state))
