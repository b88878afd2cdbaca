"""Recordings that come with a form: each goes through the uploads of the platform and is submitted."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from starlette.requests import Request

from calltrace.accounts.models import Mode
from calltrace.analyses.submit import Submission, submit
from calltrace.data import sample_call_path
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words, worded
from calltrace.recordings import upload_receive, uploads
from calltrace.recordings.arriving import IDLE_SECONDS, arriving
from calltrace.recordings.multipart import MEDIA_TYPE, Part, parts, plain_name, plain_type
from calltrace.recordings.upload_inlet import Sending
from calltrace.web.call_filters import MODES
from calltrace.web.deps import Desk
from calltrace.web.errors import ForgedFormError
from calltrace.web.forms import read_form
from calltrace.web.languages import NAMES
from calltrace.web.origin import check_origin, check_token

FIELDS = ("csrf", "mode", "agent", "queue", "project", "language")
"""What the form says of the files, before them: a forged form is refused before a byte of them is kept."""


@dataclass(slots=True)
class Taken:
    """What came of a form: the analyses of the files that were taken in, and what stopped it."""

    mode: Mode = "live"
    analysis_ids: list[uuid.UUID] = field(default_factory=list[uuid.UUID])
    error: CallTraceError | None = None


async def take_in(request: Request, desk: Desk) -> Taken:
    """Take in the recordings of a form, one after the other, until one is refused.

    Raises:
        ForgedFormError: it was not sent from a page of ours. Nothing was taken in.
    """
    taken = Taken()
    try:
        await _take(request, desk, taken)
    except CallTraceError as error:
        # What is left of the body is not read: the connection cannot be used again.
        error.headers = MappingProxyType({**error.headers, "Connection": "close"})
        if isinstance(error, ForgedFormError):
            raise
        taken.error = error
    return taken


async def _take(request: Request, desk: Desk, taken: Taken) -> None:
    check_origin(request, desk.platform.public_url)
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith(MEDIA_TYPE):
        form = await read_form(request)
        check_token(form.exact("csrf"), desk.who.csrf_token)
        raise _wrong("file", Words("A form with a file is sent as %(media_type)s.", media_type=MEDIA_TYPE))
    fields: dict[str, str] = dict.fromkeys(FIELDS, "")
    wishes: Wishes | None = None
    async for part in parts(content_type, arriving(request, IDLE_SECONDS)):
        if part.file_name is None and part.name in fields:
            fields[part.name] = await part.text()
            if fields["mode"] in MODES:  # a form that is refused comes back as what it was
                taken.mode = cast("Mode", fields["mode"])
        elif part.file_name:
            check_token(fields["csrf"], desk.who.csrf_token)
            wishes = wishes or await allowed(desk, wishes_of(fields))
            taken.analysis_ids.append(await _one(desk, part, wishes))
    check_token(fields["csrf"], desk.who.csrf_token)
    wishes_of(fields)
    if not taken.analysis_ids:
        raise _wrong("file", Words("Choose a recording."))


ONE_OF: Mapping[str, str] = worded({
    "agent": "Choose one of the agents.", "queue": "Choose one of the queues.",
    "project": "Choose one of the projects.", "call": "Choose one of the calls.",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wishes:
    """What holds for every file of the form."""

    mode: Mode
    agent_id: uuid.UUID | None
    queue_id: uuid.UUID | None
    language: str
    project_id: uuid.UUID | None = None


async def allowed(desk: Desk, wishes: Wishes) -> Wishes:
    """Whoever sees the calls of some agents only sends theirs: others would be gone for them at once.

    Raises:
        InvalidRequestError: the agent is none of those.
    """
    async with desk.open() as (_session, sender):
        if sender.agents is not None and wishes.agent_id not in sender.agents:
            raise _wrong("agent", Words("Choose one of the agents that you lead."))
    return wishes


def wishes_of(fields: Mapping[str, str]) -> Wishes:
    """What the form says of its files.

    Raises:
        InvalidRequestError: naming the field that no form of ours sends.
    """
    mode, language = fields["mode"] or "live", fields["language"] or "auto"
    if mode not in MODES:
        raise _wrong("mode", Words("Choose live or test."))
    if language not in {"auto", *NAMES}:
        raise _wrong("language", Words("Choose one of the languages."))
    agent, queue, project = (_id(fields, name) for name in ("agent", "queue", "project"))
    return Wishes(cast("Mode", mode), agent, queue, language, project)


def _id(fields: Mapping[str, str], name: str) -> uuid.UUID | None:
    found = as_uuid(fields[name])
    if fields[name] and found is None:
        raise _wrong(name, ONE_OF[name])
    return found


async def _one(desk: Desk, part: Part, wishes: Wishes) -> uuid.UUID:
    """One file of a form."""
    name, content_type = plain_name(part.file_name or ""), plain_type(part.content_type)
    return await _receive(desk, File(name, content_type, part.body), wishes)


@dataclass(frozen=True, slots=True)
class File:
    """A recording as it arrives."""

    name: str | None
    content_type: str | None
    body: AsyncIterable[bytes]


async def sample(desk: Desk) -> uuid.UUID:
    """Take in the call that ships with the project, as if it had been uploaded."""
    path = sample_call_path()

    async def content() -> AsyncGenerator[bytes]:
        yield await asyncio.to_thread(path.read_bytes)

    wishes = Wishes("live", None, None, "auto")
    return await _receive(desk, File("sample call.mp3", "audio/mpeg", content()), wishes)


async def _receive(desk: Desk, file: File, wishes: Wishes) -> uuid.UUID:
    """Open an upload, receive it and submit it; what was received of a refused one is let go."""
    place, org = desk.platform.uploads, desk.who.org_id
    wanted = uploads.Wanted(file.name, None, file.content_type, direct=False, mode=wishes.mode)
    upload = (await uploads.open_upload(place, org, None, wanted)).upload
    try:
        await upload_receive.receive(place, org, upload.id, Sending(), file.body)
        accepted = await submit(desk.platform.intake, org, None, submission(wishes, file.name, upload.id))
    except CallTraceError as error:
        with suppress(CallTraceError):  # housekeeping lets go of it, too; what went wrong first is told
            await uploads.cancel(place, org, upload.id)
        raise as_the_form_calls_it(error) from None
    return accepted.analysis_id


def submission(wishes: Wishes, file_name: str | None, upload_id: uuid.UUID | None = None) -> Submission:
    """What is asked for with one file; asking again with the same upload is answered as before."""
    return Submission(
        file_url=None, file_name=file_name, agent_id=wishes.agent_id, queue_id=wishes.queue_id,
        language=wishes.language, external_id=None, metadata={}, mode=wishes.mode, upload_id=upload_id,
        idempotency_key=f"upload-{upload_id}" if upload_id else None, project_id=wishes.project_id,
    )  # fmt: skip


def as_the_form_calls_it(error: CallTraceError) -> CallTraceError:
    """Errors of the API name its fields; an agent that was deleted meanwhile is no fault of the file."""
    names = {"/agentId": "/agent", "/queueId": "/queue", "/projectId": "/project"}
    error.errors = tuple(FieldError(names.get(one.pointer, one.pointer), one.detail) for one in error.errors)
    return error


def _wrong(name: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError(detail, errors=[FieldError(f"/{name}", detail)])
