"""Files as bytes, made on the spot: tones in every format that can be written here, and damage to them."""

import io
import struct
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile  # pyright: ignore[reportMissingTypeStubs] - libsndfile's Python has none

Samples = npt.NDArray[np.float64]
HERTZ, STEP = 440.0, 110.0
"""Channel n of track n holds a tone of its own: HERTZ, HERTZ + STEP and so on."""
_LAYOUTS = {1: "mono", 2: "stereo", 4: "4.0", 6: "5.1"}


def tones(seconds: float, rate: int, channels: int = 1, first: float = HERTZ) -> Samples:
    """Shape (n, channels), amplitude 0.4."""
    times = np.arange(round(seconds * rate))[:, None] / rate
    return 0.4 * np.sin(2 * np.pi * (first + STEP * np.arange(channels)) * times)


def sndfile(
    kind: str, codec: str, rate: int = 8000, channels: int = 1, samples: Samples | None = None
) -> bytes:
    """Three seconds of tones (or ``samples``) written by libsndfile."""
    out = io.BytesIO()
    sound = tones(3.0, rate, channels) if samples is None else samples
    soundfile.write(out, sound, rate, format=kind, subtype=codec)  # pyright: ignore[reportUnknownMemberType]
    return out.getvalue()


def ffmpeg(
    kind: str,
    codec: str,
    rate: int,
    *,
    channels: int = 1,
    seconds: float = 3.0,
    delays: Sequence[float] = (0.0,),
    languages: Sequence[str] = (),
    video: bool = False,
    bit_rate: int = 64_000,
    samples: Samples | None = None,
    **options: str,
) -> bytes:
    """Tones written by FFmpeg; one audio track for each of ``delays``, which starts so much later."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        opened: Any = av.open(str(path), "w", format=kind, options=options)
        with opened as out:
            pictures = _video(out) if video else None
            tracks = [out.add_stream(codec, rate=rate, layout=_LAYOUTS[channels]) for _ in delays]
            for number, track in enumerate(tracks):
                track.bit_rate = bit_rate
                track.metadata.update({"language": languages[number]} if languages else {})
            for number, (track, delay) in enumerate(zip(tracks, delays, strict=True)):
                sound = tones(seconds, rate, channels, HERTZ + STEP * number) if samples is None else samples
                _write(out, track, sound, rate, delay)
            if pictures:
                _film(out, pictures)
        return path.read_bytes()


def _write(out: Any, track: Any, sound: Samples, rate: int, delay: float) -> None:
    layout = _LAYOUTS[sound.shape[1]]
    whole = np.round(sound * 32767).astype(np.int16).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(whole, format="s16", layout=layout)
    frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), round(delay * rate)
    fit = av.AudioResampler(track.format, layout, rate, track.codec_context.frame_size or None)
    for piece in [*fit.resample(frame), *fit.resample(None)]:
        out.mux(track.encode(piece))
    out.mux(track.encode(None))


def _video(out: Any) -> Any:
    stream = out.add_stream("mpeg4", rate=25)
    stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
    return stream


def _film(out: Any, stream: Any) -> None:
    for _ in range(75):
        out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
    out.mux(stream.encode(None))


def wave(
    seconds: float = 10.0,
    *,
    rate: int = 8000,
    said_rate: int | None = None,
    channels: int = 1,
    bits: int = 16,
    tag: int = 1,
    align: int = 2,
    data_bytes: int | None = None,
    before: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """A WAVE file of 16-bit samples whose header says whatever it is told to say."""
    sound = np.round(tones(seconds, rate)[:, 0] * 32767).astype("<i2").tobytes()
    told = len(sound) if data_bytes is None else data_bytes
    said = rate if said_rate is None else said_rate
    form = struct.pack("<HHIIHH", tag, channels, said, min(said * align, 0xFFFFFFFF), align, bits)
    chunks = chunk(b"fmt ", form) + before + b"data" + struct.pack("<I", told) + sound + behind
    return b"RIFF" + struct.pack("<I", min(4 + len(chunks), 0xFFFFFFFF)) + b"WAVE" + chunks


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    """A RIFF chunk, with a size that may be a lie."""
    return name + struct.pack("<I", len(content) if size is None else size) + content


def id3(size: int, *, picture: bool = False) -> bytes:
    """An ID3v2.3 tag: noise, or a cover picture of noise."""
    noise = np.random.default_rng(5).bytes(size)
    if picture:
        body = b"\0image/jpeg\0\x03\0" + noise
        noise = b"APIC" + struct.pack(">IH", len(body), 0) + body
    length = bytes(len(noise) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + length + noise


def amr_wb(seconds: float) -> bytes:
    """AMR-WB at 12.65 kbit/s (RFC 4867, section 5): any bits are speech, so these are noise."""
    chance = np.random.default_rng(6)
    return b"#!AMR-WB\n" + b"".join(b"\x14" + chance.bytes(32) for _ in range(round(seconds * 50)))


def cut(whole: bytes, share: float) -> bytes:
    """The first ``share`` of the bytes."""
    return whole[: round(len(whole) * share)]


def wound(whole: bytes, *, begin: float = 0.5, end: float = 0.55, zeros: bool = False) -> bytes:
    """Noise, or zeros, in place of the bytes between two shares."""
    first, last = round(len(whole) * begin), round(len(whole) * end)
    patch = bytes(last - first) if zeros else np.random.default_rng(8).bytes(last - first)
    return whole[:first] + patch + whole[last:]
