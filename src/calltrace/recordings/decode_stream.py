"""From packets to raw samples: one file in, one int16 file per channel out, in flat memory."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.format import Flags

from calltrace.recordings import decode_wave
from calltrace.recordings.audio import SAMPLE_RATE
from calltrace.recordings.decode_claims import claimed_seconds, ogg_lacks_its_end
from calltrace.recordings.decode_clock import Clock
from calltrace.recordings.decode_report import Findings, remarks
from calltrace.recordings.decode_streams import choose
from calltrace.recordings.decode_track import Room, Track, UnusableError
from calltrace.recordings.decode_wave import Part
from calltrace.recordings.raw import RawFormat

FORMATS = (
    "wav,w64,aiff,au,caf,voc,ircam,nistsphere,sox,avr,"
    "mp3,flac,ogg,aac,loas,ac3,eac3,amr,amrnb,amrwb,ape,wv,tta,dts,mpc,mpc8,qcp,gsm,ilbc,spdif,"
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,asf,xwma,avi,flv,mpeg,mpegts,rm"
)
"""Demuxers that may open a recording: none that follows links (HLS, DASH, concat, SDP, playlists)."""

_REPORT_EVERY_SECONDS = 10.0
_TRIES = 10
"""Errors of the container in a row, without a packet in between, after which there is nothing more."""

_NOTHING = "The file holds no audio that can be decoded."

Step = Callable[[float], None]


class Decoder:
    """Decodes one file; ``run`` answers what was found as plain values for JSON."""

    def __init__(
        self, source: Path, folder: Path, max_seconds: float, report: Step, raw: RawFormat | None = None
    ) -> None:
        """``raw``: how to read a file that has no header."""
        self._source, self._max, self._report, self._raw = source, max_seconds, report, raw
        self._room = Room(folder, max_seconds)
        self._tracks: list[Track] = []
        self._found = Findings(headerless=raw.words if raw else None)
        self._expected = max_seconds
        self._next_report = _REPORT_EVERY_SECONDS

    def run(self) -> dict[str, Any]:
        """Decodes all of it. Raises UnusableError, TooLongError, FFmpegError, MemoryError, OSError."""
        parts = [] if self._raw else decode_wave.survey(self._source)
        with ExitStack() as stack:
            facts, claim = self._decode_part(parts[0] if parts else None, stack)
            claims = [claim, *self._decode_more(parts[1:], stack)]
            self._found.claimed = None if None in claims else sum(filter(None, claims))
            self._found.lacks_its_end = not parts and ogg_lacks_its_end(self._source)
            kept, frames = self._keep()
        _number_channels(kept, self._tracks)
        said = [asdict(remark) for remark in remarks(self._found, kept)]
        channels = sum(len(track.paths) for track in kept)
        return facts | {"channels": channels, "frames": frames, "warnings": said}

    def _decode_more(self, parts: Sequence[Part], stack: ExitStack) -> list[float | None]:
        """Decodes the files behind the first one, and answers what they claim; a broken one ends it."""
        claims: list[float | None] = []
        for part in parts:
            try:
                claims.append(self._decode_part(part, stack)[1])
            except (FFmpegError, UnusableError) as error:
                self._found.breaks_off = _reason(error)
                break
            self._found.parts += 1
        return claims

    def _decode_part(self, part: Part | None, stack: ExitStack) -> tuple[dict[str, Any], float | None]:
        """Decodes the file or one of the files in it; answers its format and the seconds that it claims."""
        before = self._seconds()
        with self._open(part) as container:
            chosen = choose(container)
            claim = claimed_seconds(container, self._source)
            self._expected = claim or self._max
            self._found.left_out += chosen.left_out
            if not self._tracks:
                clocks = self._clocks(container, chosen.streams)
                self._tracks = [Track(self._room, stack, clock, self._moved) for clock in clocks]
            self._decode(container, chosen.streams)
            context = chosen.streams[0].codec_context
            facts = {"codec": context.name, "sample_rate": context.sample_rate}
        if part is None:
            return facts, claim
        share = part.promised_share
        return facts, None if share is None else share * (self._seconds() - before)

    def _open(self, part: Part | None) -> InputContainer:
        options = {"format_whitelist": FORMATS, "protocol_whitelist": "file", "enable_drefs": "0"}
        if self._raw:
            options |= {"format_whitelist": self._raw.demuxer, **self._raw.options}
        if part:
            options |= {"skip_initial_bytes": str(part.start), "ignore_length": str(int(part.is_stale))}
        return av.open(str(self._source), format=self._raw.demuxer if self._raw else None, options=options)

    def _clocks(self, container: InputContainer, streams: Sequence[AudioStream]) -> list[Clock]:
        """A clock for each. The tracks of one call share a beginning: one that starts late starts late."""
        longest = self._max if Flags.ts_discont.value & container.format.flags else math.inf
        starts = [
            float(one.start_time * one.time_base)
            for one in streams
            if one.start_time is not None and one.time_base
        ]
        origin = min(starts) if len(starts) == len(streams) > 1 else None
        return [Clock(longest, origin) for _ in streams]

    def _decode(self, container: InputContainer, streams: Sequence[AudioStream]) -> None:
        tracks = {stream.index: track for stream, track in zip(streams, self._tracks, strict=False)}
        for packet in self._packets(container, streams):
            if track := tracks.get(packet.stream.index):
                _feed(track, packet)
        for track in tracks.values():
            track.finish()

    def _packets(self, container: InputContainer, streams: Sequence[AudioStream]) -> Iterator[Any]:
        """All packets; where the container is damaged, it is asked to go on behind the damage."""
        failed = 0
        while failed < _TRIES:
            try:
                for packet in container.demux(streams):
                    if packet.size:
                        failed, self._found.breaks_off = 0, None
                    yield packet
            except MemoryError:
                raise
            except (FFmpegError, OSError) as error:
                failed += 1
                self._found.breaks_off = _reason(error)
            else:
                return

    def _seconds(self) -> float:
        return max((track.frames for track in self._tracks), default=0) / SAMPLE_RATE

    def _moved(self, frames: int) -> None:
        seconds = frames / SAMPLE_RATE
        if seconds >= self._next_report:
            self._next_report = seconds + _REPORT_EVERY_SECONDS
            self._report(min(seconds / max(self._expected, seconds), 1.0))

    def _keep(self) -> tuple[list[Track], int]:
        """The tracks that hold a call, made equally long, and how many samples that is."""
        kept = [track for track in self._tracks if track.is_usable]
        if not kept:
            silent = not any(track.frames for track in self._tracks)
            raise UnusableError(_NOTHING if silent else "The file is too damaged to be decoded.")
        frames = max(track.frames for track in kept)
        for track in kept:
            track.pad(frames)
        self._found.left_out += len(self._tracks) - len(kept)
        return kept, frames


def _reason(error: Exception) -> str:
    """Without the path that FFmpeg adds."""
    return (getattr(error, "strerror", None) or str(error)).rstrip(".")


def _feed(track: Track, packet: Any) -> None:
    is_flush = not packet.size and packet.pts is None  # it asks the decoder for what it still holds
    if not packet.size and not is_flush:
        return  # a packet of nothing would be taken for the end
    track.packets += not is_flush
    try:
        for frame in packet.decode():
            if isinstance(frame, AudioFrame):
                track.feed(frame)
    except MemoryError:
        raise
    except (FFmpegError, ValueError):  # ValueError: a frame that PyAV cannot bring to our rate
        track.bad += not is_flush
        track.ends_badly |= not is_flush
    else:
        track.ends_badly &= is_flush


def _number_channels(kept: Sequence[Track], tracks: Sequence[Track]) -> None:
    """Gives the files of the kept tracks the first numbers; those of the others go."""
    for path in [path for track in tracks if track not in kept for path in track.paths]:
        path.unlink()
    for number, path in enumerate(path for track in kept for path in track.paths):
        path.rename(path.with_name(f"channel{number}.s16"))  # never onto another one: they are in order
