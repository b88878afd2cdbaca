"""Which engine the settings ask for; the library behind it is imported only then."""

from pathlib import Path

from calltrace.speech.engines.protocol import Engine
from calltrace.speech.models import resolve


def load_engine(model: str, models_dir: Path, threads: int) -> Engine:
    """The recogniser for ``ASR_MODEL``, ready to work.

    Raises:
        ConfigurationError: there is no such model here; the message says what to do.
    """
    found = resolve(model, models_dir)
    from calltrace.speech.engines.faster_whisper import FasterWhisperEngine

    return FasterWhisperEngine(found.folder, found.name, threads)
