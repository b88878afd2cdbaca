"""One stream of a recording on its way to the disk: a file of int16 samples for each of its channels."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import numpy as np
from av.audio.frame import AudioFrame

from calltrace.kit.words import Words
from calltrace.recordings.audio import SAMPLE_RATE
from calltrace.recordings.decode_clock import Clock
from calltrace.recordings.decode_resampler import Resampler

MAX_CHANNELS = 16
MAX_TOTAL_CHANNELS = 8
"""So many channels may last the maximum duration, more only their share of it: a small file of many
silent channels must not fill the disk."""
_DAMAGE_LIMIT = 0.5
"""A track of which more packets fail than decode is not a damaged recording but something else."""
_BYTES = 2


class TooLongError(Exception):
    """More audio than allowed."""


class UnusableError(Exception):
    """Nothing in the file that can be decoded, in one sentence."""


class Room:
    """What all tracks of a recording share: names for their files, and how long they may last."""

    def __init__(self, folder: Path, max_seconds: float) -> None:
        self._folder, self._max = folder, max_seconds
        self.channels = 0

    def sink(self, stack: ExitStack) -> IO[bytes]:
        """The file of one channel more. Raises UnusableError if there are too many."""
        if self.channels == MAX_CHANNELS:
            raise UnusableError(
                Words("The file has more than %(max_channels)s audio channels.", max_channels=MAX_CHANNELS)
            )
        path = self._folder / f"channel{self.channels}.s16"
        self.channels += 1
        return stack.enter_context(path.open("wb"))

    def refuse_if_too_long(self, frames: int) -> None:
        """Before it is written. Raises TooLongError."""
        seconds = frames / SAMPLE_RATE
        if seconds > self._max:
            raise TooLongError(Words("The recording is longer than %(max)s seconds.", max=f"{self._max:.0f}"))
        most = self._max * MAX_TOTAL_CHANNELS / max(self.channels, 1)
        if seconds > most:
            said = f"With {self.channels} channels a recording may last {most:.0f} seconds"
            raise TooLongError(Words("%(said)s; this one is longer.", said=said))


class Track:
    """Lays frames down where their time stamps say. Counts are in samples at SAMPLE_RATE and in packets.

    Attributes:
        frames: samples so far, silence included; ``silent``: how much of them filled gaps.
        packets, bad: how many came, and how many of these could not be decoded.
        ends_badly: whether the last one could not.
    """

    def __init__(self, room: Room, stack: ExitStack, clock: Clock, moved: Callable[[int], None]) -> None:
        """``moved`` hears ``frames`` as it grows; ``stack`` closes the files."""
        self._room, self._stack, self._clock, self._moved = room, stack, clock, moved
        self._resampler = Resampler()
        self._held: AudioFrame | None = None
        self._sinks: list[IO[bytes]] = []
        self.frames = self.silent = self.packets = self.bad = 0
        self.ends_badly = False

    @property
    def changes(self) -> int:
        """How often the format changed."""
        return self._resampler.changes

    @property
    def is_usable(self) -> bool:
        """Whether there is sound, and most of it was not damaged."""
        return self.frames > 0 and self.bad <= self.packets * _DAMAGE_LIMIT

    @property
    def paths(self) -> list[Path]:
        """One file per channel."""
        return [Path(sink.name) for sink in self._sinks]

    def widen(self, channels: int) -> None:
        """Makes room for so many channels; what a new one missed is silence."""
        while len(self._sinks) < channels:
            sink = self._room.sink(self._stack)
            self._room.refuse_if_too_long(self.frames)
            sink.truncate(self.frames * _BYTES)
            sink.seek(0, 2)
            self._sinks.append(sink)

    def feed(self, frame: AudioFrame) -> None:
        """One frame more. It is laid down when the next one comes, whose time stamp vouches for its own."""
        held, self._held = self._held, frame
        if held is not None:
            self._lay(held, _stamp(frame))

    def finish(self) -> None:
        """What is still held goes down; more may follow."""
        held, self._held = self._held, None
        if held is not None:
            self._lay(held, None)
        self._write_all(self._resampler.flush())

    def pad(self, frames: int) -> None:
        """Silence up to so many samples: all channels of a recording are equally long."""
        self._room.refuse_if_too_long(frames)
        for sink in self._sinks:
            sink.truncate(frames * _BYTES)

    def _lay(self, frame: AudioFrame, following: float | None) -> None:
        gap = self._clock.gap(_stamp(frame), following)
        if gap:
            self._write_all(self._resampler.flush())
            self._fill(round((self._clock.position + gap) * SAMPLE_RATE) - self.frames)
        self._write_all(self._resampler.feed(frame))
        self._clock.advance(gap + frame.samples / max(frame.sample_rate, 1))

    def _fill(self, count: int) -> None:
        """Silence where the time stamps leave a hole. Refused before it is written if it is too long."""
        self._room.refuse_if_too_long(self.frames + max(count, 0))
        self.silent += max(count, 0)
        for done in range(0, count, SAMPLE_RATE):
            self._write(np.zeros((len(self._sinks), min(SAMPLE_RATE, count - done)), np.int16))

    def _write_all(self, pieces: Iterator[np.ndarray[Any, Any]]) -> None:
        for samples in pieces:
            self._write(samples)

    def _write(self, samples: np.ndarray[Any, Any]) -> None:
        """``samples`` of shape (channels, n); a channel that they do not have stays silent meanwhile."""
        self.widen(len(samples))
        count = samples.shape[1]
        self._room.refuse_if_too_long(self.frames + count)
        for index, sink in enumerate(self._sinks):
            row = samples[index] if index < len(samples) else np.zeros(count, np.int16)
            sink.write(np.ascontiguousarray(row).tobytes())
        self.frames += count
        self._moved(self.frames)


def _stamp(frame: AudioFrame) -> float | None:
    if frame.pts is None or not frame.time_base:
        return None
    return float(frame.pts * frame.time_base)
