"""The analysis object: one shape for submit, retrieve, list and webhooks (acceptance CV-120 to CV-128)."""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from calltrace.analyses.links import RecordingLinks
from calltrace.analyses.models import Analysis
from calltrace.dialects.callcov import views
from calltrace.dialects.callcov.queries import Whole
from calltrace.kit import clock
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.document import Scorecard

SYSTEM_KEYS = ("webhook_url", "completed_at", "processing_time_ms", "error_message")
"""Names in ``metadata`` that are ours; callers may not use them."""
LINK_LIFETIME = timedelta(minutes=15)
_SPEAKERS = {"agent": "A", "customer": "B"}
_FORMATS = {"matroska": "webm"}
"""How this contract calls containers where it differs from ``recordings.sniff``."""
_FAILED = "The recording could not be processed."


@dataclass(frozen=True, slots=True)
class Showing:
    """What showing needs beside the rows.

    Attributes:
        audio_url: where the stored recording of an analysis is.
        scorecards: by version, for evaluations that are not pinned to the one that ships.
    """

    audio_url: Callable[[Analysis], str | None]
    scorecards: Mapping[uuid.UUID, Scorecard]


def versions_of(found: Collection[Whole]) -> set[uuid.UUID]:
    """The scorecard versions that showing these needs."""
    return {one.version_id for one in found if one.version_id is not None}


def analysis(found: Whole, showing: Showing) -> dict[str, Any]:
    """The object, for JSON."""
    row = found.analysis
    complete = row.status == "completed"
    transcript = orjson.loads(found.transcript) if complete and found.transcript else None
    milliseconds = None if row.duration_seconds is None else round(row.duration_seconds * 1000)
    seconds = None if milliseconds is None else milliseconds / 1000
    return {
        "id": str(row.id),
        "object": "analysis",
        "created": created(row.created_at),
        "status": "processing" if row.status == "queued" else row.status,
        "livemode": row.mode == "live",
        "call": {
            "agent_id": found.agent, "contact_id": row.contact_id,
            "duration_ms": milliseconds, "duration_seconds": seconds,
        },
        "audio": {
            "url": showing.audio_url(row) if row.recording_id else row.file_url,
            "size_bytes": found.size_bytes,
            "format": _FORMATS.get(found.media, found.media) if found.media else None,
            "duration_seconds": seconds,
        },
        "transcript": _transcript(transcript) if transcript else None,
        "results": _results(found, transcript, showing) if transcript and found.evaluation else None,
        "metadata": {**row.details, **_system(found)},
    }  # fmt: skip


def created(moment: datetime) -> int:
    """A moment in unix seconds (acceptance CV-005)."""
    return int(moment.timestamp())


def signed(links: RecordingLinks) -> Callable[[Analysis], str]:
    """Fresh links to stored recordings, good for LINK_LIFETIME."""
    return lambda row: links.url(row.org_id, row.id, lifetime=LINK_LIFETIME)


def _transcript(transcript: Mapping[str, Any]) -> dict[str, Any]:
    """What was said; ``A`` is the agent, ``B`` everybody else."""
    segments = [
        {
            "speaker": _SPEAKERS.get(one["speaker"], "B"), "role": one["speaker"], "text": one["text"],
            "start": one["start"], "end": one["end"], "confidence": one["confidence"],
        }
        for one in transcript["segments"]
    ]  # fmt: skip
    text = " ".join(one["text"] for one in segments)
    return {"text": text, "segments": segments, "language": transcript["language"]}


def _results(found: Whole, transcript: Mapping[str, Any], showing: Showing) -> dict[str, Any]:
    scorecard = showing.scorecards.get(found.version_id) if found.version_id else None
    metrics = found.analysis.metrics or {}
    told = views.Told(
        orjson.loads(found.evaluation or "null"), transcript["segments"], scorecard or default_scorecard(),
        metrics.get("interruptions", {}),
    )  # fmt: skip
    return views.results(told)


def _system(found: Whole) -> dict[str, Any]:
    """The four keys of ours; never over before it began, whatever the clocks of machines say (CVX-7)."""
    row = found.analysis
    over = row.status in {"completed", "failed"}
    ended = max(row.completed_at, row.created_at) if over and row.completed_at else None
    error = row.error or {}
    return {
        "webhook_url": found.webhook_url,
        "completed_at": clock.iso(ended) if ended else None,
        "processing_time_ms": round((ended - row.created_at).total_seconds() * 1000) if ended else None,
        "error_message": (error.get("message") or _FAILED) if row.status == "failed" else None,
    }
