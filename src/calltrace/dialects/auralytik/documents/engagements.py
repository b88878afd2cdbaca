"""Engagements and campaigns."""

from calltrace.kit.document import Document


class EngagementOut(Document):
    """A piece of work with a customer; ``evaluationCount`` counts evaluations of its audio files."""

    id: str
    name: str
    description: str | None
    type: str
    status: str
    evaluation_count: int
    created_at: str
    updated_at: str


class Campaign(Document):
    """What calls are made for; ``averageNote`` (0 to 100) is over completed evaluations."""

    id: str
    name: str
    description: str | None
    type: str | None
    status: str
    call_center_id: str | None
    start_date: str | None
    end_date: str | None
    audio_file_count: int
    evaluation_count: int
    average_note: float | None
    created_at: str
    updated_at: str
