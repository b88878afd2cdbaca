"""What a file is, by its first bytes; names and content types lie.

Only containers that carry audio are recognised. Formats that merely point at other files (playlists,
manifests, session descriptions) are not among them on purpose.
"""

from collections.abc import Callable

ENOUGH = 4096
"""Bytes that ``sniff`` wants to see; fewer do when the file has no more."""

_ID3 = b"ID3"
_BOM = b"\xef\xbb\xbf"

_AT_START: tuple[tuple[bytes, str], ...] = (
    (_ID3, "mp3"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"#!AMR", "amr"),
    (b".snd", "au"),
    (b"caff\x00\x01", "caf"),
    (b"riff\x2e\x91\xcf\x11", "w64"),
    (b"FLV\x01", "flv"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"wvpk", "wavpack"),
    (b"MAC ", "ape"),
    (b"TTA1", "tta"),
    (b"MPCK", "musepack"),
    (b"MP+", "musepack"),
    (b".RMF", "realmedia"),
    (b"Creative Voice File\x1a", "voc"),
    (b"NIST_1A\n", "nist"),
    (b"\x0b\x77", "ac3"),
)
_RIFF_KINDS = {b"WAVE": "wav", b"AVI ": "avi", b"QLCM": "qcp"}
_RIFF_MARKS = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_MP4_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_IMAGE_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"jxl ", b"crx ")
_TS_PACKET = 188
_TS_SYNC = 0x47

_NOT_AUDIO: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"#extm3u", b"[playlist]", b"<asx", b"v=0\r\no=", b"v=0\no=", b"ffconcat"), "a playlist"),
    ((b"<!doctype html", b"<html", b"<head", b"<body", b"<script"), "a web page"),
    ((b"<?xml", b"<error", b"<smil", b"<mpd", b"<"), "an XML document"),
    ((b"{", b"["), "a JSON document"),
    ((b"pk\x03\x04", b"pk\x05\x06", b"\x1f\x8b", b"rar!", b"7z\xbc\xaf", b"bzh", b"\xfd7zxz"), "an archive"),
    ((b"%pdf",), "a PDF document"),
    ((b"\x89png", b"gif8", b"\xff\xd8\xff"), "an image"),
    ((b"mz\x90", b"\x7felf"), "a program"),
)


def sniff(head: bytes) -> str | None:
    """The family of the audio or video container that starts with ``head``, or ``None``.

    ``head`` should have ENOUGH bytes: streams without a signature (mp3, aac) are only believed when a second
    frame follows the first where it should.
    """
    for mark, family in _AT_START:
        if head.startswith(mark):
            return family
    for look in (_riff, _aiff, _mp4, _transport_stream, _mpeg_audio, _adts):
        if family := look(head):
            return family
    return None


def describe(head: bytes) -> str:
    """For people: what a file that is no audio seems to be."""
    text = head.removeprefix(_BOM).lstrip(b" \t\r\n").lower()
    for marks, name in _NOT_AUDIO:
        if text.startswith(marks):
            return name
    return "empty" if not head else "no audio format that is known"


def _riff(head: bytes) -> str | None:
    return _RIFF_KINDS.get(head[8:12]) if head[:4] in _RIFF_MARKS else None


def _aiff(head: bytes) -> str | None:
    return "aiff" if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC") else None


def _mp4(head: bytes) -> str | None:
    return "mp4" if head[4:8] in _MP4_BOXES and head[8:12] not in _IMAGE_BRANDS else None


def _transport_stream(head: bytes) -> str | None:
    syncs = head[: 4 * _TS_PACKET : _TS_PACKET]
    return "mpegts" if len(head) >= 2 * _TS_PACKET and set(syncs) == {_TS_SYNC} else None


def _mpeg_audio(head: bytes) -> str | None:
    # Some recorders put zeros before the first frame.
    return "mp3" if _two_frames(head.lstrip(b"\0"), _mpeg_frame_length) else None


def _adts(head: bytes) -> str | None:
    return "aac" if _two_frames(head, _adts_frame_length) else None


def _two_frames(head: bytes, length_of: Callable[[bytes], int]) -> bool:
    first = length_of(head[:8])
    return first > 0 and (len(head) <= first or length_of(head[first : first + 8]) > 0)


_BITRATES = {  # kbit/s by (MPEG-1?, layer), ISO/IEC 11172-3 and 13818-3
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44100, 48000, 32000)
_RATE_DIVISOR = {3: 1, 2: 2, 0: 4}  # by version bits: MPEG-1, MPEG-2, MPEG-2.5


def _mpeg_frame_length(header: bytes) -> int:
    """Bytes of an MPEG audio frame of layer II or III, 0 if ``header`` starts none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - the bit layout
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    rates = _BITRATES.get((version == 3, layer), ())  # noqa: PLR2004 - version bits of MPEG-1
    bitrate, rate = header[2] >> 4, header[2] >> 2 & 3
    if version not in _RATE_DIVISOR or not 0 < bitrate < len(rates) or rate >= len(_RATES):
        return 0
    samples = 576 if layer == 3 and _RATE_DIVISOR[version] > 1 else 1152  # noqa: PLR2004 - layer III
    per_second = _RATES[rate] // _RATE_DIVISOR[version]
    return samples * rates[bitrate] * 1000 // 8 // per_second + (header[2] >> 1 & 1)


def _adts_frame_length(header: bytes) -> int:
    """Bytes of an AAC frame with an ADTS header (ISO/IEC 14496-3, 1.A.2.2), 0 if there is none."""
    if len(header) < 6 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:  # noqa: PLR2004 - the bit layout
        return 0
    if header[2] >> 2 & 15 > 12:  # noqa: PLR2004 - sampling rates end at index 12
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > 7 else 0  # noqa: PLR2004 - the header alone has 7 bytes
