"""What the headers of a sending request say.

``Upload-*`` are those of the IETF draft on resumable uploads (draft-ietf-httpbis-resumable-upload); a PUT
with ``Content-Range`` is understood too (RFC 9110, section 14.5).
"""

import re
from typing import Annotated

from fastapi import Header, Request

from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.recordings.upload_inlet import Sending, State

_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)", re.ASCII)
_BOOLEANS = {"?1": True, "?0": False}

Length = Annotated[str | None, Header(alias="Upload-Length", description="Bytes of the whole file.")]
Complete = Annotated[
    str | None,
    Header(alias="Upload-Complete", description="`?1`: the file ends with these bytes; `?0`: not."),
]
Offset = Annotated[str | None, Header(alias="Upload-Offset", description="Where these bytes belong.")]
Range = Annotated[str | None, Header(alias="Content-Range", description="`bytes first-last/size`")]


def put_sending(
    request: Request,
    content_range: Range = None,
    upload_length: Length = None,
    upload_complete: Complete = None,
) -> Sending:
    """A PUT brings the whole file, or the part that ``Content-Range`` names; from byte 0 it starts over.

    Raises:
        InvalidRequestError: naming the header that is wrong.
    """
    size, complete = _number("Upload-Length", upload_length), _boolean(upload_complete)
    came = _number("Content-Length", request.headers.get("content-length"))
    if content_range is None:
        last = complete is not False
        return Sending(None, came, _one(size, came if last else None), last)
    first, length, whole = _range(content_range)
    if came is not None and came != length:
        raise _wrong("Content-Range", f"names {length} bytes, and Content-Length {came}.")
    ends = first + length == whole if whole is not None else False
    return Sending(first or None, length, _one(size, whole), ends if complete is None else complete)


def patch_sending(
    request: Request,
    upload_offset: Offset = None,
    upload_length: Length = None,
    upload_complete: Complete = None,
) -> Sending:
    """A PATCH brings the bytes that follow on what was received.

    Raises:
        InvalidRequestError: naming the header that is wrong.
    """
    offset = _number("Upload-Offset", upload_offset)
    if offset is None:
        raise _wrong("Upload-Offset", "is missing: say where the bytes belong.")
    came = _number("Content-Length", request.headers.get("content-length"))
    return Sending(offset, came, _number("Upload-Length", upload_length), _boolean(upload_complete))


def state_headers(state: State) -> dict[str, str]:
    """How far an upload is."""
    headers = {"Upload-Offset": str(state.received), "Upload-Complete": "?1" if state.complete else "?0"}
    return headers | ({} if state.size is None else {"Upload-Length": str(state.size)})


def _range(text: str) -> tuple[int, int, int | None]:
    """First byte, number of bytes, size of the whole."""
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise _wrong("Content-Range", "is not of the form 'bytes first-last/size'.")
    first, last, size = int(match[1]), int(match[2]), None if match[3] == "*" else int(match[3])
    if last < first or (size is not None and last >= size):
        raise _wrong("Content-Range", "names bytes that the file cannot have.")
    return first, last - first + 1, size


def _number(header: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not _NUMBER.fullmatch(text.strip()):
        raise _wrong(header, "is no number of bytes.")
    return int(text)


def _boolean(text: str | None) -> bool | None:
    if text is None:
        return None
    if text.strip() not in _BOOLEANS:
        raise _wrong("Upload-Complete", "is ?1 or ?0.")
    return _BOOLEANS[text.strip()]


def _one(told: int | None, meant: int | None) -> int | None:
    if None not in {told, meant} and told != meant:
        raise _wrong("Upload-Length", f"says {told} bytes, the request means {meant}.")
    return meant if told is None else told


def _wrong(header: str, what: str) -> InvalidRequestError:
    return InvalidRequestError(f"{header} {what}", errors=[FieldError(f"/{header}", what)])
