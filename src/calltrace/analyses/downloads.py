"""What was said, as a file to keep."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from calltrace.analyses.read import Heard
from calltrace.kit.attachments import attachment
from calltrace.speech.formats import to_srt, to_txt, to_vtt
from calltrace.speech.transcript import Transcript

Format = Literal["json", "txt", "srt", "vtt"]
CONTENT_TYPES: Mapping[Format, str] = {
    "json": "application/json", "txt": "text/plain; charset=utf-8", "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
}  # fmt: skip
_WRITERS: Mapping[Format, Callable[[Transcript], str]] = {"txt": to_txt, "srt": to_srt, "vtt": to_vtt}


@dataclass(frozen=True, slots=True)
class Download:
    """The text of a file, and the headers of an answer that say what it is and how it is called."""

    content: str
    headers: Mapping[str, str]


async def transcript(heard: Heard, chosen: Format) -> Download:
    """A transcript in one of its formats, called like the recording."""
    name = attachment(heard.file_name, f"transcript-{heard.analysis_id}", chosen)
    content = await asyncio.to_thread(_written, heard.document, chosen)
    return Download(content, {"Content-Disposition": name, "Content-Type": CONTENT_TYPES[chosen]})


def _written(document: str, chosen: Format) -> str:
    """In a thread: a transcript of hours must not hold up other requests."""
    return document if chosen == "json" else _WRITERS[chosen](Transcript.model_validate_json(document))
