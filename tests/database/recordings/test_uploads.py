"""An upload serves one analysis, and nothing of it outlives its use."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.analyses import lifecycle, submit
from calltrace.analyses.document import ErrorDocument
from calltrace.analyses.errors import IdempotencyKeyReusedError
from calltrace.analyses.submit import Intake
from calltrace.kit.errors import FileTooLargeError, InvalidRequestError, UnsupportedMediaError
from calltrace.pipeline.context import Platform
from calltrace.pipeline.housekeeping import tidy
from calltrace.recordings import objects, upload_receive, uploads
from calltrace.recordings.errors import (
    UploadExpiredError,
    UploadIncompleteError,
    UploadTakenOverError,
    UploadUsedError,
)
from calltrace.recordings.upload_inlet import Sending
from calltrace.recordings.uploads import Uploads
from database.analyses.factory import claimed
from database.conftest import count, submission, waiting_jobs
from database.recordings.conftest import MOST
from database.recordings.sending import content, objects_in, opened, send, stored

DATA = content(1000)


@pytest.fixture
def taking(roomy: Platform) -> Intake:
    return Intake(roomy.database, roomy.client, roomy.limits, roomy.uploads, probe=True)


async def _sent(desk: Uploads, org: uuid.UUID, **wanted: object) -> uuid.UUID:
    upload_id = await opened(desk, org, **wanted)
    await send(desk, org, upload_id, DATA)
    return upload_id


async def _submit(taking: Intake, org: uuid.UUID, upload_id: uuid.UUID, **fields: object) -> submit.Accepted:
    return await submit.submit(taking, org, None, submission(file_url=None, upload_id=upload_id, **fields))


async def _run(desk: Uploads, statement: str) -> None:
    async with desk.database.operator() as session:
        await session.execute(text(statement))


@pytest.mark.accepts("CT-027")
async def test_an_uploaded_file_is_analysed_under_its_name(
    desk: Uploads, org: uuid.UUID, taking: Intake
) -> None:
    upload_id = await _sent(desk, org, file_name="call.wav")
    accepted = await _submit(taking, org, upload_id)
    assert await waiting_jobs(desk.database, str(accepted.analysis_id)) == 1
    async with desk.database.tenant(org) as session:
        row = (await session.execute(text("SELECT file_name, file_url, upload_id FROM analyses"))).one()
        status = await session.scalar(text("SELECT status FROM uploads"))
    assert (row.file_name, row.file_url, row.upload_id, status) == ("call.wav", None, upload_id, "used")


async def test_the_name_that_the_analysis_is_given_wins(
    desk: Uploads, org: uuid.UUID, taking: Intake
) -> None:
    await _submit(taking, org, await _sent(desk, org, file_name="call.wav"), file_name="other.wav")
    async with desk.database.tenant(org) as session:
        assert await session.scalar(text("SELECT file_name FROM analyses")) == "other.wav"


async def test_what_is_told_of_a_file_is_judged_before_it_is_sent(desk: Uploads, org: uuid.UUID) -> None:
    for wanted, error in (
        ({"size_bytes": MOST + 1}, FileTooLargeError),
        ({"content_type": "text/html; charset=utf-8"}, UnsupportedMediaError),
        ({"direct": True}, InvalidRequestError),
    ):
        with pytest.raises(error):
            await opened(desk, org, **wanted)
    assert await count(desk.database, "uploads", org) == 0
    await opened(desk, org, size_bytes=MOST, content_type="audio/mpeg", direct=False)


async def test_only_a_whole_upload_of_ones_own_can_be_analysed(
    desk: Uploads, org: uuid.UUID, taking: Intake, new_org: Any
) -> None:
    whole, part, expired = await _sent(desk, org), await opened(desk, org), await _sent(desk, org)
    await send(desk, org, part, DATA, Sending(0, 1000, 2000, last=False))
    await _run(desk, f"UPDATE uploads SET expires_at = now() - interval '1 s' WHERE id = '{expired}'")
    with pytest.raises(UploadIncompleteError):
        await _submit(taking, org, part)
    with pytest.raises(UploadExpiredError):
        await _submit(taking, org, expired)
    for owner, upload_id, mode in (
        (org, uuid.uuid4(), "live"),
        (org, whole, "test"),
        (await new_org(), whole, "live"),
    ):
        with pytest.raises(InvalidRequestError) as caught:
            await _submit(taking, owner, upload_id, mode=mode)
        assert caught.value.errors[0].pointer == "/uploadId"
    assert await count(desk.database, "analyses", org) == 0
    await _submit(taking, org, whole)


async def test_a_second_analysis_of_an_upload_is_refused(
    desk: Uploads, org: uuid.UUID, taking: Intake
) -> None:
    upload_id = await _sent(desk, org)
    await _submit(taking, org, upload_id)
    with pytest.raises(UploadUsedError):
        await _submit(taking, org, upload_id)


async def test_of_twenty_at_once_one_gets_the_upload(desk: Uploads, org: uuid.UUID, taking: Intake) -> None:
    upload_id = await _sent(desk, org)
    answers = await asyncio.gather(
        *(_submit(taking, org, upload_id) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(one, submit.Accepted) for one in answers) == 1
    assert sum(isinstance(one, UploadUsedError) for one in answers) == 19
    assert await count(desk.database, "analyses", org) == 1
    assert await waiting_jobs(desk.database, str(org)) == 1


@pytest.mark.accepts("CT-056", "CT-057")
async def test_the_same_key_answers_the_same_analysis_also_of_an_upload(
    desk: Uploads, org: uuid.UUID, taking: Intake
) -> None:
    upload_id, other = await _sent(desk, org), await _sent(desk, org)
    answers = await asyncio.gather(
        *(_submit(taking, org, upload_id, idempotency_key="k") for _ in range(20)), return_exceptions=True
    )
    assert {type(one) for one in answers} == {submit.Accepted}
    assert len({one.analysis_id for one in answers if isinstance(one, submit.Accepted)}) == 1
    with pytest.raises(IdempotencyKeyReusedError):
        await _submit(taking, org, other, idempotency_key="k")
    assert (await _submit(taking, org, upload_id, idempotency_key="k")).replayed


async def test_a_refused_upload_burns_no_key(desk: Uploads, org: uuid.UUID, taking: Intake) -> None:
    upload_id = await opened(desk, org)
    with pytest.raises(UploadIncompleteError):
        await _submit(taking, org, upload_id, idempotency_key="k")
    await send(desk, org, upload_id, DATA)
    assert not (await _submit(taking, org, upload_id, idempotency_key="k")).replayed


async def test_one_that_is_sent_anew_meanwhile_is_not_analysed(desk: Uploads, org: uuid.UUID) -> None:
    """Judged complete, and open again when it is to be taken: the row decides, under its lock."""
    upload_id = await _sent(desk, org)
    await uploads.judge(desk, org, upload_id, "live")
    await send(desk, org, upload_id, DATA[:5], Sending(None, 5, 10, last=False))
    with pytest.raises(UploadIncompleteError):
        async with desk.database.tenant(org) as session:
            await uploads.take(session, upload_id, "live")


async def test_a_failed_analysis_lets_its_upload_go(
    desk: Uploads, org: uuid.UUID, taking: Intake, roomy: Platform, tmp_path: Path
) -> None:
    accepted = await _submit(taking, org, await _sent(desk, org))
    claim = await claimed(taking, org, accepted.analysis_id)
    error = ErrorDocument(code="unsupported_media", message="", stage="fetching", retryable=False)
    async with desk.database.tenant(org) as session:
        await lifecycle.fail(session, claim, error, roomy.links)
    await objects.sweep(desk.database, roomy.vault)
    assert not objects_in(tmp_path / "store")


async def test_a_client_that_gives_up_leaves_nothing(
    desk: Uploads, org: uuid.UUID, taking: Intake, roomy: Platform, tmp_path: Path
) -> None:
    upload_id = await _sent(desk, org)
    await uploads.cancel(desk, org, upload_id)
    await objects.sweep(desk.database, roomy.vault)
    assert not objects_in(tmp_path / "store")
    assert await count(desk.database, "uploads", org) == 0
    used = await _sent(desk, org)
    await _submit(taking, org, used)
    with pytest.raises(UploadUsedError):
        await uploads.cancel(desk, org, used)


LONG_AGO = "UPDATE uploads SET expires_at = now() - interval '8 years' WHERE org_id = '{org}'"


async def test_uploads_that_nobody_used_are_removed_after_they_expired(
    desk: Uploads, org: uuid.UUID, roomy: Platform, tmp_path: Path
) -> None:
    await _sent(desk, org)
    part = await opened(desk, org)
    await send(desk, org, part, DATA[:5], Sending(0, 5, 10, last=False))
    await tidy(desk.database, 30)
    assert await count(desk.database, "uploads", org) == 2, "not before"
    await _run(desk, LONG_AGO.format(org=org))
    await tidy(desk.database, 30)
    await objects.sweep(desk.database, roomy.vault)
    assert not objects_in(tmp_path / "store")
    for table in ("uploads", "upload_pieces", "doomed_objects"):
        assert await count(desk.database, table, org) == 0, table


async def test_an_upload_that_waits_for_its_worker_is_kept_however_long(
    desk: Uploads, org: uuid.UUID, taking: Intake, roomy: Platform, tmp_path: Path
) -> None:
    await _submit(taking, org, await _sent(desk, org))
    await _run(desk, LONG_AGO.format(org=org))
    await tidy(desk.database, 30)
    await objects.sweep(desk.database, roomy.vault)
    assert len(objects_in(tmp_path / "store")) == 1


async def test_a_piece_that_is_stored_and_never_counted_is_removed(
    desk: Uploads, org: uuid.UUID, roomy: Platform, tmp_path: Path
) -> None:
    """A writer that was taken over has stored what nobody will count; one that was killed, too."""
    upload_id = await opened(desk, org)

    async def slow() -> AsyncGenerator[bytes]:
        yield DATA
        await send(desk, org, upload_id, DATA)

    with pytest.raises(UploadTakenOverError):
        await upload_receive.receive(desk, org, upload_id, Sending(None, 1000, None, last=True), slow())
    assert len(objects_in(tmp_path / "store")) == 2
    await _run(desk, "UPDATE doomed_objects SET due_at = now() - interval '1 s'")
    await objects.sweep(desk.database, roomy.vault)
    async with desk.database.tenant(org) as session:
        kept = (await session.scalars(text("SELECT object_key FROM upload_pieces"))).all()
    assert objects_in(tmp_path / "store") == set(kept)
    assert await stored(desk, org, upload_id) == DATA
