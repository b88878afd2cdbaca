"""A scorecard as a text that somebody wrote: every fault beside its line, and files that bring one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from calltrace.kit.errors import CallTraceError
from calltrace.kit.words import Words
from calltrace.recordings.errors import FormTooLargeError
from calltrace.recordings.multipart import MEDIA_TYPE, Part, parts
from calltrace.scorecards.yaml import MAX_BYTES
from calltrace.web.deps import MOST_OF_A_DOCUMENT, PlatformDep, SignedInDep
from calltrace.web.forms import Form, read_form
from calltrace.web.origin import check_origin, check_token

_PLACE = re.compile(r"line (\d+), column (\d+)(?:, [\w.]+)?: (.*)", re.DOTALL)
"""How ``scorecards/places.py`` begins what it says of a fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one place of a text, and the line that it stands in; 0: nobody knows where.

    As words of a page ``text`` says what, and not where.
    """

    line: int
    column: int
    field: str
    text: str
    source: str


def faults(error: CallTraceError, text: str) -> list[Fault]:
    """Everything that is wrong with ``text``, from top to bottom."""
    told = [(one.pointer.strip("/").replace("/", "."), one.detail) for one in error.errors]
    found = [_fault(field, detail, text.splitlines()) for field, detail in told or [("", error.detail)]]
    return sorted(found, key=lambda one: (one.line, one.column))


def _fault(field: str, detail: str, source: Sequence[str]) -> Fault:
    placed = _PLACE.fullmatch(detail)
    if placed is None:
        return Fault(0, 0, field, detail, "")
    line = int(placed[1])
    shown = source[line - 1].rstrip() if line <= len(source) else ""
    return Fault(line, int(placed[2]), field, detail, shown)


async def posted_text(request: Request, platform: PlatformDep, who: SignedInDep) -> Form:
    """A form of ours that may bring a file: its content is the field ``file``, as text.

    Raises:
        ForgedFormError: it is none of ours. FormTooLargeError: it is too long.
    """
    check_origin(request, platform.public_url)
    content_type = request.headers.get("content-type", "")
    if content_type.lower().startswith(MEDIA_TYPE):
        values = {one.name: [await _text(one)] async for one in parts(content_type, request.stream())}
        form = Form(values)
    else:
        form = await read_form(request, MOST_OF_A_DOCUMENT)
    check_token(form.exact("csrf"), who.csrf_token)
    return form


async def _text(part: Part) -> str:
    """What is no UTF-8 becomes U+FFFD: where it stands can be seen then."""
    content = bytearray()
    async for piece in part.body:
        content += piece
        if len(content) > MAX_BYTES:
            raise FormTooLargeError(
                Words("A scorecard is at most %(max_bytes)s bytes of YAML.", max_bytes=MAX_BYTES)
            )
    return content.decode("utf-8-sig", "replace")
