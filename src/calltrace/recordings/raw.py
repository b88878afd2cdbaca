"""Recordings without a header: only what came with the file (content type, name) can tell what they are.

Ambiguous endings (``.raw``, ``.pcm``, ``.vox``) are not in the tables: a wrong guess is noise that looks
like a call.
"""

import re
from dataclasses import dataclass

_MEDIA = re.compile(r"raw:([a-z0-9]{2,8}):(\d{4,6}):(\d{1,2}):(\d)", re.ASCII)
_RATES = range(4_000, 192_001)
_CHANNELS = range(1, 17)


@dataclass(frozen=True, slots=True)
class RawFormat:
    """How to read samples that nothing announces.

    Attributes:
        demuxer: FFmpeg's name of it.
        rate: samples per second.
        channels: interleaved.
        code_bits: bits of a code word where the demuxer wants to know (G.726), else 0.
    """

    demuxer: str
    rate: int = 8_000
    channels: int = 1
    code_bits: int = 0

    @property
    def media(self) -> str:
        """As it is remembered beside a recording, in place of a family that ``sniff`` knows."""
        return f"raw:{self.demuxer}:{self.rate}:{self.channels}:{self.code_bits}"

    @property
    def words(self) -> str:
        """For people."""
        return f"{_NAMES[self.demuxer]} at {self.rate} Hz"

    @property
    def options(self) -> dict[str, str]:
        """What the demuxer is told."""
        if self.code_bits:
            return {"code_size": str(self.code_bits)}
        if self.demuxer in _WITH_CHANNELS:
            return {"sample_rate": str(self.rate), "ch_layout": f"{self.channels}c"}
        return {}


_NAMES = {
    "mulaw": "G.711 mu-law", "alaw": "G.711 A-law", "g722": "G.722", "gsm": "GSM 06.10", "g729": "G.729",
    "g726le": "G.726", "s16le": "16-bit samples", "s16be": "16-bit samples",
}  # fmt: skip
_WITH_CHANNELS = {"mulaw", "alaw", "s16le", "s16be"}
_MULAW, _ALAW, _G722 = RawFormat("mulaw"), RawFormat("alaw"), RawFormat("g722", 16_000)
_GSM, _G729 = RawFormat("gsm"), RawFormat("g729")
_G726 = {str(8 * bits): RawFormat("g726le", code_bits=bits) for bits in (2, 3, 4, 5)}

_BY_TYPE = {  # RFC 2046 (basic), RFC 4856 (PCMU, PCMA, G722, GSM, G726, G729), RFC 2586 (L16)
    "audio/basic": _MULAW, "audio/pcmu": _MULAW, "audio/mulaw": _MULAW, "audio/x-mulaw": _MULAW,
    "audio/pcma": _ALAW, "audio/alaw": _ALAW, "audio/x-alaw": _ALAW, "audio/x-alaw-basic": _ALAW,
    "audio/g722": _G722, "audio/gsm": _GSM, "audio/x-gsm": _GSM, "audio/g729": _G729,
    "audio/l16": RawFormat("s16be"), **{f"audio/g726-{rate}": one for rate, one in _G726.items()},
}  # fmt: skip
_BY_ENDING = {  # as Asterisk and SoX name their files
    "ul": _MULAW, "ulaw": _MULAW, "mulaw": _MULAW, "pcmu": _MULAW,
    "al": _ALAW, "alaw": _ALAW, "pcma": _ALAW,
    "g722": _G722, "gsm": _GSM, "g729": _G729, "sln": RawFormat("s16le"),
    **{f"sln{khz}": RawFormat("s16le", 1000 * khz) for khz in (12, 16, 24, 32, 48, 96, 192)},
    "sln44": RawFormat("s16le", 44_100),
    **{f"g726-{rate}": one for rate, one in _G726.items()},
}  # fmt: skip


def by_content_type(content_type: str) -> RawFormat | None:
    """What a content type says, with its ``rate`` and ``channels`` where the format has them."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    found = _BY_TYPE.get(kind)
    if found is None or found.demuxer not in _WITH_CHANNELS:
        return found
    told = {name.strip(): value.strip() for name, _, value in (one.partition("=") for one in parameters)}
    rate, channels = (_number(told.get(name), by) for name, by in (("rate", found.rate), ("channels", 1)))
    return _checked(RawFormat(found.demuxer, rate, channels))


def by_name(name: str) -> RawFormat | None:
    """What a file's ending says."""
    return _BY_ENDING.get(name.rpartition(".")[2].lower()) if "." in name else None


def of_media(media: str | None) -> RawFormat | None:
    """What ``RawFormat.media`` was made of; ``None`` for everything that has a header."""
    match = _MEDIA.fullmatch(media or "")
    if match is None or match[1] not in _NAMES:
        return None
    return _checked(RawFormat(match[1], int(match[2]), int(match[3]), int(match[4])))


def _number(text: str | None, default: int) -> int:
    if text is None:
        return default
    return int(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else 0


def _checked(raw: RawFormat) -> RawFormat | None:
    return raw if raw.rate in _RATES and raw.channels in _CHANNELS else None
