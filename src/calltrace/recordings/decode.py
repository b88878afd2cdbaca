"""Decoding in a child process that is locked in (kit.sandbox): any file in, raw samples out.

The parent never opens the file. Whatever the child does (dies, hangs, eats memory), the answer is an
error with a sentence that a person understands.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from calltrace.kit.errors import ProcessingError, RecordingTooLongError, UnsupportedMediaError
from calltrace.kit.progress import Progress, silent
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio

_MIB = 1024 * 1024
_INHERITED = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "LANG", "LC_ALL")
"""The child sees no secrets: only what Python needs to start."""
_WALL_PER_CPU_SECOND = 10
_TOO_SLOW = "Decoding the file takes longer than is allowed."
_ERRORS: dict[str, type[ProcessingError]] = {
    "too_long": RecordingTooLongError,
    "unsupported": UnsupportedMediaError,
    "storage": ProcessingError,
}


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What one recording may cost: seconds of audio, seconds of CPU, bytes of address space."""

    max_duration_seconds: float = 14_400
    cpu_seconds: int = 600
    memory_bytes: int = 1024 * _MIB


def decode(
    path: Path, workdir: Path, limits: DecodeLimits | None = None, progress: Progress = silent
) -> DecodedAudio:
    """Decodes a file of any common audio format into one raw file per channel inside ``workdir``.

    Args:
        path: the file as it came; its name and extension mean nothing.
        workdir: an existing folder; the result lives there until the caller removes it.
        limits: what the file may cost.
        progress: told the decoded share; where the file does not say how long it is, a guess.

    Raises:
        UnsupportedMediaError: no audio, damaged beyond use, or the child died or ran out of a limit.
        RecordingTooLongError: more audio than ``max_duration_seconds``.
        ProcessingError: something on this side went wrong (disk full, Python does not start).
    """
    allowed = limits or DecodeLimits()
    _refuse_hopeless(path)
    with _neutral_name(path, workdir) as source, (workdir / "decode.log").open("w+b") as log:
        order = {"source": str(source), "folder": str(workdir), "parent": os.getpid(), **asdict(allowed)}
        with _child(order, log, allowed) as child:
            answer = _follow(child, progress)
        result = answer or _explain(child.returncode, log)
    progress(1.0)
    return _decoded(result, workdir)


def _refuse_hopeless(path: Path) -> None:
    if not path.is_file():
        raise UnsupportedMediaError("There is no such file.")
    if path.stat().st_size == 0:
        raise UnsupportedMediaError("The file is empty.")


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
def _child(order: dict[str, Any], log: Any, limits: DecodeLimits) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-P", "-m", "calltrace.recordings.decode_child", json.dumps(order)]
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment, text=True,
        start_new_session=True,  # Ctrl-C on a terminal is for the parent
    )  # fmt: skip
    # A child that sleeps uses no CPU time: the clock on the wall is the last resort.
    watch = threading.Timer(limits.cpu_seconds * _WALL_PER_CPU_SECOND, child.kill)
    watch.start()
    try:
        yield child
    finally:
        watch.cancel()
        child.kill()
        child.communicate()


def _follow(child: subprocess.Popen[str], progress: Progress) -> dict[str, Any] | None:
    assert child.stdout is not None
    last: dict[str, Any] | None = None
    for line in child.stdout:
        with suppress(json.JSONDecodeError):
            message: dict[str, Any] = json.loads(line)
            if "progress" in message:
                progress(min(max(float(message["progress"]), 0.0), 1.0))
            else:
                last = message
    child.wait()
    return last


def _explain(status: int, log: Any) -> dict[str, Any]:
    if status in {-getattr(signal, "SIGXCPU", 0), -signal.SIGKILL.value}:
        return {"error": "unsupported", "detail": _TOO_SLOW}
    if status < 0:
        return {"error": "unsupported", "detail": "The file makes the decoder crash."}
    log.seek(0)
    last = log.read().decode(errors="replace").strip().rpartition("\n")[2]
    return {"error": "storage", "detail": f"The decoder does not work here: {last or status}"}


def _decoded(result: dict[str, Any], workdir: Path) -> DecodedAudio:
    if "error" in result:
        raise _ERRORS[result["error"]](result["detail"])
    done = result["done"]
    return DecodedAudio(
        channel_paths=tuple(workdir / f"channel{index}.s16" for index in range(done["channels"])),
        channels=done["channels"],
        sample_rate=done["sample_rate"],
        duration=done["frames"] / SAMPLE_RATE,
        codec=done["codec"],
        warnings=tuple(done["warnings"]),
    )
