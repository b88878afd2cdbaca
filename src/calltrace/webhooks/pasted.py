"""A request as somebody pasted it: its headers, and the body in the ways that it may have been changed."""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

_HEADER = re.compile(r"^\s*[<>]?\s*\"?([A-Za-z0-9-]+)\"?\s*[:=]\s*\"?(.*?)\"?,?\s*$")
_COMPACT = (",", ":")


@dataclass(frozen=True, slots=True)
class Pasted:
    """Headers by lower-case name, and the body.

    A browser sends the line breaks of a text field as CR LF, whatever was pasted: they are LF here.
    """

    headers: Mapping[str, str]
    body: str

    @classmethod
    def of(cls, headers: str, body: str) -> "Pasted":
        """From two text fields; lines as ``curl -v``, a log or a debugger writes headers."""
        found = (_HEADER.match(line) for line in headers.splitlines())
        return cls({one[1].lower(): one[2] for one in found if one}, body.replace("\r\n", "\n"))

    def header(self, name: str) -> str:
        """The value of a header; empty when it is not there."""
        return self.headers.get(name.lower(), "")


def otherwise(body: str) -> Iterator[tuple[str, str]]:
    """What the body may have been, with what was done to it since."""
    yield "It ends with a line break or space that was not sent.", body.rstrip()
    yield "Space was added before or after it.", body.strip()
    yield "A line break at its end was lost.", body + "\n"
    yield "Line breaks were changed from CR LF.", body.replace("\n", "\r\n")
    yield "It begins with a byte order mark that was not sent.", body.removeprefix("\ufeff")
    yield from _written_anew(body.removeprefix("\ufeff"))


def _written_anew(body: str) -> Iterator[tuple[str, str]]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    why = "It was read as JSON and written anew, for example to print it nicely: sign the bytes as they came."
    for way in _WAYS:
        with contextlib.suppress(RecursionError, UnicodeEncodeError):
            written = way(document)
            written.encode()  # a lone surrogate, which was an escape, has no bytes
            yield why, written


_WAYS: tuple[Callable[[object], str], ...] = (
    lambda one: json.dumps(one, ensure_ascii=False, separators=_COMPACT),
    lambda one: json.dumps(one, ensure_ascii=True, separators=_COMPACT),
    lambda one: json.dumps(one, ensure_ascii=False),
    json.dumps,
)
"""The ways in which bodies of contracts are written; reading JSON keeps the order of names."""


def difference(pasted: str, sent: str) -> str:
    """Where two texts part, in words."""
    ours, theirs = sent.encode(), pasted.encode()
    at = next((at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other), None)
    if at is None:
        at = min(len(ours), len(theirs))
    return f"{len(ours)} bytes were sent and {len(theirs)} pasted; they part after byte {at}."
