"""Figures, trends and exports."""

from calltrace.dialects.auralytik.documents.common import Fault, Moods, PeriodOut
from calltrace.kit.document import Document


class CriterionRow(Document):
    """How one criterion went; ``averageNote`` is 0 to 100."""

    key: str
    name: str
    average_note: float | None
    met: int
    not_met: int


class Summary(Document):
    """Everything in one."""

    period: PeriodOut
    total_evaluations: int
    completed_evaluations: int
    failed_evaluations: int
    pending_evaluations: int
    total_audio_files: int
    total_duration_in_seconds: int
    average_duration_in_seconds: float | None
    average_note: float | None
    pass_rate: float | None
    sentiment: Moods
    ai_calls: int
    human_calls: int
    average_customer_effort_score: float | None
    criteria: list[CriterionRow]


class _Row(Document):
    """What every row of analytics has."""

    total_evaluations: int
    completed_evaluations: int
    average_note: float | None
    pass_rate: float | None
    average_duration_in_seconds: float | None
    sentiment: Moods


class CampaignRow(_Row):
    """One campaign; null for evaluations without."""

    campaign_id: str | None
    campaign_name: str | None


class CallCenterRow(_Row):
    """One call center; null for evaluations without."""

    call_center_id: str | None
    call_center_name: str | None


class ExecutiveRow(_Row):
    """One executive; null for evaluations without."""

    executive_id: str | None
    executive_name: str | None


class TrendPoint(Document):
    """One day, week or month, by its first day."""

    date: str
    total_evaluations: int
    completed_evaluations: int
    average_note: float | None
    average_duration_in_seconds: float | None
    sentiment: Moods


class Trends(Document):
    """A point for each bucket of the period, oldest first."""

    granularity: str
    period: PeriodOut
    points: list[TrendPoint]


class ExportStarted(Document):
    """An export that was begun."""

    job_id: str
    status: str
    created_at: str


class ExportJob(Document):
    """How far an export is; ``downloadUrl`` needs no key."""

    job_id: str
    status: str
    progress: int
    type: str
    format: str
    row_count: int
    download_url: str | None
    expires_at: str | None
    error: Fault | None
    created_at: str
    completed_at: str | None
