"""Uploads on a real S3 server: straight into the bucket by presigned URL, or through the API in pieces."""

import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import queries, submit
from calltrace.analyses.erase import erase
from calltrace.analyses.submit import Intake
from calltrace.kit.errors import FileTooLargeError, NotFoundError
from calltrace.pipeline.context import Platform
from calltrace.pipeline.housekeeping import tidy
from calltrace.recordings import objects, upload_receive, uploads
from calltrace.recordings.errors import UploadIncompleteError, UploadLostError, UploadUsedError
from calltrace.recordings.upload_inlet import PIECE, Sending
from calltrace.recordings.uploads import Opened, Wanted
from calltrace.recordings.vault import Vault
from calltrace.storage import ObjectStore, StorageAwayError
from database.conftest import count, submission
from database.pipeline.test_upload_step import SOUND, steps_of, work_on
from database.recordings.conftest import MOST
from database.recordings.sending import opened, send, stored
from gate import Gate
from s3server import BUCKET


@pytest.fixture
def cloudy(roomy: Platform, s3: Gate) -> Platform:
    assert s3.port
    store = ObjectStore.from_url(f"s3://{BUCKET}/{uuid.uuid4()}")
    return replace(roomy, store=store, vault=Vault(store, roomy.box))


async def _put(opened: Opened, data: bytes) -> None:
    async with httpx2.AsyncClient(timeout=60) as client:
        assert (await client.put(opened.url, content=data)).is_success


async def _open(platform: Platform, org: uuid.UUID, **wanted: object) -> Opened:
    fields = Wanted(**wanted)  # type: ignore[arg-type] - a table of fields
    return await uploads.open_upload(platform.uploads, org, None, fields)


async def _submit(platform: Platform, org: uuid.UUID, upload_id: uuid.UUID) -> uuid.UUID:
    intake = Intake(platform.database, platform.client, platform.limits, platform.uploads, probe=True)
    wanted = submission(file_url=None, upload_id=upload_id)
    return (await submit.submit(intake, org, None, wanted)).analysis_id


async def _gone(store: ObjectStore, key: str) -> bool:
    try:
        await store.size(key)
    except NotFoundError:
        return True
    return False


@pytest.mark.accepts("CT-027")
async def test_a_file_goes_straight_into_the_bucket_and_is_analysed(
    cloudy: Platform, org: uuid.UUID, tmp_path: Path, s3: Gate
) -> None:
    made = await _open(cloudy, org, file_name="call.mp3", size_bytes=len(SOUND))
    assert made.upload.direct
    assert made.url.startswith(f"{s3.endpoint}/{BUCKET}/")
    with pytest.raises(UploadIncompleteError):
        await _submit(cloudy, org, made.upload.id)
    await _put(made, SOUND)
    analysis_id = await _submit(cloudy, org, made.upload.id)
    work = await work_on(cloudy, org, analysis_id, tmp_path)
    assert (await steps_of(cloudy, tmp_path).fetch(work)).read_bytes() == SOUND
    await objects.sweep(cloudy.database, cloudy.vault)
    assert await _gone(cloudy.store, made.upload.object_prefix), "the copy in the clear goes at once"
    async with cloudy.database.tenant(org) as session:
        recording = await queries.recording_of(session, analysis_id)
    assert recording
    sealed = await cloudy.store.get_range(recording.object_key, 0, 1 << 20)
    assert SOUND[:64] not in sealed


@pytest.mark.parametrize("size", [10, 999])
async def test_a_file_of_another_size_than_declared_is_incomplete_and_may_be_put_again(
    cloudy: Platform, org: uuid.UUID, size: int
) -> None:
    made = await _open(cloudy, org, size_bytes=100)
    await _put(made, bytes(size))
    with pytest.raises(UploadIncompleteError):
        await _submit(cloudy, org, made.upload.id)
    await _put(made, bytes(100))
    await _submit(cloudy, org, made.upload.id)


async def test_an_empty_file_is_incomplete(cloudy: Platform, org: uuid.UUID) -> None:
    made = await _open(cloudy, org)
    await _put(made, b"")
    with pytest.raises(UploadIncompleteError):
        await _submit(cloudy, org, made.upload.id)


async def test_a_file_over_the_limit_is_refused_and_removed(cloudy: Platform, org: uuid.UUID) -> None:
    made = await _open(cloudy, org)
    await _put(made, bytes(MOST + 1))
    with pytest.raises(FileTooLargeError) as caught:
        await _submit(cloudy, org, made.upload.id)
    assert caught.value.status == 422
    await objects.sweep(cloudy.database, cloudy.vault)
    assert await _gone(cloudy.store, made.upload.object_prefix)
    with pytest.raises(UploadUsedError):
        await _submit(cloudy, org, made.upload.id)


async def test_a_file_that_is_replaced_after_it_was_judged_is_judged_again(
    cloudy: Platform, org: uuid.UUID, tmp_path: Path
) -> None:
    made = await _open(cloudy, org)
    await _put(made, SOUND)
    analysis_id = await _submit(cloudy, org, made.upload.id)
    await _put(made, SOUND[:64] + bytes(MOST))
    work = await work_on(cloudy, org, analysis_id, tmp_path)
    with pytest.raises(FileTooLargeError):
        await steps_of(cloudy, tmp_path).fetch(work)
    await cloudy.store.delete(made.upload.object_prefix)
    with pytest.raises(UploadLostError):
        await steps_of(cloudy, tmp_path).fetch(work)


async def test_a_file_that_is_put_again_after_its_use_is_removed_when_its_url_has_expired(
    cloudy: Platform, org: uuid.UUID, tmp_path: Path
) -> None:
    made = await _open(cloudy, org)
    await _put(made, SOUND)
    work = await work_on(cloudy, org, await _submit(cloudy, org, made.upload.id), tmp_path)
    await steps_of(cloudy, tmp_path).fetch(work)
    await objects.sweep(cloudy.database, cloudy.vault)
    await _put(made, b"late")
    for expired, left in ((timedelta(minutes=1), False), (timedelta(hours=2), True)):
        async with cloudy.database.operator() as session:
            await session.execute(
                text("UPDATE uploads SET expires_at = now() - CAST(:ago AS interval) WHERE id = :id"),
                {"ago": expired, "id": made.upload.id},
            )
        await tidy(cloudy.database, 30)
        await objects.sweep(cloudy.database, cloudy.vault)
        assert await _gone(cloudy.store, made.upload.object_prefix) is left
    assert await count(cloudy.database, "uploads", org) == 1, "the analysis still names it"


async def test_one_that_was_never_used_is_removed(cloudy: Platform, org: uuid.UUID) -> None:
    made = await _open(cloudy, org)
    await _put(made, SOUND)
    async with cloudy.database.operator() as session:
        longest_ago = "UPDATE uploads SET expires_at = now() - interval '9 years' WHERE id = :id"
        await session.execute(text(longest_ago), {"id": made.upload.id})
    await tidy(cloudy.database, 30)
    await objects.sweep(cloudy.database, cloudy.vault)
    assert await _gone(cloudy.store, made.upload.object_prefix)
    assert await count(cloudy.database, "uploads", org) == 0


async def test_a_client_may_choose_to_send_in_pieces_that_can_be_resumed(
    cloudy: Platform, org: uuid.UUID, s3: Gate
) -> None:
    upload_id = await opened(cloudy.uploads, org, direct=False)
    await send(cloudy.uploads, org, upload_id, SOUND[:PIECE], Sending(0, PIECE, len(SOUND), last=None))
    await s3.shut()
    rest = Sending(PIECE, len(SOUND) - PIECE, None, last=None)
    with pytest.raises(StorageAwayError):
        await send(cloudy.uploads, org, upload_id, SOUND[PIECE:], rest)
    await s3.open()
    assert (await upload_receive.look(cloudy.uploads, org, upload_id)).received == PIECE
    assert (await send(cloudy.uploads, org, upload_id, SOUND[PIECE:], rest)).complete
    assert await stored(cloudy.uploads, org, upload_id) == SOUND


async def test_an_endpoint_that_is_away_refuses_for_now_and_burns_nothing(
    cloudy: Platform, org: uuid.UUID, s3: Gate, tmp_path: Path
) -> None:
    made = await _open(cloudy, org)
    await _put(made, SOUND)
    await s3.shut()
    with pytest.raises(StorageAwayError):
        await _submit(cloudy, org, made.upload.id)
    await s3.open()
    work = await work_on(cloudy, org, await _submit(cloudy, org, made.upload.id), tmp_path)
    await s3.shut()
    with pytest.raises(StorageAwayError):
        await steps_of(cloudy, tmp_path).fetch(work)
    assert not (tmp_path / "recording").exists()
    await s3.open()
    assert (await steps_of(cloudy, tmp_path).fetch(work)).read_bytes() == SOUND


async def test_an_erased_call_takes_its_direct_upload_along_and_what_comes_late(
    cloudy: Platform, org: uuid.UUID
) -> None:
    made = await _open(cloudy, org, file_name="Jane Smith.mp3")
    await _put(made, SOUND)
    analysis_id = await _submit(cloudy, org, made.upload.id)
    await erase(cloudy.database, cloudy.vault, OPERATOR, org, analysis_id, "live")
    assert await _gone(cloudy.store, made.upload.object_prefix)
    async with cloudy.database.tenant(org) as session:
        row = (await session.execute(text("SELECT file_name, status FROM uploads"))).one()
        assert tuple(row) == (None, "spent")
    await _put(made, b"late")
    async with cloudy.database.operator() as session:
        longest_ago = "UPDATE uploads SET expires_at = now() - interval '9 years' WHERE id = :id"
        await session.execute(text(longest_ago), {"id": made.upload.id})
    await tidy(cloudy.database, 30)
    await objects.sweep(cloudy.database, cloudy.vault)
    assert await _gone(cloudy.store, made.upload.object_prefix)
    assert await count(cloudy.database, "uploads", org) == 0
