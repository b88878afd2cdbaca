"""File names from strangers never end a header or leave a folder."""

from email.message import Message
from urllib.parse import unquote

import pytest

from calltrace.kit.attachments import attachment

NAMES = {
    "usual": ("call-123.mp3", "call-123.srt"),
    "no extension": ("call", "call.srt"),
    "none": (None, "transcript-1.srt"),
    "empty": ("", "transcript-1.srt"),
    "only dots": ("..", "transcript-1.srt"),
    "a path": ("/etc/../passwd.wav", "passwd.srt"),
    "a path of Windows": ("C:\\calls\\one.wav", "one.srt"),
    "a quote and a line break": ('a"\r\nSet-Cookie: x=1.mp3', "a___Set-Cookie_ x=1.srt"),
    "other letters": ("Gespräch ☎ 7.mp3", "Gespräch ☎ 7.srt"),
    "percent": ("100%41.mp3", "100_41.srt"),
}


@pytest.mark.parametrize(("name", "expected"), NAMES.values(), ids=NAMES)
def test_the_name_that_a_client_reads(name: str | None, expected: str) -> None:
    header = attachment(name, "transcript-1", "srt")
    assert header.isascii()
    assert header.isprintable()
    message = Message()
    message["Content-Disposition"] = header
    exact = header.partition("filename*=UTF-8''")[2]
    assert (unquote(exact) if exact else message.get_filename()) == expected


def test_a_long_name_is_cut() -> None:
    assert len(attachment("x" * 255 + ".mp3", "t", "vtt")) < 140
