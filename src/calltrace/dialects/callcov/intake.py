"""What a submission says, in JSON or as a form with the file itself (acceptance CV-060 to CV-062, CV-082)."""

import hashlib
import json
import uuid
from collections.abc import AsyncIterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn, Protocol

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from calltrace.analyses.submit import METADATA_BYTES, METADATA_DEPTH
from calltrace.dialects.callcov.body import checked, read_json
from calltrace.dialects.callcov.caller import Caller
from calltrace.dialects.callcov.errors import InvalidError, RefusedError, refused_field
from calltrace.dialects.callcov.shown import SYSTEM_KEYS
from calltrace.kit import strict_json
from calltrace.kit.errors import CallTraceError, FileTooLargeError
from calltrace.pipeline.context import Platform
from calltrace.recordings import upload_receive, uploads
from calltrace.recordings.arriving import IDLE_SECONDS, arriving
from calltrace.recordings.media import judge
from calltrace.recordings.multipart import MEDIA_TYPE, Part, parts, plain_name, plain_type
from calltrace.recordings.sniff import ENOUGH
from calltrace.recordings.upload_inlet import Sending
from calltrace.speech.codes import known_language

_FILE = "audio_file"
_FIELDS = ("agent_id", "contact_id", "webhook_url", "language", "audio_url", "metadata")
Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=8192)]


class Described(BaseModel):
    """What is said of a call in either form."""

    model_config = ConfigDict(extra="ignore", strict=True)

    agent_id: Text | None = Field(None, description="Your name for the agent; one that is new is made.")
    contact_id: Text | None = Field(None, description="Your name for the customer.")
    webhook_url: Url | None = Field(None, description="HTTPS URL that is sent the analysis once it is final.")
    metadata: dict[str, Any] | None = Field(None, description="At most 16 KiB of JSON, answered unchanged.")
    language: Annotated[str, StringConstraints(max_length=12)] | None = Field(
        None, description="ISO 639-1, or `auto`."
    )


class AnalysisCreate(Described):
    """``POST /analysis/`` as JSON: only ``audio_url`` is required."""

    audio_url: Url = Field(description="HTTPS URL of the recording.")


class AnalysisUpload(Described):
    """``POST /analysis/`` as a form; ``metadata`` is JSON as text."""

    audio_file: bytes = Field(
        description="The recording, at most 500 MB.", json_schema_extra={"format": "binary"}
    )


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came, judged field by field.

    Attributes:
        upload_id: where the file is that came with it.
        fingerprint: SHA-256 of what it says, and of the file: the same request has the same.
    """

    described: Described
    audio_url: str | None
    upload_id: uuid.UUID | None
    file_name: str | None
    fingerprint: str

    @property
    def language(self) -> str:
        """The language that was asked for, as the recogniser knows it."""
        wanted = self.described.language or "auto"
        return wanted if wanted == "auto" else known_language(wanted) or "auto"


async def read(request: Request, platform: Platform, caller: Caller) -> Submitted:
    """The submission; a file is in the store already, and goes with ``drop`` if nothing comes of it.

    Raises:
        RefusedError, InvalidError: what is wrong with it; of a file, while it is sent.
    """
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        wanted = await read_json(request, AnalysisCreate)
        _judge(wanted)
        return Submitted(wanted, wanted.audio_url, None, None, fingerprint(wanted.model_dump(mode="json")))
    try:
        return await _read_form(parts(content_type, arriving(request, IDLE_SECONDS)), platform, caller)
    except CallTraceError as error:
        told = error if isinstance(error, InvalidError | RefusedError) else _as_told(error)
        # What is left of the body is not read: the connection cannot be used again.
        told.headers = {**told.headers, "Connection": "close"}
        raise told from error


def fingerprint(content: Any) -> str:
    """SHA-256 of the canonical JSON of something."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _judge(wanted: Described) -> None:
    """What a model of pydantic does not say at the right place.

    Raises:
        InvalidError: a reserved name, too much metadata, or an unknown language.
    """
    metadata = wanted.metadata or {}
    for name in SYSTEM_KEYS:
        if name in metadata:
            place = ("body", "metadata", name)
            raise refused_field(place, "reserved_key", "This metadata key is reserved", metadata[name])
    if strict_json.depth(metadata) > METADATA_DEPTH:
        told = f"Metadata should be nested at most {METADATA_DEPTH} deep"
        raise refused_field(("body", "metadata"), "metadata_too_deep", told, None)
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > METADATA_BYTES:
        told = f"Metadata should have at most {METADATA_BYTES} bytes"
        raise refused_field(("body", "metadata"), "metadata_too_large", told, None)
    if wanted.language not in {None, "auto"} and known_language(wanted.language or "") is None:
        told = "Value error, not 'auto' or a language that can be recognised"
        raise refused_field(("body", "language"), "value_error", told, wanted.language)


async def _read_form(form: AsyncIterable[Part], platform: Platform, caller: Caller) -> Submitted:
    """The fields in any order; the file goes to the store as it comes."""
    fields: dict[str, Any] = {}
    received: Received | None = None
    try:
        async for part in form:
            if part.name == _FILE:
                if received is not None:
                    _refuse_file("value_error", "Value error, send one file")
                received = await _receive(part, platform, caller)
            elif part.name in _FIELDS:
                fields[part.name] = await part.text()
        described = _described(fields)
    except BaseException:
        if received is not None:
            await drop(platform, caller, received.upload_id)
        raise
    if received is None:
        raise refused_field(("body", _FILE), "missing", "Field required", fields)
    told = {**described.model_dump(mode="json"), "audio_file": received.sha256}
    return Submitted(described, None, received.upload_id, received.name, fingerprint(told))


def _described(fields: Mapping[str, Any]) -> Described:
    if "audio_url" in fields:
        told = "Value error, give audio_url as JSON, or audio_file, not both"
        raise refused_field(("body", "audio_url"), "value_error", told, fields["audio_url"])
    content = {name: value for name, value in fields.items() if value != ""}
    if "metadata" in content:
        try:
            content["metadata"] = strict_json.parse(content["metadata"].encode())
        except ValueError as error:
            place, told = ("body", "metadata"), "Input should be a valid JSON object"
            raise refused_field(place, "json_invalid", told, content["metadata"]) from error
    described = checked(Described, content)
    _judge(described)
    return described


@dataclass(frozen=True, slots=True)
class Received:
    """A file that came with a form."""

    upload_id: uuid.UUID
    name: str | None
    sha256: str


async def _receive(part: Part, platform: Platform, caller: Caller) -> Received:
    """One file into the store, judged by its first bytes; of a refused one nothing stays."""
    place, name = platform.uploads, plain_name(part.file_name or "")
    body, digest = Judged(part.body, part.content_type, name), hashlib.sha256()
    await body.begin()
    wanted = uploads.Wanted(name, None, _audio_type(part.content_type), direct=False, mode=caller.mode)
    upload = (await uploads.open_upload(place, caller.org_id, caller.key_id, wanted)).upload
    try:
        await upload_receive.receive(place, caller.org_id, upload.id, Sending(), body.hashed(digest))
    except BaseException as error:
        await drop(platform, caller, upload.id)
        if isinstance(error, FileTooLargeError):
            _refuse_file("file_too_large", error.detail)
        raise
    return Received(upload.id, name, digest.hexdigest())


def _audio_type(content_type: str | None) -> str | None:
    """What the caller takes it to be: only believed of sound, for programs call files what they like."""
    plain = plain_type(content_type) or ""
    return plain if plain.startswith(("audio/", "video/")) else None


class Digest(Protocol):
    """What ``hashlib`` makes."""

    def update(self, data: bytes | bytearray, /) -> None:
        """Go on with some bytes."""


class Judged:
    """The bytes of a file, of which the first ones are looked at before any is kept."""

    def __init__(self, body: AsyncIterable[bytes], content_type: str | None, name: str | None) -> None:
        self._body, self._type, self._name = aiter(body), content_type or "", name
        self._head = bytearray()

    async def begin(self) -> None:
        """Read enough to tell what it is.

        Raises:
            InvalidError: nothing, or no audio by its content.
        """
        while len(self._head) < ENOUGH and (piece := await anext(self._body, b"")):
            self._head += piece
        if not self._head:
            _refuse_file("empty_file", "The file is empty")
        if judge(bytes(self._head[:ENOUGH]), self._type, [self._name] if self._name else []) is None:
            _refuse_file("unsupported_format", "The file is not audio that can be decoded")

    async def hashed(self, digest: Digest) -> AsyncIterable[bytes]:
        """All of it, while a digest of it is made."""
        digest.update(self._head)
        yield bytes(self._head)
        async for piece in self._body:
            digest.update(piece)
            yield piece


def _refuse_file(kind: str, told: str) -> NoReturn:
    raise refused_field(("body", _FILE), kind, told, None)


def _as_told(error: CallTraceError) -> CallTraceError:
    """What is wrong with a form as such is a bad request; what is wrong with us stays what it is."""
    return RefusedError(400, error.detail) if error.status < 500 else error  # noqa: PLR2004 - our own faults


async def drop(platform: Platform, caller: Caller, upload_id: uuid.UUID | None) -> None:
    """Let go of a file that nothing comes of. Housekeeping does, too, when this is not possible now."""
    if upload_id is not None:
        with suppress(CallTraceError):
            await uploads.cancel(platform.uploads, caller.org_id, upload_id)
