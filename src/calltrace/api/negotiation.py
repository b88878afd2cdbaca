"""Choosing a representation by the Accept header (RFC 9110, section 12.5.1), or sparing it."""

import re
from collections.abc import Iterator, Sequence

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE = re.compile(rf"({_NAME})/({_NAME})")
_QUALITY = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")

Range = tuple[str, str, float]
"""Type, subtype and quality; ``*`` stands for any."""


def best(accept: str | None, offered: Sequence[str]) -> str | None:
    """Of the media types on offer the one that a client likes best, the first of equals; ``None`` for none.

    No header, and one in which nothing can be read, accept everything. Parameters beside ``q`` do not count.
    """
    ranges = list(_ranges(accept or ""))
    if not ranges:
        return offered[0]
    liked = max(offered, key=lambda media: _quality(media, ranges))
    return liked if _quality(liked, ranges) > 0 else None


def _ranges(accept: str) -> Iterator[Range]:
    for part in accept.lower().split(","):
        media, *parameters = (one.strip() for one in part.split(";"))
        quality = next((one[2:].strip() for one in parameters if one.startswith("q=")), "1")
        match = _RANGE.fullmatch(media)
        if match and _QUALITY.fullmatch(quality):
            yield match[1], match[2], float(quality)


def _quality(media: str, ranges: Sequence[Range]) -> float:
    """By the most specific range that fits: ``text/*;q=0, text/vtt`` takes VTT and no other text."""
    kind, _, subtype = media.partition("/")
    for wanted in ((kind, subtype), (kind, "*"), ("*", "*")):
        if fitting := [quality for one, other, quality in ranges if (one, other) == wanted]:
            return max(fitting)
    return 0.0


def is_known(none_match: str | None, tag: str) -> bool:
    """Whether an If-None-Match header names this entity tag, or any (RFC 9110, section 13.1.2)."""
    named = [one.strip().removeprefix("W/") for one in (none_match or "").split(",")]
    return tag in named or "*" in named
