"""Erasing: everything goes, once, whatever else is going on; only a receipt without content stays."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.accounts.models import Mode
from calltrace.analyses import lifecycle, submit
from calltrace.analyses.document import ProcessingDocument
from calltrace.analyses.erase import Receipt, erase
from calltrace.analyses.errors import StaleAttemptError
from calltrace.analyses.lifecycle import Claim
from calltrace.kit import clock
from calltrace.kit.errors import NotFoundError
from calltrace.kit.outbound import Answer
from calltrace.pipeline.context import Platform
from calltrace.recordings import objects
from calltrace.recordings.upload_inlet import Sending
from calltrace.webhooks import deliver
from calltrace.webhooks import service as webhooks
from calltrace.webhooks.claims import Holder
from calltrace.webhooks.prepared import Outcome, Prepared
from calltrace.webhooks.record import record
from calltrace.webhooks.wire import Pace
from database.analyses.factory import (
    EVALUATION,
    TRANSCRIPT,
    claimed,
    completed,
    heard,
    playable,
    recorded,
    submitted,
)
from database.conftest import count, submission, waiting_jobs
from database.recordings.sending import opened, send

PACES = {"calltrace": Pace((1, 2), 10)}
CONTENT_TABLES = (
    "analyses", "transcripts", "evaluations", "recordings", "renditions", "waveforms", "uploads",
    "upload_pieces", "webhook_deliveries", "webhook_attempts", "doomed_objects",
)  # fmt: skip


async def _erase(platform: Platform, org: uuid.UUID, analysis_id: uuid.UUID, mode: Mode = "live") -> Receipt:
    return await erase(platform.database, platform.vault, OPERATOR, org, analysis_id, mode)


async def _subscribe(platform: Platform, org: uuid.UUID) -> None:
    async with platform.database.tenant(org) as session:
        await webhooks.create_endpoint(
            session, org, url="https://127.0.0.1/hook", events=["analysis.created", "analysis.completed"],
            box=platform.box, policy=platform.policy,
        )  # fmt: skip


async def _assert_nothing_left(platform: Platform, org: uuid.UUID) -> None:
    assert {name: await count(platform.database, name, org) for name in CONTENT_TABLES} == dict.fromkeys(
        CONTENT_TABLES, 0
    )
    assert await waiting_jobs(platform.database, str(org)) == 0


def _stored_files(folder: Path) -> list[Path]:
    return [path for path in (folder / "store").rglob("*") if path.is_file()]


async def _prepared(platform: Platform, org: uuid.UUID) -> Prepared:
    """A delivery in the hands of a worker."""
    async with platform.database.tenant(org) as session:
        endpoint_id = (
            await session.scalars(text("SELECT endpoint_id FROM webhook_deliveries LIMIT 1"))
        ).one()
        [prepared] = await deliver.take(session, Holder(uuid.uuid4(), 30), {endpoint_id: 1})
    return prepared


def _answered(status: int) -> Outcome:
    return Outcome(clock.now(), clock.now(), Answer(status, httpx2.Headers(), b""), None)


async def test_everything_of_a_completed_analysis_goes_and_is_counted(
    platform: Platform, intake: submit.Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    await _subscribe(platform, org)
    analysis_id = await completed(platform, intake, org, tmp_path)
    await record(platform.database, await _prepared(platform, org), _answered(500), PACES)
    assert len(_stored_files(tmp_path)) == 1
    receipt = await _erase(platform, org, analysis_id)
    assert receipt.analysis_id == str(analysis_id)
    assert receipt.erased == {
        "recordings": 1, "transcripts": 1, "evaluations": 1, "deliveries": 2, "attempts": 1, "uploads": 0,
        "conversations": 0, "surveys": 0,
    }  # fmt: skip
    await _assert_nothing_left(platform, org)
    assert _stored_files(tmp_path) == []


async def test_the_waveform_and_the_copy_for_browsers_go_with_their_recording(
    platform: Platform, intake: submit.Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    claim = await claimed(intake, org, await submitted(intake, org))
    await recorded(platform, claim, tmp_path)
    await playable(platform, claim, tmp_path, b"a copy")
    assert len(_stored_files(tmp_path)) == 2
    receipt = await _erase(platform, org, claim.analysis_id)
    assert receipt.erased["recordings"] == 1
    await _assert_nothing_left(platform, org)
    assert _stored_files(tmp_path) == []


async def test_the_receipt_is_an_audit_entry_that_quotes_nothing(
    platform: Platform, intake: submit.Intake, org: uuid.UUID
) -> None:
    analysis_id = await submitted(intake, org, external_id="crm-secret", metadata={"name": "secret"})
    receipt = await _erase(platform, org, analysis_id)
    async with platform.database.tenant(org) as session:
        entry: Any = (await session.execute(text("SELECT * FROM audit_entries"))).one()
    assert (entry.id, entry.action) == (receipt.receipt_id, "analysis.erased")
    assert (entry.actor_kind, entry.target_id) == ("operator", str(analysis_id))
    assert entry.created_at == receipt.erased_at
    assert entry.details == {"mode": "live", "erased": receipt.erased}
    assert "secret" not in str(entry)


async def test_another_call_is_not_touched(
    platform: Platform, intake: submit.Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    await _subscribe(platform, org)
    gone, stays = [await completed(platform, intake, org, tmp_path) for _ in range(2)]
    await _erase(platform, org, gone)
    async with platform.database.tenant(org) as session:
        for table in ("transcripts", "evaluations", "webhook_deliveries"):
            left = set((await session.scalars(text(f"SELECT analysis_id FROM {table}"))).all())
            assert left == {stays}, table
    assert len(_stored_files(tmp_path)) == 1


async def test_an_upload_that_was_not_fetched_yet_goes_too(
    platform: Platform, intake: submit.Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    upload_id = await opened(platform.uploads, org, file_name="Jane Smith.wav")
    for start in (0, 5):
        await send(platform.uploads, org, upload_id, b"piece", Sending(start, 5, 10, last=None))
    analysis_id = await submitted(intake, org, file_url=None, upload_id=upload_id)
    assert len(_stored_files(tmp_path)) == 2
    assert (await _erase(platform, org, analysis_id)).erased["uploads"] == 1
    await _assert_nothing_left(platform, org)
    assert not _stored_files(tmp_path)


async def test_another_organisations_or_modes_analysis_is_not_found(
    platform: Platform, intake: submit.Intake, org: uuid.UUID, new_org: Callable[[], Any]
) -> None:
    analysis_id = await submitted(intake, org)
    with pytest.raises(NotFoundError):
        await _erase(platform, await new_org(), analysis_id)
    with pytest.raises(NotFoundError):
        await _erase(platform, org, analysis_id, "test")
    assert await count(platform.database, "analyses", org) == 1
    assert await count(platform.database, "audit_entries", org) == 0


async def test_of_five_at_the_same_time_one_erases(
    platform: Platform, intake: submit.Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    analysis_id = await completed(platform, intake, org, tmp_path)
    answers = await asyncio.gather(
        *(_erase(platform, org, analysis_id) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(answer, Receipt) for answer in answers) == 1
    assert sum(isinstance(answer, NotFoundError) for answer in answers) == 4
    assert await count(platform.database, "audit_entries", org) == 1


async def test_a_worker_that_has_it_writes_nothing_any_more(
    platform: Platform, intake: submit.Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    claim = await claimed(intake, org, await submitted(intake, org))
    await _erase(platform, org, claim.analysis_id)
    with pytest.raises(StaleAttemptError):
        await recorded(platform, claim, tmp_path)
    with pytest.raises(StaleAttemptError):
        await heard(platform, claim)
    assert await count(platform.database, "doomed_objects", org) == 1, "the late copy is noted for removal"
    async with platform.database.tenant(org) as session:
        assert await lifecycle.claim(session, claim.analysis_id) is None, "its job ends quietly"


async def _complete(platform: Platform, claim: Claim) -> None:
    async with platform.database.tenant(claim.org_id) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), platform.links)


async def test_erased_while_it_is_completed_nothing_stays(
    platform: Platform, intake: submit.Intake, org: uuid.UUID
) -> None:
    await _subscribe(platform, org)
    for _ in range(10):
        claim = await claimed(intake, org, await submitted(intake, org))
        await heard(platform, claim)
        done, receipt = await asyncio.gather(
            _complete(platform, claim), _erase(platform, org, claim.analysis_id), return_exceptions=True
        )
        assert isinstance(receipt, Receipt), receipt
        assert done is None or isinstance(done, StaleAttemptError)
        assert receipt.erased["evaluations"] == (1 if done is None else 0)
    await _assert_nothing_left(platform, org)


async def test_erased_while_a_delivery_is_under_way_its_attempt_is_not_written(
    platform: Platform, intake: submit.Intake, org: uuid.UUID
) -> None:
    await _subscribe(platform, org)
    analysis_id = await submitted(intake, org)
    prepared = await _prepared(platform, org)
    await _erase(platform, org, analysis_id)
    assert await record(platform.database, prepared, _answered(500), PACES) is None
    await _assert_nothing_left(platform, org)


async def test_erased_while_an_attempt_is_written_down_it_is_counted_or_dropped(
    platform: Platform, intake: submit.Intake, org: uuid.UUID
) -> None:
    await _subscribe(platform, org)
    for _ in range(10):
        analysis_id = await submitted(intake, org)
        prepared = await _prepared(platform, org)
        delay, receipt = await asyncio.gather(
            record(platform.database, prepared, _answered(500), PACES),
            _erase(platform, org, analysis_id),
        )
        assert receipt.erased["attempts"] == (1 if delay is not None else 0)
    await _assert_nothing_left(platform, org)


async def test_a_late_retry_with_the_same_key_is_answered_as_before_and_brings_nothing_back(
    platform: Platform, intake: submit.Intake, org: uuid.UUID
) -> None:
    wanted = submission(idempotency_key="k", external_id="e")
    first = await submit.submit(intake, org, None, wanted)
    await _erase(platform, org, first.analysis_id)
    again = await submit.submit(intake, org, None, wanted)
    assert (again.analysis_id, again.external_id, again.replayed) == (first.analysis_id, "e", True)
    await _assert_nothing_left(platform, org)


async def test_what_stays_of_an_idempotent_request_is_its_key_and_a_hash(
    platform: Platform, intake: submit.Intake, org: uuid.UUID
) -> None:
    analysis_id = await submitted(intake, org, idempotency_key="k", external_id="crm-secret")
    await _erase(platform, org, analysis_id)
    async with platform.database.tenant(org) as session:
        row: Any = (await session.execute(text("SELECT * FROM idempotency_keys"))).one()
    assert set(row._mapping) == {"id", "created_at", "org_id", "key", "request_hash", "mode", "analysis_id"}
    assert "secret" not in str(row)


async def test_a_store_that_is_away_does_not_hold_up_the_erasure(
    platform: Platform, intake: submit.Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    analysis_id = await completed(platform, intake, org, tmp_path)
    folder, aside = tmp_path / "store" / str(org), tmp_path / "aside"
    folder.rename(aside)
    folder.write_text("a file where the folder should be")
    assert (await _erase(platform, org, analysis_id)).erased["recordings"] == 1
    assert await count(platform.database, "recordings", org) == 0, "its data key is forgotten"
    assert await count(platform.database, "doomed_objects", org) == 1
    folder.unlink()
    aside.rename(folder)
    await objects.sweep(platform.database, platform.vault)
    await _assert_nothing_left(platform, org)
    assert _stored_files(tmp_path) == []


async def test_an_audit_entry_cannot_be_changed_or_removed(
    platform: Platform, intake: submit.Intake, org: uuid.UUID
) -> None:
    await _erase(platform, org, await submitted(intake, org))
    for statement in ("DELETE FROM audit_entries", "UPDATE audit_entries SET details = '{}'"):
        with pytest.raises(Exception, match="permission denied"):
            async with platform.database.tenant(org) as session:
                await session.execute(text(statement))
