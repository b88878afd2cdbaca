"""Forms with files, split by whatever pieces the network makes of them."""

from collections.abc import AsyncGenerator

import pytest

from calltrace.kit.errors import CallTraceError
from calltrace.recordings.multipart import MAX_BYTES, MAX_FIELDS, parts, plain_name

TYPE = "multipart/form-data; boundary=edge"
CONTENT = b"\r\n--edg\r\n-- edge\r\n\0\xff" * 3


def _form(*fields: tuple[str, bytes]) -> bytes:
    shown = [b"--edge\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + body + b"\r\n"
             for head, body in fields]  # fmt: skip
    return b"".join(shown) + b"--edge--\r\n"


FORM = _form(
    ('name="csrf"', b"token"),
    ('name="file"; filename="\u00e4 %22b%22.wav"\r\nContent-Type: audio/wav', CONTENT),
    ('name="empty"', b""),
    ('name="file"; filename=""', b""),
)


async def _in_pieces(body: bytes, size: int) -> AsyncGenerator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


Read = tuple[str, str | None, bytes]


async def _read(body: bytes, size: int = 1000, content_type: str = TYPE) -> list[Read]:
    return [
        (part.name, part.file_name, b"".join([piece async for piece in part.body]))
        async for part in parts(content_type, _in_pieces(body, size))
    ]


async def _texts(body: bytes) -> list[str]:
    return [await part.text() async for part in parts(TYPE, _in_pieces(body, 1000))]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
async def test_fields_and_files_come_whole_however_they_arrive(size: int) -> None:
    assert await _read(FORM, size) == [
        ("csrf", None, b"token"), ("file", "\u00e4 %22b%22.wav", CONTENT), ("empty", None, b""),
        ("file", "", b""),
    ]  # fmt: skip


async def test_what_is_not_read_of_a_field_is_skipped() -> None:
    names = [part.name async for part in parts(TYPE, _in_pieces(FORM, 5))]
    assert names == ["csrf", "file", "empty", "file"]


async def test_what_follows_the_end_is_not_looked_at() -> None:
    assert len(await _read(FORM + b"--edge\r\nand more")) == 4


@pytest.mark.parametrize("end", [1, 30, 60, 100, len(FORM) - 5])
async def test_a_form_that_breaks_off_is_no_form(end: int) -> None:
    with pytest.raises(CallTraceError, match="ended in the middle"):
        await _read(FORM[:end])


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(FORM, "multipart/form-data"), (FORM, "multipart/mixed; boundary=edge"), (FORM, "text/plain"),
     (FORM, f"multipart/form-data; boundary={'x' * 300}"), (b"nonsense" + FORM, TYPE),
     (b"--edge\r\nContent-Disposition: attachment; name=x\r\n\r\n\r\n--edge--\r\n", TYPE),
     (b"--edge\r\nContent-Disposition: form-data\r\n\r\n\r\n--edge--\r\n", TYPE),
     (b"--edge\r\n" + b"X-A: b\r\n" * 1000 + b"\r\n\r\n--edge--\r\n", TYPE),
     (b"--edge\r\nX-A: " + b"b" * 100_000 + b"\r\n\r\n\r\n--edge--\r\n", TYPE)],
)  # fmt: skip
async def test_what_is_no_form_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(CallTraceError) as refused:
        await _read(body, content_type=content_type)
    assert refused.value.code == "invalid_request"


async def test_a_form_has_an_end() -> None:
    with pytest.raises(CallTraceError) as many:
        await _read(_form(*[('name="a"', b"")] * (MAX_FIELDS + 1)))
    with pytest.raises(CallTraceError) as long:
        await _texts(_form(('name="a"', b"x" * (MAX_BYTES + 1))))
    assert {many.value.code, long.value.code} == {"request_too_large"}


@pytest.mark.parametrize("content", [b"\xff", b"a\0b"])
async def test_a_text_is_utf_8_without_nul(content: bytes) -> None:
    with pytest.raises(CallTraceError):
        await _texts(_form(('name="a"', content)))


@pytest.mark.parametrize(
    ("told", "name"),
    [("C:\\calls\\a.wav", "a.wav"), ("../../etc/passwd", "passwd"), ("a %22b%22.wav", 'a "b".wav'),
     ("a\r\nb\0.wav", "ab.wav"), ("Ärger.wav", "Ärger.wav"), ("x" * 300, "x" * 255),
     ("\n", None)],
)  # fmt: skip
def test_a_file_keeps_the_last_part_of_its_name(told: str, name: str | None) -> None:
    assert plain_name(told) == name
