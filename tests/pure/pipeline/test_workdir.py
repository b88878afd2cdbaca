"""Recordings in the clear do not outlive the worker that decoded them."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from calltrace.pipeline.workdir import private_work_dir, sweep

HOLD = """
import sys, time
from pathlib import Path
from calltrace.kit import logs
from calltrace.pipeline.workdir import private_work_dir
logs.configure("warning", "json")
with private_work_dir(Path(sys.argv[1])) as own:
    (own / "recording").write_bytes(b"a call in the clear")
    print(own, flush=True)
    time.sleep(60)
"""


def _holder(parent: Path) -> tuple["subprocess.Popen[str]", Path]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(parent)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def test_the_folder_of_a_living_worker_is_left_alone_and_of_a_killed_one_removed(tmp_path: Path) -> None:
    process, folder = _holder(tmp_path)
    sweep(tmp_path)
    assert (folder / "recording").exists()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with private_work_dir(tmp_path) as own:
        assert own.exists()
        assert not folder.exists()
    assert not own.exists()


def test_only_its_owner_may_look_into_it(tmp_path: Path) -> None:
    with private_work_dir(tmp_path / "work") as own:
        assert own.stat().st_mode & 0o077 == 0


def test_workers_that_start_together_leave_each_other_alone(tmp_path: Path) -> None:
    for _round in range(3):
        with ThreadPoolExecutor(4) as pool:
            started = list(pool.map(_holder, [tmp_path] * 4))
        assert all((folder / "recording").exists() for _process, folder in started)
        for process, _folder in started:
            process.kill()
            process.wait()
