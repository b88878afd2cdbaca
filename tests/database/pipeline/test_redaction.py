"""Redaction as an organisation's setting: nothing of a card number stays, whatever happens on the way."""

import asyncio
import os
import re
import signal
import uuid
import wave
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import pytest
from sqlalchemy import text

from calltrace.accounts import organisation
from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import queries, read, submit
from calltrace.data import sample_call_path
from calltrace.evaluation.results import Evaluation
from calltrace.kit.children import Child
from calltrace.pipeline.context import Platform, build_child
from calltrace.pipeline.errors import TryAgainLater
from calltrace.pipeline.process import Processor
from calltrace.pipeline.steps import Steps
from calltrace.recordings import objects
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.recordings.decode import decode
from calltrace.recordings.fetch import FetchLimits
from calltrace.recordings.models import SealedAudio
from calltrace.recordings.queries import rendition
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.models import resolve
from calltrace.speech.service import SpeechOptions, transcribe
from calltrace.speech.transcript import Transcript
from calltrace.webhooks import service as webhooks
from database.conftest import NewOrg, count, submission
from database.pipeline.working import work_on
from database.recordings.sending import objects_in, opened, send

CARDS = {"transcript": ["payment_card", "cvv"], "audio": True}
FIRST, LAST, RATE = 85, 104, 8000
"""Seconds of the sample call: "you can pay it by card now", the number, "the payment went through"."""


@pytest.fixture(scope="module")
def payment(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    with av.open(str(sample_call_path())) as opened_call:
        frames = [frame.to_ndarray() for frame in opened_call.decode(audio=0)]
    samples = np.concatenate(frames, axis=1)[:, FIRST * RATE : LAST * RATE]
    path = tmp_path_factory.mktemp("payment") / "payment.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((2, 2, RATE, samples.shape[1], "NONE", "not compressed"))
        out.writeframes(np.round(samples.T * 32767).astype("<i2").tobytes())
    return path.read_bytes()


@dataclass(frozen=True)
class Desk:
    """An organisation's calls, with a real worker child and the folders it works in."""

    platform: Platform
    org: uuid.UUID
    processor: Processor
    steps: Steps
    child: Child
    folder: Path
    recording: bytes

    async def wants(self, redaction: object, org: uuid.UUID | None = None) -> None:
        async with self.platform.database.tenant(org or self.org) as session:
            await organisation.change(session, org or self.org, OPERATOR, {"redaction": redaction})

    async def sent(self, org: uuid.UUID | None = None) -> uuid.UUID:
        """An analysis of an upload."""
        platform, org = self.platform, org or self.org
        upload_id = await opened(platform.uploads, org, content_type="audio/wav")
        await send(platform.uploads, org, upload_id, self.recording)
        intake = submit.Intake(
            platform.database, platform.client, platform.limits, platform.uploads, probe=False
        )
        wanted = submission(file_url=None, upload_id=upload_id, language="en")
        return (await submit.submit(intake, org, None, wanted)).analysis_id

    async def found(self, analysis_id: uuid.UUID, org: uuid.UUID | None = None) -> queries.Found:
        async with self.platform.database.tenant(org or self.org) as session:
            return await read.find(session, analysis_id)

    async def kept(self, analysis_id: uuid.UUID, org: uuid.UUID | None = None) -> list[SealedAudio]:
        """The recording and its copy."""
        async with self.platform.database.tenant(org or self.org) as session:
            recording = await queries.recording_of(session, analysis_id)
            assert recording
            copy = await rendition(session, recording.id)
        return [one for one in (recording, copy) if one]

    async def heard(self, audio: SealedAudio) -> tuple[DecodedAudio, str]:
        """A stored object, decoded and heard again by the recogniser."""
        path, folder = self.folder / str(uuid.uuid4()), self.folder / str(uuid.uuid4())
        await self.platform.vault.load(audio.stored, path)
        await asyncio.to_thread(folder.mkdir)
        decoded = decode(path, folder)
        model = resolve("base", self.folder / "models")
        again = transcribe(decoded, SpeechOptions("en"), FasterWhisperEngine(model.folder, model.name))
        return decoded, " ".join(segment.text for segment in again.segments)


@pytest.fixture
async def desk(platform: Platform, org: uuid.UUID, tmp_path: Path, payment: bytes) -> AsyncGenerator[Desk]:
    platform = replace(platform, limits=FetchLimits(20 << 20, 10))
    child = build_child(platform.settings, tmp_path)
    (tmp_path / "work").mkdir()
    processor = Processor(platform, child, tmp_path / "work", [])
    yield Desk(platform, org, processor, Steps(platform, child), child, tmp_path, payment)
    await child.close()


def digits(words: str) -> int:
    return sum(character.isdigit() for character in words)


async def bodies(desk: Desk) -> list[str]:
    async with desk.platform.database.tenant(desk.org) as session:
        found = await session.scalars(text("SELECT body FROM webhook_deliveries"))
        return [str(one) for one in found]


async def test_a_card_number_is_gone_from_everything_that_is_kept_and_sent(
    desk: Desk, new_org: NewOrg
) -> None:
    platform = desk.platform
    async with platform.database.tenant(desk.org) as session:
        await webhooks.create_endpoint(
            session, desk.org, "https://127.0.0.1:9/", ["analysis.completed"], platform.box, platform.policy
        )
    await desk.wants(CARDS)
    other = await new_org()
    analysis_id, theirs = await desk.sent(), await desk.sent(other)
    await desk.processor.process(desk.org, analysis_id)
    await desk.processor.process(other, theirs)

    found, plain = await desk.found(analysis_id), await desk.found(theirs, other)
    assert found.transcript
    assert plain.transcript
    transcript = Transcript.model_validate_json(found.transcript)
    untouched = Transcript.model_validate_json(plain.transcript)
    assert (transcript.redacted, untouched.redacted) == (["payment_card", "cvv"], [])
    spoken = " ".join(segment.text for segment in transcript.segments)
    assert spoken.count("[payment_card]") == 1
    assert digits(spoken) == 0
    assert digits(" ".join(word.text for one in transcript.segments for word in one.words)) == 0
    assert digits(" ".join(one.text for one in untouched.segments)) >= 16
    assert [(one.id, one.start, one.end) for one in transcript.segments] == [
        (one.id, one.start, one.end) for one in untouched.segments
    ]
    evaluation = Evaluation.model_validate_json(found.evaluation or "")
    assert "payment_card" in {span.kind for span in evaluation.sensitive_data}
    [body] = await bodies(desk)
    assert "[payment_card]" in body
    number = re.compile(r"4242\W{0,3}4242")
    assert number.search(plain.transcript)
    for place in (body, found.transcript, found.evaluation or "", str(found.analysis.__dict__)):
        assert not number.search(place)

    kept = await desk.kept(analysis_id)
    assert [one.media for one in kept] == ["flac", "mp3"]
    assert [one.media for one in await desk.kept(theirs, other)] == ["wav", "mp3"]
    for audio in kept:
        decoded, again = await desk.heard(audio)
        assert decoded.channels == 2
        assert digits(again) == 0
        assert "free" in again, "the rest is heard as before"
    decoded, _ = await desk.heard(kept[0])
    assert round(decoded.duration * SAMPLE_RATE) == (LAST - FIRST) * SAMPLE_RATE
    await objects.sweep(desk.platform.database, desk.platform.vault)
    mine = {name for name in objects_in(desk.folder / "store") if str(desk.org) in name}
    assert mine == {one.object_key for one in kept}, "nothing of what came is left"
    assert not objects_in(desk.folder / "work")


async def test_a_child_that_is_killed_in_the_middle_leaves_nothing_in_the_store(desk: Desk) -> None:
    await desk.wants(CARDS)
    analysis_id = await desk.sent()
    uploaded = objects_in(desk.folder / "store")
    running = asyncio.create_task(desk.processor.process(desk.org, analysis_id))
    while True:
        found = await desk.found(analysis_id)
        if found.analysis.stage == "transcribing":
            break
        await asyncio.sleep(0.05)
    pid = desk.child.pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(TryAgainLater):
        await running
    assert objects_in(desk.folder / "store") == uploaded, "only the upload, which is still to be heard"
    assert not objects_in(desk.folder / "work")
    assert await count(desk.platform.database, "recordings", desk.org) == 0
    assert (await desk.found(analysis_id)).transcript is None
    await desk.processor.process(desk.org, analysis_id)
    found = await desk.found(analysis_id)
    assert "[payment_card]" in (found.transcript or "")
    kept = {one.object_key for one in await desk.kept(analysis_id)}
    assert objects_in(desk.folder / "store") == kept


async def test_a_recording_that_was_stored_before_the_setting_is_replaced(desk: Desk) -> None:
    analysis_id = await desk.sent()
    await asyncio.to_thread((desk.folder / "first").mkdir)
    work = await work_on(desk.platform, desk.org, analysis_id, desk.folder / "first")
    await desk.steps.fetch(work)
    [before] = await desk.kept(analysis_id)
    await desk.wants(CARDS)
    await asyncio.to_thread((desk.folder / "second").mkdir)
    work = await work_on(desk.platform, desk.org, analysis_id, desk.folder / "second")
    transcript = await desk.steps.hear(work, await desk.steps.fetch(work))
    assert "[payment_card]" in " ".join(segment.text for segment in transcript.segments)
    kept = await desk.kept(analysis_id)
    assert [one.media for one in kept] == ["flac", "mp3"]
    await objects.sweep(desk.platform.database, desk.platform.vault)
    assert objects_in(desk.folder / "store") == {one.object_key for one in kept}
    assert before.object_key not in objects_in(desk.folder / "store")
    assert await count(desk.platform.database, "doomed_objects", desk.org) == 0


async def test_the_setting_of_the_moment_counts_and_the_transcript_alone_can_be_redacted(desk: Desk) -> None:
    await desk.wants({"transcript": ["payment_card"], "audio": False})
    first = await desk.sent()
    await desk.processor.process(desk.org, first)
    await desk.wants(None)
    second = await desk.sent()
    await desk.processor.process(desk.org, second)
    redacted, plain = [(await desk.found(one)).transcript or "" for one in (first, second)]
    assert "[payment_card]" in redacted
    assert "[payment_card]" not in plain
    for one in (first, second):
        assert [audio.media for audio in await desk.kept(one)] == ["wav", "mp3"]
    marks = (await desk.found(first)).analysis.marks or []
    assert [mark["kind"] for mark in marks].count("redacted") == 1
