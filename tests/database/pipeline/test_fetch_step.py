"""The step that stores a recording: the store keeps what a row vouches for, and nothing else."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses.erase import erase
from calltrace.analyses.errors import StaleAttemptError
from calltrace.analyses.submit import Intake
from calltrace.pipeline.context import Platform
from calltrace.pipeline.work import Work
from database.analyses.factory import submitted
from database.conftest import count
from database.pipeline.working import steps_of, work_on

Serve = Callable[[Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]], Awaitable[int]]
SOUND = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(5000)
HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: {len(SOUND)}\r\n\r\n".encode()


async def _work(platform: Platform, intake: Intake, org: uuid.UUID, port: int, folder: Path) -> Work:
    url = f"https://127.0.0.1:{port}/call.mp3"
    return await work_on(platform, org, await submitted(intake, org, file_url=url), folder)


def _stored_files(folder: Path) -> list[Path]:
    return [path for path in (folder / "store").rglob("*") if path.is_file()]


async def test_a_stored_recording_is_vouched_for(
    platform: Platform, intake: Intake, org: uuid.UUID, serve: Serve, tmp_path: Path
) -> None:
    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + SOUND)

    work = await _work(platform, intake, org, await serve(script), tmp_path)
    path = await steps_of(platform, tmp_path).fetch(work)
    assert path.read_bytes() == SOUND
    assert len(_stored_files(tmp_path)) == 1
    assert await count(platform.database, "recordings", org) == 1
    assert await count(platform.database, "doomed_objects", org) == 0


async def test_erased_during_the_download_no_copy_stays(
    platform: Platform, intake: Intake, org: uuid.UUID, serve: Serve, tmp_path: Path
) -> None:
    known: list[uuid.UUID] = []

    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + SOUND[:2000])
        await writer.drain()
        await erase(platform.database, platform.vault, OPERATOR, org, known[0], "live")
        writer.write(SOUND[2000:])

    work = await _work(platform, intake, org, await serve(script), tmp_path)
    known.append(work.claim.analysis_id)
    with pytest.raises(StaleAttemptError):
        await steps_of(platform, tmp_path).fetch(work)
    assert _stored_files(tmp_path) == []
    for table in ("recordings", "doomed_objects"):
        assert await count(platform.database, table, org) == 0, table
