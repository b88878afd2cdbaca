"""The step that takes an upload: the recording is stored, and its pieces go; until then, nothing is lost."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from calltrace.analyses import queries, submit
from calltrace.kit.disk import DiskFullError
from calltrace.kit.errors import FileTooLargeError, UnsupportedMediaError
from calltrace.pipeline.context import Platform, build_child
from calltrace.pipeline.errors import TryAgainLater
from calltrace.pipeline.process import Processor
from calltrace.recordings import objects
from calltrace.recordings.errors import UploadLostError
from calltrace.recordings.fetch import FetchLimits
from calltrace.recordings.upload_inlet import PIECE, Sending
from calltrace.storage import StorageAwayError
from database.conftest import count, submission
from database.pipeline.working import steps_of, work_on
from database.recordings.sending import content, objects_in, opened, send
from tinydisk import remount, tiny_disk

SOUND = b"ID3\x04\x00\x00\x00\x00\x00\x00" + content(2 * PIECE + 5)


@pytest.fixture
def roomy(platform: Platform) -> Platform:
    return replace(platform, limits=FetchLimits(20 << 20, 10))


async def submitted(
    platform: Platform, org: uuid.UUID, data: bytes, *cuts: int, name: str | None = None
) -> uuid.UUID:
    """An analysis of an upload that came in requests which ended at ``cuts``."""
    upload_id = await opened(platform.uploads, org, content_type="audio/mpeg", file_name=name)
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        sending = Sending(start, end - start, len(data), last=None)
        await send(platform.uploads, org, upload_id, data[start:end], sending)
    intake = submit.Intake(platform.database, platform.client, platform.limits, platform.uploads, probe=False)
    wanted = submission(file_url=None, upload_id=upload_id)
    return (await submit.submit(intake, org, None, wanted)).analysis_id


async def test_the_recording_is_stored_and_the_pieces_go(
    roomy: Platform, org: uuid.UUID, tmp_path: Path
) -> None:
    work = await work_on(roomy, org, await submitted(roomy, org, SOUND, 3, 5000, PIECE + 1), tmp_path)
    path = await steps_of(roomy, tmp_path).fetch(work)
    assert path.read_bytes() == SOUND
    await objects.sweep(roomy.database, roomy.vault)
    async with roomy.database.tenant(org) as session:
        recording = await queries.recording_of(session, work.claim.analysis_id)
        status = await session.scalar(text("SELECT status FROM uploads"))
    assert recording
    assert (recording.media, recording.content_type, status) == ("mp3", "audio/mpeg", "spent")
    assert objects_in(tmp_path / "store") == {recording.object_key}
    assert await count(roomy.database, "upload_pieces", org) == 0
    again = await work_on(roomy, org, work.claim.analysis_id, tmp_path / "again")
    await asyncio.to_thread(again.directory.mkdir)
    assert (await steps_of(roomy, tmp_path).fetch(again)).read_bytes() == SOUND


async def test_samples_without_a_header_are_told_by_their_name_and_stay_so(
    roomy: Platform, org: uuid.UUID, tmp_path: Path
) -> None:
    samples = bytes(range(128, 256)) * 100
    work = await work_on(roomy, org, await submitted(roomy, org, samples, name="call.ulaw"), tmp_path)
    await steps_of(roomy, tmp_path).fetch(work)
    assert work.media == "raw:mulaw:8000:1:0"
    again = await work_on(roomy, org, work.claim.analysis_id, tmp_path / "again")
    await asyncio.to_thread(again.directory.mkdir)
    await steps_of(roomy, tmp_path).fetch(again)
    assert again.media == "raw:mulaw:8000:1:0"


async def test_a_worker_that_could_not_store_it_starts_over_from_the_pieces(
    roomy: Platform, org: uuid.UUID, tmp_path: Path
) -> None:
    with tiny_disk(tmp_path / "store", 14) as disk:
        analysis_id = await submitted(roomy, org, SOUND)
        work = await work_on(roomy, org, analysis_id, tmp_path)
        with pytest.raises(StorageAwayError):
            await steps_of(roomy, tmp_path).fetch(work)
        assert await count(roomy.database, "recordings", org) == 0
        assert await count(roomy.database, "upload_pieces", org) == 3
        await asyncio.to_thread(remount, disk, "size=60m")
        again = await work_on(roomy, org, analysis_id, tmp_path)
        assert (await steps_of(roomy, tmp_path).fetch(again)).read_bytes() == SOUND
        assert await count(roomy.database, "recordings", org) == 1


async def test_a_worker_without_room_of_its_own_says_so_and_goes_on_with_room(
    roomy: Platform, org: uuid.UUID, tmp_path: Path
) -> None:
    with tiny_disk(tmp_path / "work", 4) as disk:
        work = await work_on(roomy, org, await submitted(roomy, org, SOUND), disk)
        with pytest.raises(DiskFullError):
            await steps_of(roomy, disk).fetch(work)
        assert not await asyncio.to_thread(objects_in, disk)
        await asyncio.to_thread(remount, disk, "size=60m")
        assert (await steps_of(roomy, disk).fetch(work)).read_bytes() == SOUND


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"<!doctype html>" + bytes(9000), "a web page"), (b"PK\x03\x04" + bytes(9000), "an archive")],
)
async def test_what_is_no_recording_is_refused_as_a_download_is(
    roomy: Platform, org: uuid.UUID, tmp_path: Path, data: bytes, sentence: str
) -> None:
    work = await work_on(roomy, org, await submitted(roomy, org, data, 2), tmp_path)
    with pytest.raises(UnsupportedMediaError, match=sentence):
        await steps_of(roomy, tmp_path).fetch(work)
    assert not (tmp_path / "recording").exists()


async def test_a_limit_that_was_lowered_meanwhile_holds(
    roomy: Platform, org: uuid.UUID, tmp_path: Path
) -> None:
    work = await work_on(roomy, org, await submitted(roomy, org, SOUND), tmp_path)
    with pytest.raises(FileTooLargeError):
        await steps_of(replace(roomy, limits=FetchLimits(PIECE, 10)), tmp_path).fetch(work)


async def test_a_piece_that_is_gone_is_told_for_good(roomy: Platform, org: uuid.UUID, tmp_path: Path) -> None:
    work = await work_on(roomy, org, await submitted(roomy, org, SOUND), tmp_path)
    for name in sorted(objects_in(tmp_path / "store"))[:1]:
        (tmp_path / "store" / name).unlink()
    with pytest.raises(UploadLostError) as caught:
        await steps_of(roomy, tmp_path).fetch(work)
    assert not caught.value.retryable


@pytest.fixture
async def processor(roomy: Platform, tmp_path: Path) -> AsyncGenerator[Processor]:
    child = build_child(roomy.settings, tmp_path)
    (tmp_path / "work").mkdir()
    yield Processor(roomy, child, tmp_path / "work", [])
    await child.close()


async def _outcome(platform: Platform, org: uuid.UUID, analysis_id: uuid.UUID) -> tuple[str, str | None]:
    async with platform.database.tenant(org) as session:
        found = await queries.find(session, analysis_id)
    assert found
    return found.analysis.status, found.analysis.error["code"] if found.analysis.error else None


async def test_a_store_that_is_away_is_tried_again_by_the_schedule_and_used_when_it_returns(
    roomy: Platform, org: uuid.UUID, processor: Processor, tmp_path: Path
) -> None:
    analysis_id = await submitted(roomy, org, b"%PDF" + bytes(5000))
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    for delay in (5, 30, 120):
        with pytest.raises(TryAgainLater) as later:
            await processor.process(org, analysis_id)
        assert later.value.delay == delay
    (tmp_path / "elsewhere").rename(tmp_path / "store")
    await processor.process(org, analysis_id)
    assert await _outcome(roomy, org, analysis_id) == ("failed", "unsupported_media"), "it was read after all"


async def test_a_store_that_stays_away_ends_as_failed_with_its_code(
    roomy: Platform, org: uuid.UUID, processor: Processor, tmp_path: Path
) -> None:
    analysis_id = await submitted(roomy, org, SOUND)
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    for _ in range(3):
        with pytest.raises(TryAgainLater):
            await processor.process(org, analysis_id)
    await processor.process(org, analysis_id)
    assert await _outcome(roomy, org, analysis_id) == ("failed", "storage_unavailable")
    (tmp_path / "elsewhere").rename(tmp_path / "store")
    await objects.sweep(roomy.database, roomy.vault)
    assert not objects_in(tmp_path / "store"), "what nobody will read is removed once the store is back"


async def test_a_worker_whose_disk_is_full_tries_again(
    roomy: Platform, org: uuid.UUID, processor: Processor, tmp_path: Path
) -> None:
    with tiny_disk(tmp_path / "work", 1) as disk:
        analysis_id = await submitted(roomy, org, SOUND)
        with pytest.raises(TryAgainLater):
            await processor.process(org, analysis_id)
        assert not await asyncio.to_thread(objects_in, disk)
        await asyncio.to_thread((disk / "ballast").write_bytes, bytes(900_000))
        for _ in range(2):
            with pytest.raises(TryAgainLater):
                await processor.process(org, analysis_id)
        await processor.process(org, analysis_id)
    assert await _outcome(roomy, org, analysis_id) == ("failed", "worker_disk_full")
