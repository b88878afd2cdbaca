"""Forms that bring files (RFC 7578), read while they arrive: no file is ever whole in memory."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from calltrace.kit.errors import InvalidRequestError
from calltrace.kit.words import Words
from calltrace.recordings.errors import FormTooLargeError, UploadInterruptedError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MEDIA_TYPE = "multipart/form-data"
MAX_BYTES = 64 * 1024
"""Of a field that is a text."""
MAX_FIELDS = 1200  # a team of 500 agents, one check box for each
LONGEST_NAME = 255
_UNREADABLE = "The form cannot be read."


@dataclass(frozen=True, slots=True)
class Part:
    """One field of the form. It is read in its turn: who asks for the next one skips what is left of it.

    Attributes:
        name: of the field.
        file_name: of a file as the browser calls it; ``None``: the field is a text.
        content_type: of a file, as the browser takes it to be.
        body: its bytes, as they come.
    """

    name: str
    file_name: str | None
    content_type: str | None
    body: AsyncGenerator[bytes]

    async def text(self) -> str:
        """The whole field as a text.

        Raises:
            FormTooLargeError, InvalidRequestError: it is too long, or none.
        """
        content = bytearray()
        async for piece in self.body:
            content += piece
            if len(content) > MAX_BYTES:
                raise FormTooLargeError(
                    Words("A field has at most %(max_bytes)s bytes.", max_bytes=MAX_BYTES)
                )
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise InvalidRequestError(_UNREADABLE) from error
        if "\0" in text:
            raise InvalidRequestError("The form holds NUL characters.")
        return text


async def parts(content_type: str, body: AsyncIterable[bytes]) -> AsyncGenerator[Part]:
    """The fields of a form in their order.

    Raises:
        InvalidRequestError: it is no such form. UploadInterruptedError: it ended in the middle.
    """
    media, options = parse_options_header(content_type)
    if media != MEDIA_TYPE.encode() or b"boundary" not in options:
        raise InvalidRequestError(
            Words("A form with a file is sent as %(media_type)s.", media_type=MEDIA_TYPE)
        )
    reader = _Reader(options[b"boundary"], body)
    count = 0
    while await reader.next_part():
        count += 1
        if count > MAX_FIELDS:
            raise FormTooLargeError(Words("A form has at most %(max_fields)s fields.", max_fields=MAX_FIELDS))
        part = _part(reader.headers, reader.rest_of_part())
        yield part
        async for _skipped in reader.rest_of_part():
            pass


@dataclass(slots=True)
class _Event:
    kind: Literal["begin", "data", "end", "over"]
    data: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])


class _Reader:
    """Asks the parser, which calls back, for one event after the other."""

    def __init__(self, boundary: bytes, body: AsyncIterable[bytes]) -> None:
        self.headers: dict[bytes, bytes] = {}
        self._events = deque[_Event]()
        self._name, self._value, self._read = bytearray(), bytearray(), dict[bytes, bytes]()
        self._body = aiter(body)
        self._ended = False
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except FormParserError as error:
            raise InvalidRequestError(_UNREADABLE) from error

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._read.clear,
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._keep_header,
            "on_headers_finished": lambda: self._events.append(_Event("begin", headers=dict(self._read))),
            "on_part_data": lambda data, start, end: self._events.append(_Event("data", data[start:end])),
            "on_part_end": lambda: self._events.append(_Event("end")),
            "on_end": lambda: self._events.append(_Event("over")),
        }

    def _keep_header(self) -> None:
        self._read[bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    async def next_part(self) -> bool:
        """Go to the next part; False: there is none."""
        event = await self._next()
        self.headers = event.headers
        self._ended = False
        return event.kind == "begin"

    async def rest_of_part(self) -> AsyncGenerator[bytes]:
        """What was not read yet of the part that is at hand."""
        while not self._ended:
            event = await self._next()
            self._ended = event.kind != "data"
            if event.kind == "data":
                yield event.data

    async def _next(self) -> _Event:
        while not self._events:
            try:
                self._parser.write(await anext(self._body))
            except StopAsyncIteration:
                raise UploadInterruptedError("The form ended in the middle.") from None
            except FormParserError as error:
                raise InvalidRequestError(_UNREADABLE) from error
        return self._events.popleft()


def _part(headers: dict[bytes, bytes], body: AsyncGenerator[bytes]) -> Part:
    kind, options = parse_options_header(headers.get(b"content-disposition"))
    if kind != b"form-data" or b"name" not in options:
        raise InvalidRequestError(_UNREADABLE)
    file_name = options.get(b"filename")
    content_type = headers.get(b"content-type")
    return Part(
        options[b"name"].decode("utf-8", "replace"),
        None if file_name is None else file_name.decode("utf-8", "replace"),
        content_type.decode("latin-1") if content_type else None,
        body,
    )


def plain_type(content_type: str | None) -> str | None:
    """The media type without parameters, if it looks like one."""
    plain = (content_type or "").partition(";")[0].strip()
    return plain if plain.isascii() and plain.isprintable() and 0 < len(plain) <= LONGEST_NAME else None


def plain_name(text: str) -> str | None:
    """The name of a file without folders and what no name needs; browsers write ``%22`` for a quote."""
    last = PurePosixPath(text.replace("\\", "/")).name.replace("%22", '"')
    return "".join(one for one in last if one.isprintable()).strip()[:LONGEST_NAME] or None
