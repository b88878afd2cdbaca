"""Decoding in a child process that is locked in (kit.sandbox): any file in, raw samples out.

The parent reads no more of the file than its first bytes, to see whether it is something else altogether
(FFmpeg finds an mp3 inside an archive). Whatever the child does (dies, hangs, eats memory), the answer is
an error with a sentence that a person understands.
"""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from calltrace.kit.disk import DiskFullError
from calltrace.kit.errors import ProcessingError, RecordingTooLongError, UnsupportedMediaError
from calltrace.kit.progress import Progress, silent
from calltrace.kit.words import Words
from calltrace.recordings import raw
from calltrace.recordings.audio import DecodedAudio
from calltrace.recordings.decode_answer import ErrorLine, MalformedError, decoded, follow
from calltrace.recordings.sniff import ENOUGH, looks_like, sniff

_MIB = 1024 * 1024
_INHERITED = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "LANG", "LC_ALL")
"""The child sees no secrets: only what Python needs to start."""
_WALL_PER_CPU_SECOND = 10
_TOO_SLOW = "Decoding the file takes longer than is allowed."
_CRASH = "The file makes the decoder crash."
_TOO_MUCH_MEMORY = "Decoding the file needs more memory than is allowed."
_KILLED = "The decoder was stopped from outside, most likely because this machine ran out of memory."


class DecoderFailedError(ProcessingError):
    """Nothing is wrong with the file: this machine could not run the decoder to its end."""

    code = "decoder_failed"
    title = "The decoder could not do its work"
    retryable = True


_ERRORS: dict[str, type[ProcessingError]] = {
    "too_long": RecordingTooLongError,
    "unsupported": UnsupportedMediaError,
    "full": DiskFullError,
    "machine": DecoderFailedError,
}


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What one recording may cost: seconds of audio, seconds of CPU, bytes of address space."""

    max_duration_seconds: float = 14_400
    cpu_seconds: int = 600
    memory_bytes: int = 1024 * _MIB


def decode(
    path: Path,
    workdir: Path,
    limits: DecodeLimits | None = None,
    progress: Progress = silent,
    media: str | None = None,
) -> DecodedAudio:
    """Decodes a file of any common audio format into one raw file per channel inside ``workdir``.

    Args:
        path: the file as it came; its name and extension mean nothing.
        workdir: an existing folder; the result lives there until the caller removes it.
        limits: what the file may cost.
        progress: told the decoded share; where the file does not say how long it is, a guess.
        media: what it was judged to be (``media.judge``); only needed where the file has no header.

    Raises:
        UnsupportedMediaError: no audio, damaged beyond use, or the child died or ran out of a limit.
        RecordingTooLongError: more audio than ``max_duration_seconds``.
        DiskFullError: no room for the samples. DecoderFailedError: stopped from outside, or does not start.
    """
    allowed = limits or DecodeLimits()
    _refuse_hopeless(path, media)
    with _neutral_name(path, workdir) as source, (workdir / "decode.log").open("w+b") as log:
        order: dict[str, Any] = {
            "source": str(source),
            "folder": str(workdir),
            "parent": os.getpid(),
            "media": media,
        }
        order |= asdict(allowed)
        try:
            with _child(order, log, allowed) as child:
                answer = follow(child.lines, progress)
                status = child.process.wait()
            last = answer or explain(status, log, timed_out=child.timed_out.is_set())
            if isinstance(last, ErrorLine):
                raise _ERRORS[last.error](last.detail)
            audio = decoded(last.done, workdir)
        except MalformedError as error:
            raise UnsupportedMediaError(_CRASH) from error
    progress(1.0)
    return audio


def _refuse_hopeless(path: Path, media: str | None) -> None:
    head = b""
    try:
        found = path.stat()
        if stat.S_ISREG(found.st_mode) and found.st_size:
            with path.open("rb") as file:
                head = file.read(ENOUGH)
    except PermissionError as error:
        raise UnsupportedMediaError("The file must not be read: permission denied.") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        raise UnsupportedMediaError("There is no such file.") from error
    if stat.S_ISDIR(found.st_mode):
        raise UnsupportedMediaError("This is a folder, not a file.")
    if not stat.S_ISREG(found.st_mode):
        raise UnsupportedMediaError("This is not a regular file.")
    if found.st_size == 0:
        raise UnsupportedMediaError("The file is empty.")
    if raw.of_media(media) is None and sniff(head) is None and (other := looks_like(head)):
        raise UnsupportedMediaError(Words("The file is not audio but %(other)s.", other=other))


@dataclass(frozen=True, slots=True)
class _Child:
    """A running decoder, what it says, and whether our own clock ended it."""

    process: subprocess.Popen[bytes]
    lines: IO[bytes]
    timed_out: threading.Event


@contextmanager
def _neutral_name(path: Path, workdir: Path) -> Generator[Path]:
    """A name without an extension, so that only the content decides what the file is."""
    name = workdir.resolve() / "input"
    try:
        name.symlink_to(path.resolve())
    except OSError:  # Windows without the privilege, file systems without links
        shutil.copyfile(path, name)
    try:
        yield name
    finally:
        name.unlink(missing_ok=True)


@contextmanager
def _child(order: dict[str, Any], log: IO[bytes], limits: DecodeLimits) -> Generator[_Child]:
    command = [sys.executable, "-P", "-m", "calltrace.recordings.decode_child", json.dumps(order)]
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment,
        start_new_session=True,  # Ctrl-C on a terminal is for the parent
    )  # fmt: skip
    assert process.stdout is not None
    timed_out = threading.Event()

    def stop() -> None:
        timed_out.set()
        process.kill()

    # A child that sleeps uses no CPU time: the clock on the wall is the last resort.
    watch = threading.Timer(limits.cpu_seconds * _WALL_PER_CPU_SECOND, stop)
    watch.start()
    try:
        yield _Child(process, process.stdout, timed_out)
    finally:
        watch.cancel()
        process.kill()
        process.stdout.close()
        process.wait()


def explain(status: int, log: IO[bytes], *, timed_out: bool) -> ErrorLine:
    """Why a child that said nothing ended with ``status``; ``log`` is its standard error.

    The limit on CPU time sends SIGXCPU. A SIGKILL that our clock did not send is the kernel's, which
    looks for memory, or an operator's: nothing is wrong with the file then.
    """
    if timed_out or status == -getattr(signal, "SIGXCPU", 0) < 0:
        return ErrorLine(error="unsupported", detail=_TOO_SLOW)
    if status == -getattr(signal, "SIGKILL", 0) < 0:
        return ErrorLine(error="machine", detail=_KILLED)
    if status < 0:
        return ErrorLine(error="unsupported", detail=_CRASH)
    log.seek(0)
    last = log.read().decode(errors="replace").strip().rpartition("\n")[2]
    if last.startswith("MemoryError"):
        return ErrorLine(error="unsupported", detail=_TOO_MUCH_MEMORY)
    return ErrorLine(error="machine", detail=f"The decoder does not work here: {last[:500] or status}")
