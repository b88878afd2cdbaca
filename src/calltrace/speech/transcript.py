"""What was said: the transcript document (interfaces, section 3). Times are seconds from the start."""

from typing import Literal

from pydantic import Field

from calltrace.kit.document import Document

Role = Literal["agent", "customer", "unknown"]
MarkKind = Literal["hold", "silence", "tone", "overlap", "redacted"]
Confidence = float


class Word(Document):
    """One word as heard."""

    text: str
    start: float
    end: float
    confidence: Confidence


class Segment(Document):
    """A stretch of speech of one voice on one channel.

    ``speaker`` is the role; ``speaker_id`` tells voices apart (two customers on one channel).
    """

    id: str
    speaker: Role
    speaker_id: str
    channel: int
    start: float
    end: float
    text: str
    confidence: Confidence
    words: list[Word] = Field(default_factory=list[Word])


class Attribution(Document):
    """How roles were told apart, how sure that is (0 to 1), and why in one sentence."""

    method: Literal["channel", "diarization"]
    confidence: Confidence
    reason: str = ""


class Transcript(Document):
    """All segments in order of their start, with the language of the call (ISO 639-1, lower case).

    ``redacted`` names the kinds of sensitive data that were looked for and replaced by marks such as
    ``[payment_card]`` before anything was kept (docs/redaction.md).
    """

    language: str
    language_confidence: Confidence
    attribution: Attribution
    segments: list[Segment]
    redacted: list[str] = Field(default_factory=list[str])


class Mark(Document):
    """Something other than talk between two times (docs/talk-metrics.md), or talk that was redacted.

    ``channel`` is where it was heard; none for what is true of the call as a whole (silence, overlap).
    """

    kind: MarkKind
    start: float
    end: float
    channel: int | None = None


class Sides(Document):
    """A number for each side of the call."""

    agent: float = 0.0
    customer: float = 0.0


class Counts(Document):
    """A count for each side of the call."""

    agent: int = 0
    customer: int = 0


class TalkMetrics(Document):
    """Who talked how much (interfaces, section 3, ``call.metrics``).

    ``hold_seconds`` is ``None`` where only a transcript is known.
    """

    talk_seconds: Sides
    silence_seconds: float
    longest_silence_seconds: float
    overlap_seconds: float
    interruptions: Counts
    longest_monologue_seconds: Sides
    words_per_minute: Counts
    hold_seconds: float | None = None
