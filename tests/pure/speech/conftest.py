"""Sounds made on the spot, and the real engine."""

from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from asr_server import AsrServer, serving
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


@pytest.fixture(scope="session")
def opening(sample_call: DecodedAudio, tmp_path_factory: pytest.TempPathFactory) -> DecodedAudio:
    """The first 22 seconds of the sample call: both speak."""
    folder, seconds = tmp_path_factory.mktemp("opening"), 22.0
    paths = tuple(folder / path.name for path in sample_call.channel_paths)
    for path, whole in zip(paths, sample_call.channel_paths, strict=True):
        path.write_bytes(whole.read_bytes()[: int(seconds * SAMPLE_RATE) * 2])
    return DecodedAudio(paths, len(paths), sample_call.sample_rate, seconds, sample_call.codec)


@pytest.fixture(scope="session")
def asr_of_the_run(
    engine: FasterWhisperEngine, tmp_path_factory: pytest.TempPathFactory
) -> Generator[AsrServer]:
    with serving(AsrServer(engine, tmp_path_factory.mktemp("asr"))) as server:
        yield server


@pytest.fixture
def asr(asr_of_the_run: AsrServer) -> AsrServer:
    """A transcription server as new, with the real model behind it."""
    return asr_of_the_run.reset()
