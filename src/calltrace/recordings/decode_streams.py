"""Which audio streams of a file are the call: recorders write one per party, films one per language."""

from dataclasses import dataclass

from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import InputContainer

from calltrace.kit.words import Words
from calltrace.recordings.decode_track import MAX_CHANNELS, UnusableError

_LOWEST_RATE, _HIGHEST_RATE = 2_000, 768_000
"""Hertz. Beyond these a header is damaged: speech needs more, and no device writes more."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The streams to decode, the best one first, and how many audio streams are left."""

    streams: list[AudioStream]
    left_out: int


def choose(container: InputContainer) -> Chosen:
    """All audio streams that can be decoded, as far as there is room for their channels.

    What is a copy, silent or a mix of others is for speech to find out (``speech/channels``), which hears
    them. Streams in different languages are the same call told twice: then only the best one.

    Raises:
        UnusableError: none can be decoded, or the best one has an impossible format.
    """
    audio = list(container.streams.audio)
    known = [stream for stream in audio if codec_of(stream) is not None]
    if not known:
        raise UnusableError("The file's codec is not known." if audio else "The file holds no audio.")
    best = container.streams.best("audio")
    first = next((stream for stream in known if stream is best), known[0])
    _check(first)
    chosen = [first, *_beside(first, known)]
    for stream in chosen:
        stream.codec_context.thread_count = 1
    return Chosen(sorted(chosen, key=lambda stream: stream.index), len(audio) - len(chosen))


def codec_of(stream: AudioStream) -> str | None:
    """The name of the stream's decoder, ``None`` if there is none."""
    context: AudioCodecContext | None = stream.codec_context  # PyAV's types do not tell that it may be None
    return context.name if context else None


def _check(stream: AudioStream) -> None:
    channels, rate = stream.codec_context.channels, stream.codec_context.sample_rate
    if not 1 <= channels <= MAX_CHANNELS:
        raise UnusableError(
            Words(
                "The file has %(channels)s audio channels; 1 to %(max_channels)s are supported.",
                channels=channels,
                max_channels=MAX_CHANNELS,
            )
        )
    if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
        raise UnusableError(Words("The file has %(rate)s samples per second; that is no sound.", rate=rate))


def _beside(first: AudioStream, known: list[AudioStream]) -> list[AudioStream]:
    languages = {stream.language for stream in known} - {None, "und", ""}
    if len(languages) > 1:
        return []
    beside: list[AudioStream] = []
    room = MAX_CHANNELS - first.codec_context.channels
    for stream in known:
        if stream is not first and 1 <= stream.codec_context.channels <= room:
            room -= stream.codec_context.channels
            beside.append(stream)
    return beside
