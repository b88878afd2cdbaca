"""Which engine the settings ask for; the libraries behind it are imported only then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from calltrace.kit.document import Document
from calltrace.settings import Settings
from calltrace.speech.engines.protocol import Engine
from calltrace.speech.models import resolve

if TYPE_CHECKING:
    from calltrace.speech.engines.openai_compatible import OpenAICompatibleEngine


class EngineChoice(Document):
    """What the settings say about recognising speech, and where models are kept; see the README."""

    model: str
    models_dir: Path
    url: str = ""
    api_key: str = Field(default="", repr=False)
    ca_file: Path | None = None
    concurrency: int = 4
    timeout_seconds: float = 120.0


def chosen(settings: Settings, models_dir: Path | None = None) -> EngineChoice:
    """The choice that an operator made; models are kept in the data directory unless said otherwise."""
    return EngineChoice(
        model=settings.asr_model, models_dir=models_dir or settings.models_dir, url=settings.asr_url,
        api_key=settings.asr_api_key, ca_file=settings.outbound_ca_file,
        concurrency=settings.asr_concurrency, timeout_seconds=settings.asr_timeout_seconds,
    )  # fmt: skip


def load_engine(choice: EngineChoice) -> Engine:
    """The recogniser, ready to work: the server at ASR_URL if there is one, else the model in this process.

    Raises:
        ConfigurationError: there is no such model here; the message says what to do.
    """
    if choice.url:
        return _remote(choice)
    found = resolve(choice.model, choice.models_dir)
    from calltrace.speech.engines.faster_whisper import FasterWhisperEngine

    return FasterWhisperEngine(found.folder, found.name)


def check_engine(choice: EngineChoice) -> str:
    """Whether the recogniser could work, in words; nothing large is loaded for it.

    Raises:
        ConfigurationError: the model is missing. ProcessingError: the server does not do its work.
    """
    if choice.url:
        return _remote(choice).check()
    return f"{resolve(choice.model, choice.models_dir).name} is complete"


def _remote(choice: EngineChoice) -> OpenAICompatibleEngine:
    from calltrace.speech.engines.openai_compatible import OpenAICompatibleEngine
    from calltrace.speech.engines.remote_server import Server

    server = Server(
        choice.url, choice.model, choice.api_key, choice.ca_file, choice.concurrency, choice.timeout_seconds
    )
    return OpenAICompatibleEngine(server)
