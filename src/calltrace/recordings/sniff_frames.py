"""Frames of formats that have no header but a mark at each frame: how long each says that it is."""

from collections.abc import Callable

_BITRATES = {  # kbit/s by (MPEG-1?, layer), ISO/IEC 11172-3 and 13818-3
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44100, 48000, 32000)
_RATE_DIVISOR = {3: 1, 2: 2, 0: 4}  # by version bits: MPEG-1, MPEG-2, MPEG-2.5


def mpeg_frame_length(header: bytes) -> int:
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


def adts_frame_length(header: bytes) -> int:
    """Bytes of an AAC frame with an ADTS header (ISO/IEC 14496-3, 1.A.2.2), 0 if there is none."""
    if len(header) < 6 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:  # noqa: PLR2004 - the bit layout
        return 0
    if header[2] >> 2 & 15 > 12:  # noqa: PLR2004 - sampling rates end at index 12
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > 7 else 0  # noqa: PLR2004 - the header alone has 7 bytes


def loas_frame_length(header: bytes) -> int:
    """Bytes of an AAC frame in LOAS (ISO/IEC 14496-3, 1.7.2), 0 if ``header`` starts none."""
    if len(header) < 3 or header[0] != 0x56 or header[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - the bit layout
        return 0
    return 3 + ((header[1] & 0x1F) << 8 | header[2])


def chained(head: bytes, length_of: Callable[[bytes], int], count: int) -> bool:
    """Whether ``head`` starts with ``count`` whole frames, one right behind the other."""
    at = 0
    for _ in range(count):
        length = length_of(head[at : at + 8])
        if length == 0:
            return False
        at += length
    return True


def two_frames(head: bytes, length_of: Callable[[bytes], int]) -> bool:
    """Whether a frame starts ``head`` and a second one follows it, as far as ``head`` reaches."""
    first = length_of(head[:8])
    return first > 0 and (len(head) <= first or length_of(head[first : first + 8]) > 0)
