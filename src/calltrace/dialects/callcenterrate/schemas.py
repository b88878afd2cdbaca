"""What is answered (acceptance CR-021 to CR-025; decisions on Call Center Rate). camelCase on the wire."""

from typing import Generic, Literal, TypeVar

from calltrace.dialects.callcenterrate.filters import AudioStatus
from calltrace.evaluation.results import Verdict
from calltrace.kit.document import Document
from calltrace.speech.transcript import Role

T = TypeVar("T", bound=Document)
Source = Literal["UPLOAD", "URL"]


class Pagination(Document):
    """Which part of a list this is, and how long the list is."""

    page: int
    limit: int
    total: int


class Page(Document, Generic[T]):
    """One page of a list, newest first."""

    data: list[T]
    pagination: Pagination


class Project(Document):
    """A label for recordings that belong together."""

    id: str
    name: str
    description: str | None
    created_at: str
    audio_count: int


class Audio(Document):
    """A recording and what became of it; ``size`` in bytes, null until it is known."""

    id: str
    project_id: str | None
    original_name: str
    size: int | None
    source: Source
    status: AudioStatus
    error_message: str | None
    created_at: str
    processed_at: str | None
    analysis_id: str | None


class AnalysisItem(Document):
    """What was found; ``overallScore`` from 0 to 100, ``createdAt`` when it was."""

    id: str
    project_id: str | None
    audio_id: str
    overall_score: float | None
    language: str | None
    duration_seconds: float | None
    created_at: str


class Quote(Document):
    """Words of the call that prove a verdict; times in seconds."""

    quote: str
    start: float
    end: float


class Criterion(Document):
    """One criterion, decided."""

    name: str
    score: float
    max_score: float
    verdict: Verdict
    comment: str
    evidence: list[Quote]


class Line(Document):
    """A stretch of speech of one side."""

    speaker: Role
    start: float
    end: float
    text: str


class Transcript(Document):
    """What was said."""

    language: str
    segments: list[Line]


class Analysis(AnalysisItem):
    """The same with everything that was found. Nothing else of the engine is shown (acceptance CR-017)."""

    summary: str
    criteria: list[Criterion]
    recommendations: list[str]
    transcript: Transcript
