"""What is kept beside a recording stays as long as the recording, and not longer."""

import uuid
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from calltrace.analyses import queries
from calltrace.analyses.submit import Intake
from calltrace.pipeline.context import Platform
from calltrace.recordings import objects, sound
from calltrace.recordings.models import Recording
from calltrace.recordings.objects import ObjectDoomedError
from calltrace.recordings.vault import Stored
from database.analyses.factory import WAVEFORM, claimed, playable, recorded, submitted
from database.conftest import count
from database.recordings.sending import objects_in


@pytest.fixture
async def recording(platform: Platform, intake: Intake, org: uuid.UUID, tmp_path: Path) -> Recording:
    claim = await claimed(intake, org, await submitted(intake, org))
    await recorded(platform, claim, tmp_path)
    await playable(platform, claim, tmp_path, b"a copy")
    async with platform.database.tenant(org) as session:
        found = await queries.recording_of(session, claim.analysis_id)
    assert found
    return found


async def test_a_kept_copy_is_vouched_for(platform: Platform, recording: Recording, tmp_path: Path) -> None:
    assert await count(platform.database, "doomed_objects", recording.org_id) == 0
    assert len(objects_in(tmp_path / "store")) == 2


async def test_a_recording_cannot_be_deleted_without_its_copy(
    platform: Platform, recording: Recording
) -> None:
    with pytest.raises(IntegrityError, match="fk_renditions_recording_id"):
        async with platform.database.tenant(recording.org_id) as session:
            await session.execute(delete(Recording).where(Recording.id == recording.id))


async def test_forgotten_both_are_gone_from_the_store_and_the_tables(
    platform: Platform, recording: Recording, tmp_path: Path
) -> None:
    async with platform.database.tenant(recording.org_id) as session:
        keys = await sound.forget(session, await session.merge(recording))
    assert set(keys) == objects_in(tmp_path / "store")
    await objects.sweep(platform.database, platform.vault)
    assert not objects_in(tmp_path / "store")
    for table in ("recordings", "renditions", "waveforms", "doomed_objects"):
        assert await count(platform.database, table, recording.org_id) == 0, table


async def test_a_copy_that_came_too_late_is_not_kept(
    platform: Platform, intake: Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    claim = await claimed(intake, org, await submitted(intake, org))
    recording = await recorded(platform, claim, tmp_path)
    with pytest.raises(ObjectDoomedError):
        async with platform.database.tenant(org) as session:
            await sound.keep(session, recording, WAVEFORM, Stored("never doomed", "k", 1, "0"))
    for table in ("renditions", "waveforms"):
        assert await count(platform.database, table, org) == 0, table
