"""How loud each channel is, frame by frame, and how much two channels are the same."""

import numpy as np
import numpy.typing as npt

from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio

FRAME_SECONDS = 512 / SAMPLE_RATE
"""Everything that is said about a channel is said per 32 ms: the frame of the voice activity model."""

Curve = npt.NDArray[np.float32]
"""One value per frame, shape ``(frames,)``."""

FLOOR_DB = -96.0
"""Digital silence in 16 bits."""

_FRAME = round(FRAME_SECONDS * SAMPLE_RATE)
_SPEECH_RANGE_DB = 30.0
_BLOCK_SECONDS = 9_375 * FRAME_SECONDS  # five minutes, a whole number of frames


def loudness(audio: DecodedAudio, channel: int) -> Curve:
    """Level of each frame in dB of full scale, never below FLOOR_DB."""
    blocks: list[Curve] = []
    for start in np.arange(0.0, audio.duration, _BLOCK_SECONDS):
        samples = audio.read(channel, float(start), float(start) + _BLOCK_SECONDS)
        frames = np.pad(samples, (0, -len(samples) % _FRAME)).reshape(-1, _FRAME)
        power = np.mean(frames**2, axis=1)
        blocks.append((10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))).astype(np.float32))
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def typical_speech(loudness: Curve) -> float:
    """The level of loud speech in dB, however little of it there is: a high percentile of the loud frames."""
    if not len(loudness):
        return FLOOR_DB
    loud = loudness[loudness > loudness.max() - _SPEECH_RANGE_DB]
    return float(np.percentile(loud, 90))


def likeness(audio: DecodedAudio, one: int, other: int) -> float:
    """How much two channels carry the same waveform, at any volume or polarity: 0 to 1."""
    products = np.zeros(3)
    for start in np.arange(0.0, audio.duration, _BLOCK_SECONDS):
        end = float(start) + _BLOCK_SECONDS
        first, second = audio.read(one, float(start), end), audio.read(other, float(start), end)
        first, second = first - first.mean(), second - second.mean()
        products += np.array([first @ second, first @ first, second @ second], float)
    energy = float(np.sqrt(products[1] * products[2]))
    return abs(float(products[0])) / energy if energy > 0 else 0.0
