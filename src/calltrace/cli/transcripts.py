"""Transcripts as `calltrace evaluate` takes them: ``{"language", "segments": [{"speaker", "start", …}]}``."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from calltrace.kit.errors import UsageError
from calltrace.speech.transcript import Attribution, Segment, Transcript


def read_transcript(path: Path) -> tuple[Transcript, float]:
    """A transcript from JSON, and the seconds until its last word.

    Raises:
        UsageError: it cannot be read, or is not in the format.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        segments = [_segment(number, one) for number, one in enumerate(raw["segments"], 1)]
        language = str(raw.get("language", "und"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise UsageError(f"{path} is no transcript: {_first_line(error)}") from error
    attribution = Attribution(method="channel", confidence=1.0)
    ordered = sorted(segments, key=lambda segment: segment.start)
    transcript = Transcript(
        language=language, language_confidence=1.0, attribution=attribution, segments=ordered
    )
    return transcript, max((segment.end for segment in segments), default=0.0)


def _segment(number: int, raw: dict[str, Any]) -> Segment:
    speaker = raw.get("speaker", "unknown")
    start, end = float(raw["start"]), float(raw["end"])
    if not isinstance(raw["text"], str):
        raise TypeError(f"segment {number}: text is no text")
    if not 0 <= start <= end:
        raise ValueError(f"segment {number}: times must be 0 <= start <= end")
    return Segment(
        id=str(raw.get("id", f"s{number}")), speaker=speaker, speaker_id=str(raw.get("speakerId", speaker)),
        channel=int(raw.get("channel", 0)), start=start, end=end,
        text=raw["text"], confidence=float(raw.get("confidence", 1.0)), words=raw.get("words", []),
    )  # fmt: skip


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
