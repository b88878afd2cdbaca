"""Sounds made on the spot, and the real engine."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.recordings.decode import decode
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.models import resolve

Sound = npt.NDArray[np.float64]
MakeAudio = Callable[..., DecodedAudio]

SAMPLE_CALL = Path(__file__).parents[3] / "src" / "calltrace" / "data" / "sample_call.mp3"


@pytest.fixture
def make_audio(tmp_path: Path) -> MakeAudio:
    """``make_audio(left, right…)``: decoded audio of the given channels."""

    def make(*channels: Sound) -> DecodedAudio:
        paths = tuple(tmp_path / f"channel{index}.s16" for index in range(len(channels)))
        for path, sound in zip(paths, channels, strict=True):
            np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tofile(path)
        return DecodedAudio(paths, len(paths), SAMPLE_RATE, len(channels[0]) / SAMPLE_RATE, "pcm_s16le")

    return make


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> FasterWhisperEngine:
    """Whisper base, put together from its packages."""
    model = resolve("base", tmp_path_factory.mktemp("models"))
    return FasterWhisperEngine(model.folder, model.name)


@pytest.fixture(scope="session")
def sample_call(tmp_path_factory: pytest.TempPathFactory) -> DecodedAudio:
    """The sample call of the project, decoded."""
    return decode(SAMPLE_CALL, tmp_path_factory.mktemp("sample"))
