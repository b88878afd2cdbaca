"""How answers look as JSON: in the API and in exported files."""

from typing import Any

from calltrace.insights.measures import Figures, Verdicts
from calltrace.insights.period import Period
from calltrace.insights.service import Criterion, Group, Point
from calltrace.insights.surveys import SurveyFigures, SurveyGroup, SurveyPoint

Json = dict[str, Any]


def period(of: Period) -> Json:
    """Which days, both inclusive, in which time zone."""
    return {"from": of.first.isoformat(), "to": of.last.isoformat(), "timeZone": of.zone}


def figures(of: Figures) -> Json:
    """What calls come to. Seconds, scores of 0 to 100, shares of 0 to 1."""
    return {
        "calls": of.calls, "completed": of.completed, "failed": of.failed, "pending": of.pending,
        "durationSeconds": of.seconds, "averageDurationSeconds": of.average_seconds,
        "silenceShare": of.silence_share, "scored": of.scored, "averageScore": of.average_score,
        "judged": of.judged, "passed": of.passed, "passRate": of.pass_rate,
        "sentiment": {"positive": of.positive, "neutral": of.neutral, "negative": of.negative},
        "aiCalls": of.ai, "humanCalls": of.calls - of.ai, "averageCustomerEffort": of.average_effort,
        "escalations": of.escalated,
    }  # fmt: skip


def verdicts(of: Verdicts) -> Json:
    """How a criterion went: how often each verdict, the average share of its points, how often it failed."""
    return {
        "met": of.met, "partlyMet": of.partly_met, "notMet": of.not_met, "notApplicable": of.not_applicable,
        "needsReview": of.needs_review, "averageScore": of.average, "failRate": of.failing,
    }  # fmt: skip


def group(of: Group) -> Json:
    """One row; ``id`` and ``name`` are null for calls without."""
    return {"id": str(of.group_id) if of.group_id else None, "name": of.name, **figures(of.figures)}


def point(of: Point) -> Json:
    """One day, week or month, by its first day."""
    return {"date": of.starts.isoformat(), **figures(of.figures)}


def criterion(of: Criterion) -> Json:
    """One criterion of a scorecard."""
    return {"scorecardId": of.scorecard_id, "key": of.key, "name": of.name, **verdicts(of.verdicts)}


def survey_figures(of: SurveyFigures) -> Json:
    """What surveys come to, beside the scores of their calls."""
    return {
        "surveys": of.surveys, "answered": of.answered, "scored": of.scored,
        "averageSurveyScore": of.average_said, "paired": of.paired, "averageScore": of.average_score,
        "correlation": of.correlation, "correlationInterval": list(of.interval) if of.interval else None,
    }  # fmt: skip


def survey_group(of: SurveyGroup) -> Json:
    """One row; ``id`` and ``name`` are null for calls without."""
    return {"id": str(of.group_id) if of.group_id else None, "name": of.name, **survey_figures(of.figures)}


def survey_point(of: SurveyPoint) -> Json:
    """One day, week or month, by its first day."""
    return {"date": of.starts.isoformat(), **survey_figures(of.figures)}
