"""Whatever people record and whatever happened to it: the right length and warnings, or a code."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from calltrace.kit.errors import UnsupportedMediaError
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.recordings.decode import decode
from calltrace.recordings.media import judge
from calltrace.recordings.sniff import ENOUGH
from pure.recordings.made import (
    HERTZ,
    STEP,
    amr_wb,
    chunk,
    cut,
    ffmpeg,
    id3,
    sndfile,
    tones,
    wave,
    wound,
)  # fmt: skip

Make = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Plays:
    """What is heard: seconds, channels with a tone each (all of them from HERTZ on), and warning codes."""

    seconds: float = 3.0
    channels: int = 1
    warns: Sequence[str] = ()
    within: float = 0.12
    tone: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """``unsupported_media``, with these words."""

    words: str = "not audio"


@dataclass(frozen=True, slots=True)
class Told:
    """A file of which only its name or content type tells what it is."""

    make: Make
    name: str = ""
    content_type: str = ""


Cases = dict[str, tuple[Make | Told, Plays | Refused]]
TEN = Plays(10.0)
SHORT = Plays(5.0, warns=["cut_short"], within=0.2)


def _wav(codec: str, rate: int = 8000, channels: int = 1) -> Make:
    return lambda: sndfile("WAV", codec, rate, channels)


CODECS: Cases = {
    "pcm 24 bit, 48 kHz, stereo": (_wav("PCM_24", 48_000, 2), Plays(channels=2)),
    "pcm 32 bit, 96 kHz": (_wav("PCM_32", 96_000), Plays()),
    "pcm 8 bit, 11.025 kHz": (_wav("PCM_U8", 11_025), Plays()),
    "float, 22.05 kHz": (_wav("FLOAT", 22_050), Plays()),
    "double, six channels": (_wav("DOUBLE", 44_100, 6), Plays(channels=6)),
    "a-law, four channels": (_wav("ALAW", 8000, 4), Plays(channels=4)),
    "mu-law, stereo": (_wav("ULAW", 8000, 2), Plays(channels=2)),
    "ms gsm 49": (_wav("GSM610"), Plays()),
    "g.721 (g.726 at 32 kbit/s)": (_wav("G721_32"), Plays()),
    "ima adpcm, stereo": (_wav("IMA_ADPCM", 8000, 2), Plays(channels=2)),
    "ms adpcm, 44.1 kHz": (_wav("MS_ADPCM", 44_100), Plays()),
    "g.722 in wav": (lambda: ffmpeg("wav", "g722", 16_000), Plays()),
    "g.723.1 in wav": (lambda: ffmpeg("wav", "g723_1", 8000, bit_rate=6300), Plays()),
    "mp3 in wav": (lambda: ffmpeg("wav", "libmp3lame", 16_000), Plays()),
    "extensible wav": (lambda: sndfile("WAVEX", "PCM_16", 8000, 2), Plays(channels=2)),
    "rf64": (lambda: sndfile("RF64", "PCM_16", 8000, 2), Plays(channels=2)),
    "w64 with gsm": (lambda: sndfile("W64", "GSM610"), Plays()),
    "aiff": (lambda: sndfile("AIFF", "PCM_16", 22_050, 2), Plays(channels=2)),
    "aifc with mu-law": (lambda: sndfile("AIFF", "ULAW"), Plays()),
    "aifc with gsm": (lambda: sndfile("AIFF", "GSM610"), Plays()),
    "au with mu-law": (lambda: sndfile("AU", "ULAW"), Plays()),
    "caf with a-law": (lambda: sndfile("CAF", "ALAW"), Plays()),
    "voc": (lambda: sndfile("VOC", "ULAW"), Plays()),
    "nist sphere": (lambda: sndfile("NIST", "ULAW"), Plays()),
    "vorbis, stereo": (lambda: sndfile("OGG", "VORBIS", 44_100, 2), Plays(channels=2)),
    "opus, stereo": (lambda: ffmpeg("ogg", "libopus", 48_000, channels=2), Plays(channels=2)),
    "mp3, 8 kHz": (lambda: ffmpeg("mp3", "libmp3lame", 8000, bit_rate=16_000), Plays()),
    "flac, 96 kHz": (lambda: ffmpeg("flac", "flac", 96_000), Plays()),
    "aac in mp4, index at the end": (lambda: ffmpeg("mp4", "aac", 44_100), Plays()),
    "aac in mp4, index in front": (lambda: ffmpeg("mp4", "aac", 44_100, movflags="faststart"), Plays()),
    "aac in fragments": (lambda: ffmpeg("mp4", "aac", 16_000, movflags="frag_keyframe+empty_moov"), Plays()),
    "aac in loas": (lambda: ffmpeg("latm", "aac", 16_000), Plays()),
    "amr narrow band": (lambda: ffmpeg("amr", "libopencore_amrnb", 8000, bit_rate=12_200), Plays()),
    "amr in 3gp": (lambda: ffmpeg("3gp", "libopencore_amrnb", 8000, bit_rate=12_200), Plays()),
    "amr wide band": (lambda: amr_wb(3.0), Plays(tone=False)),
    "wma 1": (lambda: ffmpeg("asf", "wmav1", 22_050), Plays()),
    "mu-law in avi": (lambda: ffmpeg("avi", "pcm_mulaw", 8000), Plays()),
    "a film with sound": (lambda: ffmpeg("mp4", "aac", 44_100, channels=2, video=True), Plays(channels=2)),
    "gsm without a header": (lambda: sndfile("RAW", "GSM610"), Plays(warns=())),
}


def _ulaw() -> bytes:
    return sndfile("RAW", "ULAW")


HEADERLESS: Cases = {
    "mu-law by type": (Told(_ulaw, content_type="audio/PCMU"), Plays(warns=["headerless"])),
    "mu-law as audio/basic": (Told(_ulaw, content_type="audio/basic"), Plays(warns=["headerless"])),
    "mu-law by name": (Told(_ulaw, name="call.ulaw"), Plays(warns=["headerless"])),
    "a-law, stereo": (
        Told(lambda: sndfile("RAW", "ALAW", 16_000, 2), content_type="audio/pcma; rate=16000; channels=2"),
        Plays(channels=2, warns=["headerless"]),
    ),
    "g.722": (Told(lambda: ffmpeg("g722", "g722", 16_000), "a.g722"), Plays(warns=["headerless"])),
    "g.726 at 32 kbit/s": (
        Told(lambda: ffmpeg("g726le", "g726le", 8000, bit_rate=32_000), content_type="audio/G726-32"),
        Plays(warns=["headerless"]),
    ),
    "signed linear, 16 kHz": (
        Told(lambda: ffmpeg("s16le", "pcm_s16le", 16_000), "a.sln16"), Plays(warns=["headerless"]),
    ),
    "L16": (
        Told(lambda: ffmpeg("s16be", "pcm_s16be", 44_100), content_type="audio/L16;rate=44100"),
        Plays(warns=["headerless"]),
    ),
    "g.729": (
        Told(lambda: np.random.default_rng(1).bytes(3000), "a.g729"), Plays(warns=["headerless"], tone=False),
    ),
    "a wave file named as raw": (Told(_wav("PCM_16"), "a.ulaw", "audio/PCMA"), Plays()),
    "an error page with the type of sound": (
        Told(lambda: b"<!DOCTYPE html><html><body>Not found</body></html>", content_type="audio/basic"),
        Refused("web page"),
    ),
    "a text named as sound": (Told(lambda: b"Not found, sorry. " * 400, "a.ulaw"), Refused("a text")),
    "an archive named as sound": (Told(lambda: gzip.compress(_ulaw()), "a.ulaw"), Refused("archive")),
    "samples that nothing tells": (Told(_ulaw, "call.raw", "application/octet-stream"), Refused()),
    "a rate that is none": (Told(_ulaw, content_type="audio/pcmu; rate=0"), Refused()),
}  # fmt: skip


def _two_recordings() -> bytes:
    return wave(4.0) + sndfile("WAV", "GSM610", samples=tones(6.0, 8000))


HEADERS: Cases = {
    "no length yet (0)": (lambda: wave(data_bytes=0), TEN),
    "no length yet (0xFFFFFFFF)": (lambda: wave(data_bytes=0xFFFFFFFF), TEN),
    "a length that is stale": (lambda: wave(data_bytes=16_000), Plays(10.0, warns=["header_wrong"])),
    "a length that is too long": (lambda: wave(data_bytes=480_000), Plays(10.0, warns=["cut_short"])),
    "an odd length": (lambda: wave(data_bytes=159_999), TEN),
    "chunks behind the samples": (lambda: wave(behind=chunk(b"LIST", bytes(5000))), TEN),
    "an odd chunk in front": (lambda: wave(before=chunk(b"note", b"odd") + b"\0"), TEN),
    "a chunk without an end": (lambda: wave(before=chunk(b"LIST", b"", 0xFFFFFFF8)), Refused()),
    "chunks without contents": (lambda: wave(before=chunk(b"junk", b"") * 100_000), TEN),
    "chunks in chunks": (lambda: wave(before=chunk(b"LIST", b"INFO" * 10_000)), TEN),
    "two recordings of different codecs": (_two_recordings, Plays(10.0, warns=["joined"])),
    "a recording and a broken one": (
        lambda: wave() + wave(said_rate=1), Plays(10.0, warns=["cut_short"]),
    ),
    "a recording and room for more": (lambda: wave(behind=bytes(4000)), TEN),
    "sample rate 0": (lambda: wave(said_rate=0), Refused()),
    "sample rate 1": (lambda: wave(said_rate=1), Refused("no sound")),
    "sample rate of a million": (lambda: wave(said_rate=1_000_000), Refused("no sound")),
    "no channels": (lambda: wave(channels=0), Refused("0 audio channels")),
    "255 channels": (lambda: wave(channels=255, align=510), Refused("255 audio channels")),
    "0 bits": (lambda: wave(bits=0), Refused("codec is not known")),
    "a codec that nobody knows": (lambda: wave(tag=0x1234), Refused("codec is not known")),
    "no alignment": (lambda: wave(align=0), TEN),
    "an odd alignment": (lambda: wave(align=3), TEN),
    "not one sample": (lambda: wave(0.0), Refused("no audio")),
    "one sample": (lambda: wave(1 / 8000), Refused("no audio")),
    "a twentieth of a second": (lambda: wave(0.05), Plays(0.05, within=0.01, tone=False)),
    "a twentieth of a second, mp3": (
        lambda: ffmpeg("mp3", "libmp3lame", 44_100, seconds=0.05), Plays(0.05, within=0.06, tone=False),
    ),
    "aac of changing bit rate": (
        lambda: ffmpeg("adts", "aac", 16_000, samples=np.vstack([np.zeros((160_000, 1)), tones(20, 16_000)])),
        Plays(30.0, tone=False),
    ),
}  # fmt: skip


def _mp3() -> bytes:
    return ffmpeg("mp3", "libmp3lame", 44_100, seconds=10.0)


def _mp4() -> bytes:
    return ffmpeg("mp4", "aac", 44_100, seconds=10.0, movflags="faststart")


def _webm(seconds: float = 10.0) -> bytes:
    return ffmpeg("webm", "libopus", 48_000, seconds=seconds)


def _noise(count: int) -> bytes:
    return np.random.default_rng(3).bytes(count)


GAP = ["gaps_filled"]


def _with_an_empty_packet() -> bytes:
    """Packet 100 of the MP4 has no byte; those it had belong to the next one (ISO/IEC 14496-12, 8.7.3)."""
    whole = bytearray(_mp4())
    sizes = whole.index(b"stsz") + 16 + 4 * 100
    one, two = struct.unpack_from(">II", whole, sizes)
    struct.pack_into(">II", whole, sizes, 0, one + two)
    return bytes(whole)


DAMAGE: Cases = {
    "mp4 with an empty packet": (_with_an_empty_packet, TEN),
    "wav, 1 %": (lambda: cut(wave(), 0.01), Plays(0.1, warns=["cut_short"], tone=False)),
    "wav, 50 %": (lambda: cut(wave(), 0.5), SHORT),
    "wav, 50 % and a byte": (lambda: cut(wave(), 0.5) + b"x", SHORT),
    "wav, 99 %": (lambda: cut(wave(), 0.99), Plays(9.9)),
    "gsm, 50 %": (lambda: cut(sndfile("WAV", "GSM610", samples=tones(10.0, 8000)), 0.5), SHORT),
    "mp3, 50 %": (lambda: cut(_mp3(), 0.5), SHORT),
    "opus, 50 %": (lambda: cut(ffmpeg("ogg", "libopus", 48_000, seconds=10.0), 0.5), SHORT),
    "flac, 50 %": (
        lambda: cut(ffmpeg("flac", "flac", 16_000, seconds=10.0), 0.5),
        Plays(4.4, warns=["cut_short"], within=0.7),
    ),
    "aac, 50 %": (lambda: cut(ffmpeg("adts", "aac", 44_100, seconds=10.0), 0.5), SHORT),
    "webm, 50 %": (lambda: cut(_webm(), 0.5), SHORT),
    "wma, 50 %": (lambda: cut(ffmpeg("asf", "wmav2", 44_100, seconds=10.0), 0.5), SHORT),
    "amr, 50 %": (
        lambda: cut(ffmpeg("amr", "libopencore_amrnb", 8000, seconds=10.0, bit_rate=12_200), 0.5), SHORT,
    ),
    "mp4 with its index in front, 50 %": (lambda: cut(_mp4(), 0.5), SHORT),
    "mp4 without its index": (lambda: cut(ffmpeg("mp4", "aac", 44_100), 0.9), Refused()),
    "mp3, noise in the middle": (
        lambda: wound(_mp3()), Plays(9.5, warns=["damaged"], within=0.3),
    ),
    "flac, zeros in the middle": (
        lambda: wound(ffmpeg("flac", "flac", 16_000, seconds=10.0), zeros=True), Plays(10.0, warns=GAP),
    ),
    "opus, noise in the middle": (
        lambda: wound(ffmpeg("ogg", "libopus", 48_000, seconds=10.0)), Plays(10.0, warns=GAP),
    ),
    "webm, zeros in the middle": (
        lambda: wound(_webm(60.0), zeros=True), Plays(60.0, warns=GAP),
    ),
    "mp4, noise in the middle": (lambda: wound(_mp4()), Plays(10.0, warns=["damaged", *GAP])),
    "ms adpcm, zeros in the middle": (lambda: wound(sndfile("WAV", "MS_ADPCM"), zeros=True), Plays()),
    "mp3, twice": (lambda: _mp3() * 2, Plays(20.0, warns=["damaged"])),
    "flac, twice": (lambda: ffmpeg("flac", "flac", 16_000) * 2, Plays(6.0, warns=["header_wrong"])),
    "mono mp3, then stereo": (
        lambda: ffmpeg("mp3", "libmp3lame", 44_100) + ffmpeg("mp3", "libmp3lame", 44_100, channels=2),
        Plays(6.0, channels=2, warns=["damaged", "format_changed"], tone=False),
    ),
    "mp3 behind noise": (lambda: _noise(700) + _mp3(), TEN),
    "mp3 behind a tag of noise": (lambda: id3(2000) + _mp3(), TEN),
    "mp3 with a cover of 3 MB": (lambda: id3(3_000_000, picture=True) + _mp3(), TEN),
    "flac behind a tag": (lambda: id3(2000) + ffmpeg("flac", "flac", 16_000), Plays()),
    "a wave file behind a tag": (lambda: id3(2000) + wave(), Refused()),
}  # fmt: skip


def _loud(samples: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Make:
    return lambda: sndfile("WAV", "FLOAT", samples=samples)


def _broken_floats() -> bytes:
    samples = tones(3.0, 8000)
    samples[8000:8010] = np.nan
    samples[9000:9010] = np.inf
    return sndfile("WAV", "FLOAT", samples=samples)


SIGNALS: Cases = {
    "silence": (_loud(np.zeros((24_000, 1))), Plays(tone=False)),
    "silence as mp3": (
        lambda: ffmpeg("mp3", "libmp3lame", 44_100, samples=np.zeros((132_300, 1))), Plays(tone=False),
    ),
    "an offset": (_loud(tones(3.0, 8000) + 0.5), Plays()),
    "clipped": (_loud(np.clip(9 * tones(3.0, 8000), -1, 1)), Plays()),
    "floats as large as whole numbers": (_loud(3e4 * tones(3.0, 8000)), Plays()),
    "samples that are no numbers": (_broken_floats, Plays()),
}  # fmt: skip

TRACKS: Cases = {
    "two mono tracks": (lambda: ffmpeg("mp4", "aac", 44_100, delays=(0.0, 0.0)), Plays(channels=2)),
    "two mono tracks of one call, one starts late": (
        lambda: ffmpeg("matroska", "pcm_s16le", 8000, delays=(0.0, 2.0)),
        Plays(5.0, channels=2, warns=["gaps_filled", "tracks_uneven"]),
    ),
    "three tracks, one of them a film": (
        lambda: ffmpeg("matroska", "aac", 44_100, delays=(0.0, 0.0), video=True), Plays(channels=2),
    ),
    "two languages": (
        lambda: ffmpeg("matroska", "libopus", 48_000, delays=(0.0, 0.0), languages=("eng", "ger")),
        Plays(warns=["tracks_left_out"]),
    ),
    "ten stereo tracks": (
        lambda: ffmpeg("matroska", "pcm_s16le", 8000, channels=2, seconds=1.0, delays=(0.0,) * 10),
        Plays(1.0, channels=16, warns=["tracks_left_out"], tone=False),
    ),
}  # fmt: skip


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("call.mp3", ffmpeg("mp3", "libmp3lame", 44_100))
    return out.getvalue()


OTHERS: Cases = {
    "an archive with an mp3": (_zip, Refused("archive")),
    "a wave file in gzip": (lambda: gzip.compress(wave()), Refused("archive")),
    "a web page": (lambda: b"<!DOCTYPE html><html><body>" + b"<p>Error</p>" * 900, Refused("web page")),
    "json": (lambda: b'{"error": "no such recording"}', Refused("JSON")),
    "an xml document": (lambda: b'<?xml version="1.0"?><Error/>', Refused("XML")),
    "a pdf": (lambda: b"%PDF-1.7\n" + _noise(9000), Refused("PDF")),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + _noise(9000), Refused("image")),
    "a playlist": (lambda: b"#EXTM3U\n#EXTINF:10,\nfile:///etc/hostname\n", Refused("playlist")),
    "a list of files": (lambda: b"ffconcat version 1.0\nfile /etc/hostname\n", Refused("playlist")),
    "a text": (lambda: b"The recording has been removed.\n" * 50, Refused("a text")),
    "one byte": (lambda: b"\0", Refused()),
    "zeros": (lambda: bytes(100_000), Refused()),
    "noise": (lambda: _noise(100_000), Refused()),
    "nothing": (lambda: b"", Refused("empty")),
}
ALL: Cases = CODECS | HEADERLESS | HEADERS | DAMAGE | SIGNALS | TRACKS | OTHERS


@pytest.mark.parametrize("name", ALL)
def test_a_file_is_heard_or_refused_with_a_code(tmp_path: Path, name: str) -> None:
    file, expected = ALL[name]
    told = file if isinstance(file, Told) else Told(file)
    path, workdir = tmp_path / "recording", tmp_path / "work"
    path.write_bytes(told.make())
    workdir.mkdir()
    media = judge(path.read_bytes()[:ENOUGH], told.content_type, [told.name])
    if isinstance(expected, Refused):
        with pytest.raises(UnsupportedMediaError, match=expected.words):
            decode(path, workdir, media=media)
        return
    assert media is not None, "refused before it was decoded"
    _hears(decode(path, workdir, media=media), expected)


def _hears(audio: DecodedAudio, expected: Plays) -> None:
    assert audio.duration == pytest.approx(expected.seconds, abs=expected.within)
    assert [warning.code for warning in audio.warnings] == list(expected.warns), audio.warnings
    assert audio.channels == len(audio.channel_paths) == expected.channels
    for channel in range(expected.channels if expected.tone else 0):
        assert _pitch(audio, channel) == pytest.approx(HERTZ + STEP * channel, abs=6.0)


def _pitch(audio: DecodedAudio, channel: int) -> float:
    samples = audio.read(channel)
    spectrum = np.abs(np.fft.rfft((samples - samples.mean()) * np.hanning(len(samples))))
    return float(spectrum.argmax()) * SAMPLE_RATE / len(samples)


def test_a_track_that_starts_late_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_bytes(ffmpeg("matroska", "pcm_s16le", 8000, delays=(0.0, 2.0)))
    audio = decode(path, tmp_path)
    assert np.abs(audio.read(1, 0.0, 1.9)).max() == 0.0
    assert np.abs(audio.read(1, 2.1, 4.9)).max() > 0.3
    assert np.abs(audio.read(0, 3.1)).max() == 0.0


def test_there_are_enough_of_them() -> None:
    assert len(ALL) >= 100
