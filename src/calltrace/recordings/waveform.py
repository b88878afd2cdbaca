"""How a recording looks: the loudest moment of each short piece, for drawing."""

import math

import numpy as np

from calltrace.kit.document import Document
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio

RATES = (20, 10, 5, 2, 1)
"""Points per second, the most that keep a channel within MOST_POINTS; each divides SAMPLE_RATE."""
MOST_POINTS = 36_000
"""Half an hour at the highest rate. No screen shows more, and four hours stay under 30 kB a channel."""
FULL_SCALE = 255
_BLOCK_SECONDS = 300.0
_DECIMALS = 3


class Waveform(Document):
    """The greatest amplitude of each piece, 0 to FULL_SCALE, by channel; all channels have as many points."""

    points_per_second: int
    channels: list[list[int]]


def draw(audio: DecodedAudio) -> Waveform:
    """The waveform of decoded audio, read once and in flat memory. What is not silent is never 0."""
    rate = next((one for one in RATES if audio.duration * one <= MOST_POINTS), RATES[-1])
    step = SAMPLE_RATE // rate
    return Waveform(
        points_per_second=rate,
        channels=[_points(audio, channel, step) for channel in range(len(audio.channel_paths))],
    )


def _points(audio: DecodedAudio, channel: int, samples_per_point: int) -> list[int]:
    points: list[int] = []
    for block in range(math.ceil(audio.duration / _BLOCK_SECONDS)):
        start = block * _BLOCK_SECONDS
        samples = np.abs(audio.read(channel, start, start + _BLOCK_SECONDS))
        pieces = np.pad(samples, (0, -len(samples) % samples_per_point)).reshape(-1, samples_per_point)
        points += np.ceil(pieces.max(axis=1) * FULL_SCALE).astype(int).tolist()
    return points


def packed(waveform: Waveform) -> bytes:
    """One byte a point, channel after channel."""
    return b"".join(map(bytes, waveform.channels))


def split(points: bytes, channels: int) -> list[bytes]:
    """What ``packed`` gave, by channel."""
    each = len(points) // max(channels, 1)
    return [points[at * each : (at + 1) * each] for at in range(channels)]


def amplitudes(points: bytes, channels: int) -> list[list[float]]:
    """The points of each channel as 0.0 to 1.0, from what ``packed`` gave."""
    scaled = np.frombuffer(points, np.uint8).astype(np.float64) / FULL_SCALE
    return np.round(scaled, _DECIMALS).reshape(channels, -1).tolist()
