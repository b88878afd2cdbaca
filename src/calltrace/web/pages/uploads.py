"""``/calls/uploads``: recordings that a script sends piece by piece, and goes on with after any interruption.

The pieces themselves go to the upload's own address (decision 0011, ``/api/v1/uploads``): that is signed, and
all that it lets anybody do is to send this one file. Whose call it becomes is asked before and after.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from calltrace.analyses.submit import check_before, submit
from calltrace.kit import clock
from calltrace.kit.errors import CallTraceError, InvalidRequestError, NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import local
from calltrace.recordings import queries, uploads
from calltrace.recordings.multipart import plain_name, plain_type
from calltrace.recordings.uploads import Wanted
from calltrace.web.deps import JudgesDeskDep, PostedDep
from calltrace.web.forms import Form
from calltrace.web.taking_in import FIELDS, Wishes, allowed, as_the_form_calls_it, submission, wishes_of

router = APIRouter(prefix="/calls/uploads")
_MOST_DIGITS = 15


async def wished(desk: JudgesDeskDep, form: PostedDep) -> Wishes | CallTraceError:
    """What the form says of the file, or why it cannot be: both are answered in JSON."""
    try:
        return await allowed(desk, wishes_of({name: form.exact(name) for name in FIELDS}))
    except InvalidRequestError as error:
        return error


WishedDep = Annotated[Wishes | CallTraceError, Depends(wished)]


@router.post("")
async def begin(desk: JudgesDeskDep, form: PostedDep, wishes: WishedDep) -> Response:
    """Where one file is to be sent, and until when: all that can be refused without it is refused now."""

    async def opened(wishes: Wishes) -> Response:
        name, size = plain_name(form.exact("name")), _size(form)
        await check_before(desk.platform.intake, desk.who.org_id, submission(wishes, name))
        wanted = Wanted(name, size, plain_type(form.exact("type")), direct=False, mode=wishes.mode)
        upload = await uploads.open_upload(desk.platform.uploads, desk.who.org_id, None, wanted)
        address = urlsplit(upload.url)
        told = {
            "id": str(upload.upload.id), "address": f"{address.path}?{address.query}",
            "until": clock.iso(upload.upload.expires_at),
        }  # fmt: skip
        return JSONResponse(told, 201)

    return await _told(wishes, opened)


@router.post("/{upload_id}/call")
async def end(upload_id: str, desk: JudgesDeskDep, wishes: WishedDep) -> Response:
    """The file is there: it becomes a call. Asked again, because the answer was lost, it is the same one."""

    async def taken(wishes: Wishes) -> Response:
        org_id, found = desk.who.org_id, as_uuid(upload_id)
        async with desk.transaction() as session:
            upload = await queries.upload(session, found) if found else None
            if upload is None or upload.mode != wishes.mode:
                raise NotFoundError("There is no such upload.")
            wanted = submission(wishes, upload.file_name, upload.id)
        accepted = await submit(desk.platform.intake, org_id, None, wanted)
        return JSONResponse({"path": f"/calls/{accepted.analysis_id}"}, 201)

    return await _told(wishes, taken)


async def _told(wishes: Wishes | CallTraceError, answer: Callable[[Wishes], Awaitable[Response]]) -> Response:
    """What came of it, for a script."""
    try:
        if isinstance(wishes, CallTraceError):
            raise wishes
        return await answer(wishes)
    except CallTraceError as error:
        told = as_the_form_calls_it(error)
        content = {"code": told.code, "title": local(told.title), "detail": local(told.detail)}
        return JSONResponse(content, told.status, dict(told.headers))


def _size(form: Form) -> int:
    text = form.text("size")
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise InvalidRequestError("The size of the file is a number of bytes.")
    if not int(text):
        raise InvalidRequestError("The file is empty.")
    return int(text)
