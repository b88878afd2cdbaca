"""The step that hears a recording, with the real child: what is kept beside the transcript."""

import uuid
import wave
from collections.abc import AsyncGenerator
from pathlib import Path

import av
import numpy as np
import pytest

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import queries, sound
from calltrace.analyses.erase import erase
from calltrace.analyses.errors import PlaybackNotThereError, StaleAttemptError
from calltrace.analyses.models import Analysis
from calltrace.analyses.submit import Intake
from calltrace.data import sample_call_path
from calltrace.kit.children import Child
from calltrace.kit.progress import silent
from calltrace.pipeline.context import Platform, build_child
from calltrace.pipeline.steps import Steps
from calltrace.pipeline.work import Work
from calltrace.recordings import objects
from calltrace.recordings.decode import decode
from calltrace.recordings.models import Recording
from calltrace.recordings.rendition import encode
from calltrace.recordings.sniff import sniff
from database.analyses.factory import submitted
from database.conftest import count
from database.pipeline.working import work_on
from database.recordings.sending import objects_in


@pytest.fixture
async def child(platform: Platform, tmp_path: Path) -> AsyncGenerator[Child]:
    child = build_child(platform.settings, tmp_path)
    yield child
    await child.close()


@pytest.fixture(scope="module")
def hold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-five seconds of the sample call around its hold, as telephone systems record: WAV, 8 kHz."""
    with av.open(str(sample_call_path())) as opened:
        frames = [frame.to_ndarray() for frame in opened.decode(audio=0)]
    samples = np.concatenate(frames, axis=1)[:, 50 * 8000 : 75 * 8000]
    path = tmp_path_factory.mktemp("hold") / "hold.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((2, 2, 8000, samples.shape[1], "NONE", "not compressed"))
        out.writeframes(np.round(samples.T * 32767).astype("<i2").tobytes())
    return path


async def _work(platform: Platform, intake: Intake, org: uuid.UUID, folder: Path, path: Path) -> Work:
    """An analysis whose recording is stored already."""
    work = await work_on(platform, org, await submitted(intake, org), folder)
    stored = await objects.store(platform.database, platform.vault, org, path)
    async with platform.database.tenant(org) as session:
        recording = Recording(
            org_id=org, object_key=stored.object_key, sealed_key=stored.sealed_data_key,
            size_bytes=stored.size, sha256=stored.sha256, media=path.suffix[1:], content_type=None,
        )  # fmt: skip
        session.add(recording)
        await session.flush()
        analysis = await session.get(Analysis, work.claim.analysis_id)
        assert analysis
        analysis.recording_id = recording.id
        await objects.spare(session, stored.object_key)
    return work


async def _analysis(platform: Platform, work: Work) -> Analysis:
    async with platform.database.tenant(work.claim.org_id) as session:
        analysis = await session.get(Analysis, work.claim.analysis_id)
    assert analysis
    return analysis


async def test_a_telephone_recording_is_heard_drawn_and_made_playable(
    platform: Platform, intake: Intake, org: uuid.UUID, child: Child, tmp_path: Path, hold: Path
) -> None:
    work = await _work(platform, intake, org, tmp_path, hold)
    steps = Steps(platform, child)
    assert (await steps.hear(work, await steps.fetch(work))).segments
    analysis = await _analysis(platform, work)
    assert work.processing.warnings == []
    assert [(mark["kind"], mark["channel"]) for mark in analysis.marks or []] == [("hold", 0)]
    assert analysis.metrics
    assert 11 < analysis.metrics["holdSeconds"] < 16
    async with platform.database.tenant(org) as session:
        peaks = sound.peaks(analysis, await sound.waveform(session, analysis))
        audio = await sound.playback(session, analysis)
    assert (peaks.points_per_second, len(peaks.channels), len(peaks.channels[0])) == (20, 2, 500)
    assert max(peaks.channels[0][200:400]) < max(peaks.channels[0]) / 3, "the music is soft"
    played = b"".join([piece async for piece in platform.vault.read(audio.stored, 0, audio.size_bytes)])
    assert (sniff(played[:4096]), audio.media, len(played)) == ("mp3", "mp3", audio.size_bytes)
    assert len(objects_in(tmp_path / "store")) == 2
    assert await count(platform.database, "doomed_objects", org) == 0
    await erase(platform.database, platform.vault, OPERATOR, org, analysis.id, "live")
    assert not objects_in(tmp_path / "store")


async def test_one_that_plays_as_it_is_is_stored_once(
    platform: Platform, intake: Intake, org: uuid.UUID, child: Child, tmp_path: Path, hold: Path
) -> None:
    steps, path = Steps(platform, child), tmp_path / "hold.mp3"
    (tmp_path / "decoded").mkdir()
    encode(decode(hold, tmp_path / "decoded"), path, silent)
    work = await _work(platform, intake, org, tmp_path, path)
    await steps.hear(work, await steps.fetch(work))
    async with platform.database.tenant(org) as session:
        recording = await queries.recording_of(session, work.claim.analysis_id)
        assert await sound.playback(session, await _analysis(platform, work)) is recording
    assert len(objects_in(tmp_path / "store")) == 1


async def test_a_copy_that_cannot_be_stored_is_a_warning(
    platform: Platform, intake: Intake, org: uuid.UUID, child: Child, tmp_path: Path, hold: Path
) -> None:
    work = await _work(platform, intake, org, tmp_path, hold)
    steps = Steps(platform, child)
    path = await steps.fetch(work)
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    assert (await steps.hear(work, path)).segments
    (tmp_path / "elsewhere").rename(tmp_path / "store")
    assert [one.code for one in work.processing.warnings] == ["copy_not_stored"]
    async with platform.database.tenant(org) as session:
        with pytest.raises(PlaybackNotThereError):
            await sound.playback(session, await _analysis(platform, work))
        assert await sound.waveform(session, await _analysis(platform, work))


async def test_what_was_erased_while_it_was_heard_leaves_no_copy(
    platform: Platform, intake: Intake, org: uuid.UUID, child: Child, tmp_path: Path, hold: Path
) -> None:
    work = await _work(platform, intake, org, tmp_path, hold)
    steps = Steps(platform, child)
    path = await steps.fetch(work)
    await erase(platform.database, platform.vault, OPERATOR, org, work.claim.analysis_id, "live")
    with pytest.raises(StaleAttemptError):
        await steps.hear(work, path)
    assert not objects_in(tmp_path / "store")
    for table in ("renditions", "waveforms", "doomed_objects"):
        assert await count(platform.database, table, org) == 0, table
