"""The organisation's vocabulary is used as a call is transcribed, whenever the call was submitted."""

import uuid
import wave
from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
from pathlib import Path

import pytest

from asr_server import AsrServer, serving
from calltrace.accounts import organisation
from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import lifecycle, queries, submit
from calltrace.pipeline.context import Platform, build_child
from calltrace.pipeline.process import Processor
from calltrace.recordings.audio import SAMPLE_RATE
from calltrace.recordings.decode import decode
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.models import resolve
from calltrace.speech.transcript import Transcript
from database.analyses.factory import claimed, recorded, submitted

SAMPLE = Path(__file__).parents[3] / "src" / "calltrace" / "data" / "sample_call.mp3"
SECONDS = 7


@pytest.fixture
def greeting(tmp_path: Path) -> bytes:
    """ "Thank you for calling Harbor Broadband …", from the sample call."""
    folder = tmp_path / "decoded"
    folder.mkdir()
    samples = decode(SAMPLE, folder).channel_paths[0].read_bytes()[: SECONDS * SAMPLE_RATE * 2]
    with wave.open(str(tmp_path / "greeting.wav"), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", "not compressed"))
        file.writeframes(samples)
    return (tmp_path / "greeting.wav").read_bytes()


@pytest.fixture
def asr(tmp_path: Path) -> Generator[AsrServer]:
    model = resolve("base", tmp_path / "models")
    with serving(AsrServer(FasterWhisperEngine(model.folder, model.name), tmp_path)) as server:
        yield server


@pytest.fixture
async def processor(platform: Platform, asr: AsrServer, tmp_path: Path) -> AsyncGenerator[Processor]:
    settings = platform.settings.model_copy(update={"asr_url": asr.url, "asr_model": "whisper-1"})
    platform = replace(platform, settings=settings)
    child = build_child(settings, tmp_path)
    yield Processor(platform, child, tmp_path, [])
    await child.close()


async def waiting(platform: Platform, org: uuid.UUID, folder: Path, content: bytes) -> uuid.UUID:
    """An analysis whose recording was fetched already."""
    intake = submit.Intake(platform.database, platform.client, platform.limits, platform.uploads, probe=False)
    claim = await claimed(intake, org, await submitted(intake, org, language="en"))
    await recorded(platform, claim, folder, content)
    async with platform.database.tenant(org) as session:
        await lifecycle.give_back(session, claim, failed_try=False)
    return claim.analysis_id


async def said(platform: Platform, processor: Processor, org: uuid.UUID, analysis_id: uuid.UUID) -> str:
    await processor.process(org, analysis_id)
    async with platform.database.tenant(org) as session:
        found = await queries.find(session, analysis_id)
    assert found
    assert found.transcript, found.analysis.error
    assert found.analysis.processing["models"]["asr"] == "whisper-1 (remote)"
    return " ".join(one.text for one in Transcript.model_validate_json(found.transcript).segments)


async def test_the_list_of_the_moment_of_transcription_counts(
    platform: Platform, processor: Processor, asr: AsrServer, org: uuid.UUID, tmp_path: Path, greeting: bytes
) -> None:
    before, after = [await waiting(platform, org, tmp_path, greeting) for _ in range(2)]
    plain = await said(platform, processor, org, before)
    assert "Harbor Broadband" in plain
    assert not any(request.text("prompt") for request in asr.requests)
    async with platform.database.tenant(org) as session:
        await organisation.change(session, org, OPERATOR, {"vocabulary": ["Quibonix", "HarborBroadband"]})
    assert await said(platform, processor, org, after) == plain.replace("Harbor Broadband", "HarborBroadband")
    assert [request.text("prompt") for request in asr.requests if request.text("prompt")] == [
        "HarborBroadband"
    ]
