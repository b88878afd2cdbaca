"""The sandbox, for real: a child locks itself in and then tries to get out."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calltrace.kit import landlock, seccomp

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="seccomp and landlock are Linux")
needs_filter = pytest.mark.skipif(seccomp.machine() is None, reason="no system call filter for this machine")

_CHILD = """
import ctypes, json, os, resource, socket, sys, threading
from pathlib import Path
from calltrace.kit import sandbox

def attempt(action):
    try:
        return f"did {action()}"
    except BaseException as error:
        return type(error).__name__

folder = Path(sys.argv[1])
python = [Path(entry) for entry in sys.path if entry and Path(entry).exists()]
limits = sandbox.Limits(cpu_seconds=int(sys.argv[2]), memory_bytes=1 << 30, file_bytes=1 << 20)
report = sandbox.enter(limits, parent=int(sys.argv[3]), readable=[folder, *python], writable=[folder])
"""

Child = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def child(tmp_path: Path) -> Child:
    def run(body: str, cpu_seconds: int = 30, parent: int | None = None) -> subprocess.CompletedProcess[str]:
        arguments = [str(tmp_path), str(cpu_seconds), str(os.getpid() if parent is None else parent)]
        command = [sys.executable, "-c", _CHILD + body, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    return run


def _answers(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


@needs_linux
@needs_filter
def test_no_network_no_programs_no_processes_no_signals(child: Child) -> None:
    body = """
print(json.dumps({
    "socket": attempt(lambda: socket.socket()),
    "unix": attempt(lambda: socket.socket(socket.AF_UNIX)),
    "exec": attempt(lambda: os.execv(sys.executable, [sys.executable, "-c", "0"])),
    "fork": attempt(lambda: os.fork()),
    "kill": attempt(lambda: os.kill(os.getppid(), 0)),
    "spawn": attempt(lambda: os.posix_spawn(sys.executable, [sys.executable], {})),
    "ptrace": ctypes.CDLL(None, use_errno=True).ptrace(16, os.getppid(), 0, 0),
}))
"""
    answers = _answers(child(body))
    assert answers.pop("ptrace") == -1
    assert set(answers.values()) == {"PermissionError"}


@needs_linux
@needs_filter
def test_what_belongs_to_a_file_cannot_be_changed(child: Child, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"secret")
    before = mine.stat()
    body = """
libc = ctypes.CDLL(None, use_errno=True)

def number(*arguments):
    if libc.syscall(*arguments) == -1:
        raise OSError(ctypes.get_errno(), "refused")

mine = folder / "mine"
fd = os.open(mine, os.O_RDONLY)
print(json.dumps({
    "chmod": attempt(lambda: os.chmod(mine, 0o777)),
    "fchmod": attempt(lambda: os.chmod(fd, 0o777)),
    "chown": attempt(lambda: os.chown(mine, os.getuid(), os.getgid())),
    "fchown": attempt(lambda: os.chown(fd, os.getuid(), os.getgid())),
    "lchown": attempt(lambda: os.lchown(mine, os.getuid(), os.getgid())),
    "utime": attempt(lambda: os.utime(mine, (0, 0))),
    "futime": attempt(lambda: os.utime(fd, (0, 0))),
    "truncate": attempt(lambda: os.truncate(str(mine), 0)),
    "setxattr": attempt(lambda: os.setxattr(mine, "user.a", b"1")),
    "removexattr": attempt(lambda: os.removexattr(mine, "user.a")),
    "fchmodat2": attempt(lambda: number(452, -100, bytes(mine), 0o777, 0)),
    "setxattrat": attempt(lambda: number(463, -100, bytes(mine), 0, b"user.a", None, 0)),
    "file_setattr": attempt(lambda: number(469, -100, bytes(mine), None, 0, 0)),
}))
"""
    assert set(_answers(child(body)).values()) == {"PermissionError"}
    after = mine.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_size) == (before.st_mode, before.st_mtime_ns, 6)


@needs_linux
@needs_filter
def test_other_processes_and_their_shared_memory_are_out_of_reach(child: Child) -> None:
    body = """
libc = ctypes.CDLL(None, use_errno=True)

def refused(name, *arguments):
    return getattr(libc, name)(*arguments) == -1 and ctypes.get_errno() == 1

print(json.dumps({
    "setpriority": refused("setpriority", 0, os.getppid(), 19),
    "affinity": attempt(lambda: os.sched_setaffinity(os.getppid(), {0})) == "PermissionError",
    "scheduler": refused("sched_setscheduler", 0, 0, ctypes.byref(ctypes.c_int(0))),
    "shmget": refused("shmget", 0, 4096, 0o1600),
    "msgget": refused("msgget", 0, 0o1600),
    "semget": refused("semget", 0, 1, 0o1600),
    "mq_open": refused("mq_open", b"/calltrace", os.O_RDONLY),
    "fsopen": refused("syscall", 430, b"tmpfs", 0),
    "fsconfig": refused("syscall", 431, -1, 0, 0, 0, 0),
}))
"""
    answers = _answers(child(body))
    assert [name for name, refused in answers.items() if not refused] == []


def test_every_number_of_a_refused_call_is_its_own() -> None:
    for here in (seccomp.Machine(0, 1, 2, 3, 4), seccomp.Machine(1, 1, 2, 3, 4)):
        equal = [line for line in seccomp.program(here, 1) if line[0] == 0x15]
        operands = [line[3] for line in equal[1:-3]]  # between the processor and the three special cases
        assert len(operands) == len(set(operands))
        assert len(seccomp.program(here, 1)) < 4096  # the kernel takes no longer filter


@needs_linux
@needs_filter
def test_threads_and_abort_still_work(child: Child) -> None:
    body = """
thread = threading.Thread(target=lambda: print("thread ran", flush=True))
thread.start(); thread.join()
os.abort()
"""
    done = child(body)
    assert "thread ran" in done.stdout
    assert done.returncode == -6


@needs_linux
@pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no landlock")
def test_only_the_named_files_can_be_touched(child: Child, tmp_path: Path) -> None:
    body = """
print(json.dumps({
    "inside": attempt(lambda: (folder / "x").write_bytes(b"1")),
    "read": attempt(lambda: Path("/etc/passwd").read_text()),
    "write": attempt(lambda: (folder.parent / "escaped").write_bytes(b"1")),
    "list": attempt(lambda: os.listdir("/")),
}))
"""
    answers = _answers(child(body))
    assert answers["inside"] == "did 1"
    assert {answers["read"], answers["write"], answers["list"]} == {"PermissionError"}
    assert not (tmp_path.parent / "escaped").exists()


def test_memory_and_file_size_are_limited(child: Child) -> None:
    body = """
print(json.dumps({
    "memory": attempt(lambda: len(bytearray(2 << 30))),
    "file": attempt(lambda: (folder / "big").write_bytes(bytes(2 << 20))),
}))
"""
    answers = _answers(child(body))
    assert answers["memory"] == "MemoryError"
    assert answers["file"] == "OSError"


def test_cpu_time_is_limited(child: Child) -> None:
    done = child("while True: pass", cpu_seconds=1)
    assert done.returncode == -signal.SIGXCPU


def test_who_ignores_the_limit_on_cpu_time_is_killed(child: Child) -> None:
    body = "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    assert child(body, cpu_seconds=1).returncode == -signal.SIGKILL


@needs_linux
@needs_filter
def test_it_reports_what_is_in_force(child: Child) -> None:
    answers = _answers(child("print(json.dumps({n: getattr(report, n) for n in report.__slots__}))"))
    assert answers["rlimits"]
    assert answers["no_new_privileges"]
    assert answers["dies_with_parent"]
    assert answers["system_calls"]
    assert answers["files"] == (landlock.version() > 0)


def test_a_child_whose_parent_is_gone_stops_at_once(child: Child) -> None:
    done = child("print('still here')", parent=1)
    assert done.returncode == 1
    assert not done.stdout


@needs_linux
def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    inner = _CHILD + "print(os.getpid(), flush=True); threading.Event().wait()"
    middle = (
        "import os, subprocess, sys\n"
        f"command = [sys.executable, '-c', {inner!r}, {str(tmp_path)!r}, '30', str(os.getpid())]\n"
        "child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)\n"
        "print(child.stdout.readline(), flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", middle], capture_output=True, text=True, check=True, timeout=60
    )
    pid = int(done.stdout.split()[0])
    deadline = time.monotonic() + 20
    while _is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_running(pid)


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
