"""What was odd about a recording that could be heard all the same: a stable code and a sentence."""

from typing import Any, Literal

from pydantic import model_validator

from calltrace.kit.document import Document

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
    "unspecified",
]
"""Each is explained in docs/formats.md; none is ever renamed."""


class Remark(Document):
    """One oddity. ``code`` is for programs and stable, ``message`` for people and may change."""

    code: RemarkCode
    message: str

    @model_validator(mode="before")
    @classmethod
    def _sentence_alone(cls, value: Any) -> Any:
        """Analyses made before there were codes are stored with the sentences alone."""
        return {"code": "unspecified", "message": value} if isinstance(value, str) else value
