"""What a RIFF/WAVE file says about its own length, held against its bytes.

FFmpeg believes or corrects it in silence. Chunks as in the RIFF specification (1991), ``RF64`` and ``BW64``
as in EBU Tech 3306 and ITU-R BS.2088.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MARKS = {b"RIFF": "<", b"RIFX": ">", b"RF64": "<", b"BW64": "<"}
_UNKNOWN = {0, 0xFFFFFFFF}
"""What recorders write that do not know the length yet."""
_MOST_CHUNKS = 1_000_000
_MOST_PARTS = 1_000
_STALE_BYTES = 4_096
"""So much behind the end that is no chunk is sound: a recorder died before it corrected its header."""


@dataclass(frozen=True, slots=True)
class Part:
    """One WAVE file inside the file; there are several where files were put one behind another.

    Attributes:
        start: its first byte.
        promised: bytes of samples by its header, ``None`` if that does not know.
        present: bytes of samples that are there.
    """

    start: int
    promised: int | None
    present: int

    @property
    def is_stale(self) -> bool:
        """Whether there is more sound than the header says."""
        return self.promised is not None and self.present > self.promised

    @property
    def promised_share(self) -> float | None:
        """What was promised, as a multiple of what is there."""
        return None if self.promised is None or not self.present else self.promised / self.present


def survey(path: Path) -> list[Part]:
    """The parts of a WAVE file in their order; empty for every other file."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        parts: list[Part] = []
        at: int | None = 0
        while at is not None and len(parts) < _MOST_PARTS and (part := _part(file, at, size)):
            found, at = part
            parts.append(found)
        return parts


def _part(file: BinaryIO, start: int, size: int) -> tuple[Part, int | None] | None:
    """The part at ``start`` and where the next one starts; ``None`` if none is there that has samples."""
    order = _begins(file, start)
    at, wide = start + 12, None
    for _ in range(_MOST_CHUNKS if order else 0):
        name, length = _chunk(file, at, order)
        if name == b"data":
            promised = wide if length == 0xFFFFFFFF and wide else length  # noqa: PLR2004 - EBU Tech 3306
            return _measured(file, Part(start, promised, size - at - 8), at + 8, size)
        if not name or at + 8 + length > size:
            return None
        if name == b"ds64":
            file.seek(at + 16)
            wide = int.from_bytes(file.read(8), "little")
        at += 8 + length + length % 2
    return None


def _measured(file: BinaryIO, part: Part, begin: int, size: int) -> tuple[Part, int | None]:
    """The part with what is there of its samples, and where the next one starts."""
    promised = part.promised or 0
    if promised in _UNKNOWN:
        return Part(part.start, None, size - begin), None
    end = begin + promised
    if end >= size:
        return part, None
    behind = _behind_chunks(file, end + promised % 2, size)
    if behind < size and _begins(file, behind):
        return Part(part.start, promised, promised), behind
    stale = size - behind >= _STALE_BYTES
    return Part(part.start, promised, size - begin if stale else promised), None


def _behind_chunks(file: BinaryIO, at: int, size: int) -> int:
    """Where the chunks that start at ``at`` end."""
    for _ in range(_MOST_CHUNKS):
        name, length = _chunk(file, at, "<")
        if not (name.isascii() and name.decode("ascii").isprintable() and name) or name in _MARKS:
            return at
        if at + 8 + length > size:
            return at
        at += 8 + length + length % 2
    return at


def _begins(file: BinaryIO, at: int) -> str:
    """The byte order of the file that begins there, empty if none does."""
    file.seek(at)
    head = file.read(12)
    return _MARKS.get(head[:4], "") if head[8:] == b"WAVE" else ""


def _chunk(file: BinaryIO, at: int, order: str) -> tuple[bytes, int]:
    file.seek(at)
    head = file.read(8)
    if len(head) < 8:  # noqa: PLR2004 - a name and a length
        return b"", 0
    return head[:4], struct.unpack(order + "I", head[4:])[0]
