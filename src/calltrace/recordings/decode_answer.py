"""What the decoder's child says, read by a parent that believes none of it.

The child reads a file from a stranger and may have been taken over by it: every line is bounded and
checked, and what does not fit is the same as a crash.
"""

from pathlib import Path
from typing import IO, Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from calltrace.kit.document import Document
from calltrace.kit.progress import Progress
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.recordings.remarks import Remark, RemarkCode

LINE_BYTES = 64 * 1024
_STRICT = ConfigDict(strict=True)
_Sentence = Annotated[str, Field(max_length=2000)]


class SaidRemark(Document):
    """A remark of a child that may be lying: the code is one of ours, the sentence has an end."""

    model_config = _STRICT

    code: RemarkCode
    message: _Sentence


class MalformedError(Exception):
    """The child said something that it never says."""


class Done(Document):
    """What was decoded; ``frames`` is the number of samples in each channel's file."""

    model_config = _STRICT

    channels: int = Field(ge=1, le=64)
    sample_rate: int = Field(ge=1, le=10_000_000)
    frames: int = Field(ge=1, le=2**48)
    codec: str = Field(max_length=100)
    warnings: list[SaidRemark] = Field(max_length=100)


class DoneLine(Document):
    """The last line of a child that succeeded."""

    model_config = _STRICT

    done: Done


class ErrorLine(Document):
    """The last line of a child that knows why it failed."""

    model_config = _STRICT

    error: Literal["too_long", "unsupported", "full", "machine"]
    detail: _Sentence


class ProgressLine(Document):
    """The decoded share."""

    model_config = _STRICT

    progress: float


_LINE: TypeAdapter[DoneLine | ErrorLine | ProgressLine] = TypeAdapter(DoneLine | ErrorLine | ProgressLine)


def follow(lines: IO[bytes], progress: Progress) -> DoneLine | ErrorLine | None:
    """Reads to the end and answers the last word, ``None`` if there is none. Raises MalformedError."""
    last: DoneLine | ErrorLine | None = None
    while raw := lines.readline(LINE_BYTES):
        line = _parse(raw)
        if isinstance(line, ProgressLine):
            progress(min(max(line.progress, 0.0), 1.0))
        else:
            last = line
    return last


def _parse(raw: bytes) -> DoneLine | ErrorLine | ProgressLine:
    if not raw.endswith(b"\n"):
        raise MalformedError("a line without an end")
    try:
        return _LINE.validate_json(raw)
    except ValidationError as error:
        raise MalformedError("a line that says nothing") from error


def decoded(done: Done, workdir: Path) -> DecodedAudio:
    """The recording in ``workdir``, whose files hold what was promised. Raises MalformedError."""
    paths = tuple(workdir / f"channel{index}.s16" for index in range(done.channels))
    for path in paths:
        if path.is_symlink() or not path.is_file() or path.stat().st_size != 2 * done.frames:
            raise MalformedError("files that do not hold what was promised")
    return DecodedAudio(
        channel_paths=paths,
        channels=done.channels,
        sample_rate=done.sample_rate,
        duration=done.frames / SAMPLE_RATE,
        codec=done.codec,
        warnings=tuple(Remark(code=one.code, message=one.message) for one in done.warnings),
    )
