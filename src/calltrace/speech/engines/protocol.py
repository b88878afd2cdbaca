"""What an engine of speech recognition must do.

An engine gets the call's audio and where speech is, on any number of channels, and answers words with
call times. How it batches is its own business: a local model takes windows (speech.windows) in batches, a
remote server is sent each window as a small file, and both map the times back the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from calltrace.kit.progress import Progress
from calltrace.recordings.audio import DecodedAudio
from calltrace.speech.windows import Stretch


@dataclass(frozen=True, slots=True)
class HeardWord:
    """One word with its punctuation, on a channel, at a time of the call (seconds).

    ``glued`` means that no space goes before it (scripts without spaces, hyphenated parts). Engines leave
    ``voice`` alone: it tells the voices on one channel apart, where speech.voices looked for them.
    """

    channel: int
    text: str
    start: float
    end: float
    confidence: float
    glued: bool = False
    voice: int | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    """Everything an engine heard.

    Attributes:
        language: ISO 639-1, lower case.
        language_confidence: 0 to 1.
        words: in no particular order across channels, in order within each.
    """

    language: str
    language_confidence: float
    words: tuple[HeardWord, ...]


class Engine(Protocol):
    """A speech recogniser, loaded and ready."""

    @property
    def name(self) -> str:
        """What ends up in ``processing.models.asr``."""
        ...

    def transcribe(
        self,
        audio: DecodedAudio,
        speech: Sequence[Stretch],
        language: str | None,
        progress: Progress,
        hints: Sequence[str] = (),
        *,
        among: Sequence[str] = (),
    ) -> Recognition:
        """Recognises the given stretches (at least one, each shorter than 30 seconds).

        Args:
            audio: the call.
            speech: where to listen.
            language: a hint, or ``None`` to find out; a plainly wrong hint is overruled.
            progress: told the done share of the speech.
            hints: words that may have been said, the most useful first. They change nothing but words that
                sound like them (engines.hints).
            among: without a hint, the languages that are expected (speech.language); none: all.

        Raises:
            ProcessingError: it cannot be done, now or at all; ``retryable`` says which.
        """
        ...
