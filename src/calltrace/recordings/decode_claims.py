"""How long a recording says that it is. Only what was written down counts, never FFmpeg's estimate."""

from pathlib import Path

import av
from av.container import InputContainer

_ESTIMATED = {
    "aac", "ac3", "amr", "amrnb", "amrwb", "dts", "eac3", "flv", "g722", "g729", "gsm", "loas", "mpeg",
    "mpegts", "mulaw", "alaw", "s16le", "s16be", "g726le", "ilbc",
}  # fmt: skip
"""Formats without a length: FFmpeg divides their size by the bit rate of their beginning."""
_MISCOUNTED = {("aiff", "gsm")}
"""FFmpeg takes the number of blocks for one of samples, or the other way round."""
_MP3_LENGTHS = (b"Xing", b"Info", b"VBRI")
_MP3_HEAD = 4096


def claimed_seconds(container: InputContainer, path: Path) -> float | None:
    """The longest of what the audio streams say, else what the container says; ``None``: nothing is said."""
    name, codecs = (
        container.format.name,
        {one.codec_context.name for one in container.streams.audio if one.codec_context},
    )
    if name in _ESTIMATED or any((name, codec) in _MISCOUNTED for codec in codecs):
        return None
    if name == "mp3" and not _mp3_says(path):
        return None
    told = [
        float(one.duration * one.time_base)
        for one in container.streams.audio
        if one.duration and one.time_base
    ]
    if told:
        return max(told)
    return container.duration / av.time_base if container.duration else None


def _mp3_says(path: Path) -> bool:
    """Whether there is a frame of facts in front (Xing and Info by LAME, VBRI by Fraunhofer)."""
    with path.open("rb") as file:
        start = file.read(10)
        if start[:3] == b"ID3":  # ID3v2.4, 3.1: a size in four bytes of seven bits
            size = sum(byte << shift for byte, shift in zip(start[6:10], (21, 14, 7, 0), strict=False))
            file.seek(10 + size)
        else:
            file.seek(0)
        head = file.read(_MP3_HEAD)
    return any(mark in head for mark in _MP3_LENGTHS)


def ogg_lacks_its_end(path: Path) -> bool:
    """Whether an Ogg file does not end with the page that ends its stream (RFC 3533, section 6)."""
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return False
        file.seek(max(0, path.stat().st_size - 2 * 65_307))  # the largest page
        tail = file.read()
    last = tail.rfind(b"OggS\0")
    return last < 0 or not tail[last + 5 : last + 6] or not tail[last + 5] & 4
