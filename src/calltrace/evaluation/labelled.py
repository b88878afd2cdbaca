"""Labelled calls: the JSON that the recogniser is trained on and measured with (``docs/evaluation.md``)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calltrace.evaluation.sensitive_turn import Finding
from calltrace.kit.errors import UsageError
from calltrace.speech.transcript import Attribution, Segment, Transcript


@dataclass(frozen=True)
class LabelledCall:
    """One call with what a person found in it.

    Attributes:
        writer: the part of the id before the first dash; quality is measured by leaving writers out.
        labels: verdict per key of the default scorecard.
        signals: ``escalation``, ``paymentCard``, ``customerSentiment``.
        acts: names per segment; ``None`` when the call's turns are not labelled.
        sensitive: labelled values with their places; one whose words are not in its segment is an error.
    """

    id: str
    writer: str
    transcript: Transcript
    duration: float
    labels: Mapping[str, str]
    signals: Mapping[str, Any]
    acts: Sequence[frozenset[str]] | None
    sensitive: Sequence[Finding]


def read_calls(paths: Sequence[Path]) -> list[LabelledCall]:
    """The calls of all files; of a folder, its ``*.json`` files in order of their names.

    Raises:
        UsageError: a file is missing or not of this format.
    """
    found = [one for path in paths for one in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
    if not found:
        raise UsageError("no labelled calls: name files or folders of the format in docs/evaluation.md")
    return [call for path in found for call in _read(path)]


def _read(path: Path) -> list[LabelledCall]:
    try:
        values: list[Mapping[str, Any]] = json.loads(path.read_text("utf-8"))
        calls = [_call(value) for value in values]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: no labelled calls ({error})") from None
    if not calls:
        raise UsageError(f"{path}: no labelled calls")
    return calls


def _call(value: Mapping[str, Any]) -> LabelledCall:
    raw: list[Mapping[str, Any]] = value["segments"]
    segments = [_segment(item) for item in raw]
    return LabelledCall(
        id=value["id"],
        writer=str(value["id"]).partition("-")[0],
        transcript=Transcript(
            language=value["language"],
            language_confidence=1.0,
            attribution=Attribution(method="channel", confidence=1.0),
            segments=segments,
        ),
        duration=max((segment.end for segment in segments), default=0.0),
        labels=value.get("labels", {}),
        signals=value.get("signals", {}),
        acts=[frozenset(item["acts"]) for item in raw] if all("acts" in item for item in raw) else None,
        sensitive=[
            _value(number, item["text"], span)
            for number, item in enumerate(raw)
            for span in item.get("pii", [])
        ],
    )


def _value(index: int, text: str, span: Mapping[str, Any]) -> Finding:
    start = text.lower().index(str(span["text"]).lower())
    return Finding(str(span["kind"]), index, start, start + len(span["text"]))


def _segment(item: Mapping[str, Any]) -> Segment:
    return Segment(
        id=item["id"],
        speaker=item["speaker"],
        speaker_id=item["speaker"],
        channel=0 if item["speaker"] == "agent" else 1,
        start=item["start"],
        end=item["end"],
        text=item["text"],
        confidence=1.0,
    )
