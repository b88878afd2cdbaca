"""Recordings with what is known about them: the manifest that ``calltrace bench speech`` reads.

``manifest.json`` is ``{"files": [...]}``; of each file ``path`` and ``language`` are needed. ``reference`` is
what was said (an empty text: nobody speaks), ``channel_references`` the same by channel, ``segments`` who
speaks when (``{"start", "end", "speaker"}`` in seconds), ``roles`` says that those speakers are ``agent`` and
``customer``, ``kind`` groups recordings. Other keys are ignored.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calltrace.kit.errors import UsageError
from calltrace.speech.diarization_error import MOST_SPEAKERS, Turn

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One recording. ``None``: nobody wrote it down."""

    path: str
    language: str
    kind: str = ""
    reference: str | None = None
    channel_references: Sequence[str] | None = None
    turns: Sequence[Turn] | None = None
    has_roles: bool = False


def read_manifest(folder: Path) -> list[Labelled]:
    """The recordings of a folder, in the order of its manifest.

    Raises:
        UsageError: there is no manifest, or it is not of this format.
    """
    try:
        document = json.loads((folder / MANIFEST).read_text("utf-8"))
        return [_entry(entry) for entry in document["files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder / MANIFEST}: not a manifest of recordings ({error}).") from None


def _entry(entry: dict[str, Any]) -> Labelled:
    turns = [
        Turn(float(turn["start"]), float(turn["end"]), str(turn["speaker"]))
        for turn in entry.get("segments") or ()
    ]
    if len({turn.who for turn in turns}) > MOST_SPEAKERS:
        raise ValueError(f"{entry['path']}: more than {MOST_SPEAKERS} speakers")
    return Labelled(
        path=str(entry["path"]),
        language=str(entry["language"]),
        kind=str(entry.get("kind") or ""),
        reference=entry.get("reference"),
        channel_references=entry.get("channel_references"),
        turns=turns or None,
        has_roles=bool(turns and entry.get("roles")),
    )
