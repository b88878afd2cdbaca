"""From rows to what this contract shows."""

import uuid
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from calltrace.analyses.models import Analysis as Row
from calltrace.catalog.models import Project as ProjectRow
from calltrace.dialects.callcenterrate import ids
from calltrace.dialects.callcenterrate.filters import STATUSES, AudioStatus
from calltrace.dialects.callcenterrate.queries import FoundAnalysis, FoundAudio, Results
from calltrace.dialects.callcenterrate.schemas import (
    Analysis,
    AnalysisItem,
    Audio,
    Criterion,
    Line,
    Project,
    Quote,
    Transcript,
)
from calltrace.evaluation.results import CriterionResult, Evaluation
from calltrace.kit import clock
from calltrace.speech.transcript import Transcript as Heard

_STATUS_OF: Mapping[str, AudioStatus] = {ours: theirs for theirs, ours in STATUSES.items()}
_NAMELESS = "recording"


def project(row: ProjectRow, audio_count: int) -> Project:
    """A project."""
    return Project(
        id=ids.encode("project", row.id), name=row.name, description=row.description,
        created_at=clock.iso(row.created_at), audio_count=audio_count,
    )  # fmt: skip


def audio(found: FoundAudio) -> Audio:
    """A recording."""
    row = found.analysis
    return Audio(
        id=ids.encode("audio", row.id),
        project_id=project_id(row.project_id),
        original_name=original_name(row),
        size=found.size,
        source="URL" if row.upload_id is None else "UPLOAD",
        status=_STATUS_OF[row.status],
        error_message=row.error["message"] if row.error else None,
        created_at=clock.iso(row.created_at),
        processed_at=clock.iso(row.completed_at) if row.completed_at else None,
        analysis_id=ids.encode("analysis", row.id) if row.status == "completed" else None,
    )


def original_name(row: Row) -> str:
    """How the file was called; of a URL the last part of its path, never what may be a secret in it."""
    path = urlsplit(row.file_url or "").path
    return row.file_name or unquote(path.rpartition("/")[2]) or _NAMELESS


def project_id(row_id: uuid.UUID | None) -> str | None:
    """What a recording's project is called."""
    return ids.encode("project", row_id) if row_id else None


def analysis_item(found: FoundAnalysis) -> AnalysisItem:
    """An analysis in a list."""
    row = found.analysis
    return AnalysisItem(
        id=ids.encode("analysis", row.id),
        project_id=project_id(row.project_id),
        audio_id=ids.encode("audio", row.id),
        overall_score=found.score,
        language=row.heard_language,
        duration_seconds=row.duration_seconds,
        created_at=clock.iso(row.completed_at or row.created_at),
    )


def analysis(results: Results) -> Analysis:
    """An analysis with criteria, recommendations and transcript (acceptance CR-015)."""
    evaluation = Evaluation.model_validate_json(results.evaluation)
    heard = Heard.model_validate_json(results.transcript)
    lines = [Line(speaker=one.speaker, start=one.start, end=one.end, text=one.text) for one in heard.segments]
    return Analysis(
        **dict(analysis_item(results.found)),
        summary=evaluation.summary,
        criteria=[_criterion(one) for one in evaluation.criteria],
        recommendations=evaluation.recommendations,
        transcript=Transcript(language=heard.language, segments=lines),
    )


def _criterion(result: CriterionResult) -> Criterion:
    return Criterion(
        name=result.name, score=result.score, max_score=result.max_score, verdict=result.verdict,
        comment=result.reason,
        evidence=[Quote(quote=one.quote, start=one.start, end=one.end) for one in result.evidence],
    )  # fmt: skip
