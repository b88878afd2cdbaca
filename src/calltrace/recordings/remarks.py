"""What was odd about a recording that could be heard all the same: a stable code and a sentence.

Plain, for the decoder's child: pydantic would double the time in which it starts.
"""

from dataclasses import dataclass
from typing import Any, Literal

RemarkCode = Literal[
    "cut_short",
    "header_wrong",
    "damaged",
    "gaps_filled",
    "format_changed",
    "joined",
    "tracks_uneven",
    "tracks_left_out",
    "headerless",
    "copy_not_made",
    "copy_not_stored",
    "model_fallback",
    "model_saw_part",
    "spoken_to_evaluator",
    "redacted_by_place",
    "unspecified",
]
"""Each is explained in docs/formats.md; none is ever renamed."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One oddity. ``code`` is for programs and stable, ``message`` for people and may change."""

    code: RemarkCode
    message: str


def with_code(value: Any) -> Any:
    """Analyses made before there were codes are stored with the sentences alone."""
    return {"code": "unspecified", "message": value} if isinstance(value, str) else value
