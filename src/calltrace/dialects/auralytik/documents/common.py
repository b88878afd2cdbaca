"""What objects share: every field is always there, null when unknown (decisions, section 3)."""

from collections.abc import Mapping
from typing import Any, Self

from calltrace.kit.document import Document

_CODES = {"unsupported_media": "UNSUPPORTED_AUDIO"}


class Fault(Document):
    """Why something failed."""

    code: str
    message: str

    @classmethod
    def of(cls, error: Mapping[str, Any]) -> Self:
        """Our error, under this contract's kind of name."""
        code = str(error["code"])
        return cls(code=_CODES.get(code, code.upper()), message=str(error["message"]))


class Health(Document):
    """That the service works."""

    status: str
    version: str


class Deleted(Document):
    """That something is gone."""

    id: str
    deleted: bool


class PeriodOut(Document):
    """The time that was counted, both ends included."""

    date_from: str
    date_to: str


class Moods(Document):
    """How customers sounded, counted over completed evaluations."""

    positive: int
    neutral: int
    negative: int
