"""From packets to raw samples: one file in, one int16 file per channel out, in flat memory."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.format import Flags

from calltrace.recordings.audio import SAMPLE_RATE
from calltrace.recordings.decode_clock import Clock
from calltrace.recordings.decode_resampler import Resampler

FORMATS = (
    "wav,w64,aiff,au,caf,voc,ircam,nistsphere,sox,avr,"
    "mp3,flac,ogg,aac,loas,ac3,eac3,amr,amrnb,amrwb,ape,wv,tta,dts,mpc,mpc8,qcp,gsm,g722,g729,spdif,"
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,asf,xwma,avi,flv,mpeg,mpegts,rm"
)
"""Demuxers that may open a recording: none that follows links (HLS, DASH, concat, SDP, playlists)."""

MAX_CHANNELS = 16
MAX_TOTAL_CHANNELS = 8
"""So many channels may last the maximum duration, more only their share of it: a small file of many
silent channels must not fill the disk."""
_LENGTH_TOLERANCE_SECONDS = 1.0
_LENGTH_TOLERANCE_SHARE = 0.02
_REPORT_EVERY_SECONDS = 10.0
_DAMAGE_LIMIT = 0.5
"""A file of which more packets fail than decode is not a damaged recording but something else."""

Step = Callable[[float], None]


class TooLongError(Exception):
    """More audio than allowed."""


class UnusableError(Exception):
    """Nothing in the file that can be decoded, in one sentence."""


class Decoder:
    """Decodes one file; ``run`` answers what was found as plain values for JSON."""

    def __init__(self, source: Path, folder: Path, max_seconds: float, report: Step) -> None:
        self._source, self._folder, self._max, self._report = source, folder, max_seconds, report
        self._frames = self._silent = self._packets = self._bad = 0
        self._next_report = _REPORT_EVERY_SECONDS
        self._claimed: float | None = None
        self._warnings: list[str] = []
        self._sinks: list[IO[bytes]] = []

    def run(self) -> dict[str, Any]:
        """Decodes all of it. Raises UnusableError, TooLongError, FFmpegError, MemoryError, OSError."""
        options = {"format_whitelist": FORMATS, "protocol_whitelist": "file", "enable_drefs": "0"}
        with ExitStack() as stack:
            container = stack.enter_context(av.open(str(self._source), options=options))
            stream = _best_audio(container)
            self._claimed = _claimed_seconds(container, stream)
            channels = self._open_sinks(stack, stream)
            self._decode(container, stream)
            return self._summary(stream, channels)

    def _open_sinks(self, stack: ExitStack, stream: AudioStream) -> int:
        channels = stream.codec_context.channels
        if not 1 <= channels <= MAX_CHANNELS:
            raise UnusableError(f"The file has {channels} audio channels; 1 to {MAX_CHANNELS} are supported.")
        names = [self._folder / f"channel{index}.s16" for index in range(channels)]
        self._sinks = [stack.enter_context(name.open("wb")) for name in names]
        return channels

    def _decode(self, container: InputContainer, stream: AudioStream) -> None:
        resampler = Resampler()
        joined = Flags.ts_discont.value & container.format.flags
        clock = Clock(longest_gap=self._max) if joined else Clock()
        for frame, following in _with_next(self._read(container, stream)):
            gap = clock.gap(_stamp(frame), following and _stamp(following))
            if gap:
                self._write_all(resampler.flush())
                self._fill(round((clock.position + gap) * SAMPLE_RATE) - self._frames)
            self._write_all(resampler.feed(frame))
            clock.advance(gap + frame.samples / max(frame.sample_rate, 1))
        self._write_all(resampler.flush())
        if resampler.changes:
            self._warnings.append("The audio format changes in the middle of the file.")

    def _read(self, container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except MemoryError:
                raise
            except (FFmpegError, OSError) as error:
                self._warnings.append(f"The file breaks off: {getattr(error, 'strerror', None) or error}.")
                return
            if packet is None:
                return
            self._packets += 1
            yield from self._frames_of(packet)

    def _frames_of(self, packet: Any) -> list[AudioFrame]:
        try:
            return [frame for frame in packet.decode() if isinstance(frame, AudioFrame)]
        except MemoryError:
            raise
        except FFmpegError:
            self._bad += 1
            return []

    def _fill(self, count: int) -> None:
        """Silence where the time stamps leave a hole. Refused before it is written if it is too long."""
        self._refuse_if_too_long(max(count, 0))
        self._silent += max(count, 0)
        for done in range(0, count, SAMPLE_RATE):
            self._write(np.zeros((len(self._sinks), min(SAMPLE_RATE, count - done)), np.int16))

    def _write_all(self, pieces: Iterator[np.ndarray[Any, Any]]) -> None:
        for samples in pieces:
            self._write(samples)

    def _refuse_if_too_long(self, more: int) -> None:
        seconds = (self._frames + more) / SAMPLE_RATE
        if seconds > self._max:
            raise TooLongError(f"The recording is longer than {self._max:.0f} seconds.")
        most = self._max * MAX_TOTAL_CHANNELS / len(self._sinks)
        if seconds > most:
            said = f"With {len(self._sinks)} channels a recording may last {most:.0f} seconds"
            raise TooLongError(f"{said}; this one is longer.")

    def _write(self, samples: np.ndarray[Any, Any]) -> None:
        self._refuse_if_too_long(samples.shape[1])
        rows = min(len(self._sinks), len(samples))
        for index, sink in enumerate(self._sinks):
            sink.write(np.ascontiguousarray(samples[min(index, rows - 1)]).tobytes())
        self._frames += samples.shape[1]
        seconds = self._frames / SAMPLE_RATE
        if seconds >= self._next_report:
            self._next_report = seconds + _REPORT_EVERY_SECONDS
            self._report(min(seconds / max(self._claimed or self._max, seconds), 1.0))

    def _summary(self, stream: AudioStream, channels: int) -> dict[str, Any]:
        if self._frames == 0:
            raise UnusableError("The file holds no audio that can be decoded.")
        if self._bad > self._packets * _DAMAGE_LIMIT:
            raise UnusableError("The file is too damaged to be decoded.")
        self._judge_length(self._frames / SAMPLE_RATE)
        if self._bad:
            self._warnings.append(f"{self._bad} of {self._packets} packets are damaged and were left out.")
        if self._silent:
            silent = f"{self._silent / SAMPLE_RATE:.1f}"
            self._warnings.append(f"The file has gaps: {silent} seconds were filled with silence.")
        context = stream.codec_context
        return {
            "channels": channels,
            "sample_rate": context.sample_rate,
            "frames": self._frames,
            "codec": context.name,
            "warnings": self._warnings,
        }

    def _judge_length(self, seconds: float) -> None:
        if self._claimed is None:
            return
        tolerance = max(_LENGTH_TOLERANCE_SECONDS, _LENGTH_TOLERANCE_SHARE * self._claimed)
        if abs(seconds - self._claimed) > tolerance:
            said = f"its header promises {self._claimed:.1f} seconds, {seconds:.1f} could be decoded"
            self._warnings.append(f"The file is cut short or its header is wrong: {said}.")


def _with_next(frames: Iterator[AudioFrame]) -> Iterator[tuple[AudioFrame, AudioFrame | None]]:
    held: AudioFrame | None = None
    for frame in frames:
        if held is not None:
            yield held, frame
        held = frame
    if held is not None:
        yield held, None


def _stamp(frame: AudioFrame) -> float | None:
    if frame.pts is None or not frame.time_base:
        return None
    return float(frame.pts * frame.time_base)


def _best_audio(container: InputContainer) -> AudioStream:
    stream = container.streams.best("audio")
    if not isinstance(stream, AudioStream):
        raise UnusableError("The file holds no audio.")
    stream.codec_context.thread_count = 1
    return stream


def _claimed_seconds(container: InputContainer, stream: AudioStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration is not None else None
