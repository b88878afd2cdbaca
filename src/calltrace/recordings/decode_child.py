"""The decoder's child process: locks itself in, then turns one file into raw samples.

Run as ``python -m calltrace.recordings.decode_child '{"source": …}'``; says what happens as one JSON
object per line on standard output: ``{"progress": 0.4}``, and at the end ``{"done": …}`` or
``{"error": …, "detail": …}``. It may die at any moment without hurting anyone.
"""

import errno
import json
import sys
from pathlib import Path
from typing import Any

import av.logging
from av.error import FFmpegError, InvalidDataError

from calltrace.kit import sandbox
from calltrace.recordings import raw
from calltrace.recordings.audio import SAMPLE_RATE
from calltrace.recordings.decode_stream import Decoder
from calltrace.recordings.decode_track import TooLongError, UnusableError

_BYTES_PER_SAMPLE = 2
_SPARE_SECONDS = 60


def say(**message: Any) -> None:
    """One line to the parent."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main(order: dict[str, Any]) -> None:
    """Decodes as ordered; every foreseeable end is a line, the rest is the exit status."""
    source, folder = Path(order["source"]), Path(order["folder"])
    seconds = float(order["max_duration_seconds"])
    av.logging.set_level(av.logging.PANIC)
    read_as = raw.of_media(order["media"])
    decoder = Decoder(source, folder, seconds, lambda share: say(progress=share), read_as)
    _lock_in(order, source, folder, seconds)
    try:
        say(done=decoder.run())
    except TooLongError as error:
        say(error="too_long", detail=str(error))
    except UnusableError as error:
        say(error="unsupported", detail=str(error))
    except MemoryError:
        say(error="unsupported", detail="Decoding the file needs more memory than is allowed.")
    except (FFmpegError, OSError, ValueError) as error:
        _say_failure(error)


def _say_failure(error: Exception) -> None:
    code = getattr(error, "errno", None)
    if code == errno.ENOMEM:
        say(error="unsupported", detail="Decoding the file needs more memory than is allowed.")
    elif code in {errno.ENOSPC, errno.EDQUOT}:
        say(error="full", detail="There is no room on the disk for the decoded recording.")
    elif isinstance(error, InvalidDataError) or code == errno.EINVAL:
        say(error="unsupported", detail="The file is not audio in a format that can be decoded.")
    else:
        reason = getattr(error, "strerror", None) or str(error)
        say(error="unsupported", detail=f"The file cannot be decoded: {reason}.")


def _lock_in(order: dict[str, Any], source: Path, folder: Path, seconds: float) -> None:
    limits = sandbox.Limits(
        cpu_seconds=order["cpu_seconds"],
        memory_bytes=order["memory_bytes"],
        file_bytes=int((seconds + _SPARE_SECONDS) * SAMPLE_RATE * _BYTES_PER_SAMPLE),
    )
    # PyAV imports parts of itself when it meets a kind of stream: Python's own folders stay readable.
    python = [Path(entry) for entry in sys.path if entry and Path(entry).exists()]
    readable = [source.resolve(), folder, *python]
    sandbox.enter(limits, parent=order["parent"], readable=readable, writable=[folder])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
