"""What a recording is: by its content, and for what has no header by what came with it."""

from collections.abc import Sequence
from pathlib import Path

from calltrace.recordings import raw
from calltrace.recordings.sniff import ENOUGH, looks_like, sniff


def judge(head: bytes, content_type: str = "", names: Sequence[str] = ()) -> str | None:
    """The family of a recording (``sniff``, or ``RawFormat.media``), ``None`` for what is none.

    Args:
        head: its first ENOUGH bytes: what they say is believed first.
        content_type: as the source or the client named it.
        names: file names, the best one first; only their endings count.
    """
    family = sniff(head)
    if family or not head or looks_like(head):
        return family
    told = [raw.by_content_type(content_type), *map(raw.by_name, names)]
    return next((one.media for one in told if one), None)


def judge_file(path: Path) -> str | None:
    """``judge`` for a file on this machine, by its content and its own name; ``None`` also if it is away."""
    try:
        with path.open("rb") as file:
            return judge(file.read(ENOUGH), names=[path.name])
    except (OSError, ValueError):  # decoding says what is wrong with it
        return None
