"""How loud each channel is, frame by frame, and how much two channels are the same."""

import numpy as np

from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.speech.vad import FRAME_SECONDS, Curve

FLOOR_DB = -96.0
"""Digital silence in 16 bits."""

_FRAME = round(FRAME_SECONDS * SAMPLE_RATE)
_BLOCK_SECONDS = 9_375 * FRAME_SECONDS  # five minutes, a whole number of frames


def loudness(audio: DecodedAudio, channel: int) -> Curve:
    """Level of each frame in dB of full scale, never below FLOOR_DB; same frames as speech.vad."""
    blocks: list[Curve] = []
    for start in np.arange(0.0, audio.duration, _BLOCK_SECONDS):
        samples = audio.read(channel, float(start), float(start) + _BLOCK_SECONDS)
        frames = np.pad(samples, (0, -len(samples) % _FRAME)).reshape(-1, _FRAME)
        power = np.mean(frames**2, axis=1)
        blocks.append((10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))).astype(np.float32))
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


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
