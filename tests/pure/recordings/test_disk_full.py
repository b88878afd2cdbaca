"""A full disk passes: it is told apart from faults, by who writes there."""

import asyncio
import errno
from pathlib import Path

import pytest

from calltrace.kit.disk import DiskFullError, room_needed
from calltrace.pipeline.workdir import private_work_dir
from calltrace.recordings.decode import decode
from calltrace.recordings.spool import spool
from pure.recordings.conftest import Encode
from tinydisk import tiny_disk


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_no_room_and_a_used_up_quota_are_a_full_disk(number: int) -> None:
    with pytest.raises(DiskFullError) as caught, room_needed():
        raise OSError(number, "")
    assert caught.value.retryable


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(PermissionError), room_needed():
        raise PermissionError(errno.EACCES, "")


@pytest.mark.parametrize("size", [100, 5 << 20], ids=["noticed at the end", "noticed in the middle"])
async def test_a_download_that_does_not_fit_leaves_nothing(tmp_path: Path, size: int) -> None:
    with tiny_disk(tmp_path / "disk", 2) as disk:
        (disk / "ballast").write_bytes(bytes(2 << 20))
        with pytest.raises(DiskFullError):
            async with spool(disk / "recording") as target:
                await target.write(bytes(size))
        assert not await asyncio.to_thread((disk / "recording").exists)
        await asyncio.to_thread((disk / "ballast").unlink)
        async with spool(disk / "recording") as target:
            await target.write(bytes(100))


def test_a_worker_that_finds_no_room_for_its_folder_says_so(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "disk", 1) as disk:
        _use_up_names(disk)
        with pytest.raises(DiskFullError), private_work_dir(disk / "work"):
            pass


def _use_up_names(disk: Path) -> None:
    """The disk holds a hundred files: none is left for a folder."""
    number = 0
    while True:
        try:
            (disk / f"file-{number}").touch()
        except OSError:
            return
        number += 1


def test_samples_that_do_not_fit_are_no_fault_of_the_file(encode: Encode, tmp_path: Path) -> None:
    path = encode("a.mp3", "libmp3lame", (440.0, 550.0), seconds=60.0)
    with tiny_disk(tmp_path / "disk", 2) as disk, pytest.raises(DiskFullError):
        decode(path, disk)
