"""The worker's child with a transcription server: no model here, and errors as they are."""

import json
import subprocess
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest

from asr_server import AsrServer, Fault, serving
from calltrace.kit.children import Child, Message, RemoteError
from calltrace.pipeline.context import build_child
from calltrace.pipeline.errors import error_document
from calltrace.pipeline.hearing import Heard
from calltrace.recordings.decode import decode
from calltrace.settings import Settings, load_settings
from calltrace.speech.engines.catalogue import chosen
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine

SAMPLE = Path(__file__).parents[3] / "src" / "calltrace" / "data" / "sample_call.mp3"
KEY = "sk-of-the-test-0123456789"
HELLO: dict[str, Any] = {
    "text": "Thank you for calling.", "language": "english", "segments": [{
        "text": "Thank you for calling.", "start": 0.0, "end": 2.0, "avg_logprob": -0.1, "no_speech_prob": 0}]
}  # fmt: skip


class NoEngine(FasterWhisperEngine):
    """The server of these tests answers what it is told to: loading a model would take seconds."""

    def __init__(self) -> None: ...


@pytest.fixture
def asr(tmp_path: Path) -> Generator[AsrServer]:
    with serving(AsrServer(NoEngine(), tmp_path)) as server:
        server.always = Fault(200, json.dumps(HELLO).encode())
        yield server


@pytest.fixture
def settings(asr: AsrServer, tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path, asr_url=asr.url, asr_api_key=KEY, asr_model="whisper-1")


@pytest.fixture
async def child(settings: Settings, tmp_path: Path) -> AsyncGenerator[Child]:
    child = build_child(settings, tmp_path)
    yield child
    await child.close()


async def hear(child: Child, folder: Path) -> Heard:
    request: Message = {
        "task": "hear",
        "path": str(SAMPLE),
        "language": "en",
        "work_dir": str(folder),
        "hints": [],
        "among": [],
        "channels": "auto",
        "media": "mp3",
        "copy": str(folder / "copy"),
        "redaction": None,
        "redacted": str(folder / "redacted"),
    }
    return Heard.model_validate(await child.call(request, lambda _progress: None))


async def test_the_server_hears_and_no_model_is_needed(child: Child, asr: AsrServer, tmp_path: Path) -> None:
    heard = await hear(child, tmp_path)
    assert heard.asr == "whisper-1 (remote)"
    assert {segment.text for segment in heard.transcript.segments} == {"Thank you for calling."}
    assert {request.text("model") for request in asr.requests} == {"whisper-1"}
    assert {request.authorization for request in asr.requests} == {f"Bearer {KEY}"}
    assert not (tmp_path / "models").exists()


ENDS = {
    "a wrong key": (Fault(401), "asr_unauthorized", False, "The transcription server refused the key"),
    "a web page": (
        Fault(200, b"<html>", {"Content-Type": "text/html"}), "asr_unreadable", False,
        "The transcription server gave an answer that cannot be read",
    ),
    "busy for long": (
        Fault(429, b"", {"Retry-After": "3600"}), "asr_unavailable", True,
        "The transcription server is not available",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
async def test_a_customer_is_told_what_it_is_and_not_where(
    child: Child, asr: AsrServer, tmp_path: Path, name: str
) -> None:
    asr.always, code, retryable, message = ENDS[name]
    with pytest.raises(RemoteError) as caught:
        await hear(child, tmp_path)
    told = error_document(caught.value, "transcribing")
    assert (told.code, told.retryable, told.message) == (code, retryable, message)
    assert caught.value.detail.startswith("The transcription server answered")


async def test_the_process_that_opens_the_file_gets_neither_key_nor_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CALLTRACE_CHILD_ENGINE", chosen(settings).model_dump_json())
    seen: list[dict[str, str]] = []
    start = subprocess.Popen

    def watched(*args: Any, **how: Any) -> Any:
        seen.append(how["env"])
        return start(*args, **how)

    monkeypatch.setattr(subprocess, "Popen", watched)
    assert decode(SAMPLE, tmp_path).channels == 2
    assert len(seen) == 1
    assert KEY not in str(seen)
