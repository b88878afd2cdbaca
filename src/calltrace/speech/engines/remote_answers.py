"""What an OpenAI-compatible transcription server answered, whatever kind of server it is.

| server | language | segments | words |
|---|---|---|---|
| OpenAI whisper-1 | English name | with log probabilities | beside the segments, no punctuation |
| OpenAI gpt-4o-transcribe | none: only plain ``json`` | none | none |
| speaches | code | with log probabilities | in and beside the segments, with probabilities |
| whisper.cpp | English name, and all probabilities | with log probabilities | tokens, in the segments |
| vLLM | the one that was asked for, or found | without ``no_speech_prob`` | none |
| LocalAI | often none | in nanoseconds in some versions | none |

Sources: openai-openapi ``CreateTranscriptionResponseVerboseJson``; ggml-org/whisper.cpp ``examples/server``;
speaches-ai/speaches ``api_types.py``; vllm-project/vllm ``speech_to_text/protocol.py``; mudler/LocalAI
``docs/content/features/audio-to-text.md``.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from calltrace.speech.codes import language_named
from calltrace.speech.engines.errors import UnreadableAnswerError
from calltrace.speech.language import Shares

Object = Mapping[str, Any]
_NANOSECONDS = 1e9
_NEVER_SECONDS = 1000.0
"""No window is this long: a time beyond it is in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text with its time: a word, with or without punctuation, or part of one."""

    text: str
    start: float
    end: float
    probability: float | None


@dataclass(frozen=True, slots=True)
class Part:
    """A segment, or the whole text of an answer without segments. Times in the window, in seconds."""

    text: str
    start: float
    end: float
    log_probability: float | None = None
    no_speech: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was heard in one window.

    Attributes:
        language: that the text is in, as the server says (ISO 639-1); ``None`` if it does not.
        shares: probability per language, as found by the server; empty if it says nothing.
        parts: the text, in order.
        pieces: the text once more, with times; empty if the server gives none.
    """

    language: str | None
    shares: Shares
    parts: tuple[Part, ...]
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(part.text.strip() for part in self.parts).strip()


def read(document: object, seconds: float) -> Answer:
    """An answer to ``verbose_json`` or ``json`` about a window of this length.

    Raises:
        UnreadableAnswerError: there is no text in it, so it is no transcription.
    """
    if not isinstance(document, dict):
        raise UnreadableAnswerError("The transcription server did not answer with a JSON object.")
    answer = cast("Object", document)
    segments = _objects(answer.get("segments"))
    if not isinstance(answer.get("text"), str) and not segments:
        raise UnreadableAnswerError("The transcription server's answer has no text.")
    language = _language(answer.get("language"))
    parts = tuple(_parts(segments, seconds)) or (Part(str(answer["text"]), 0.0, seconds),)
    words = _objects(answer.get("words")) or [w for one in segments for w in _objects(one.get("words"))]
    return Answer(language, _shares(answer, language), parts, _pieces(words, seconds))


def _objects(value: object) -> list[Object]:
    items = cast("Sequence[object]", value) if isinstance(value, list) else ()
    return [cast("Object", one) for one in items if isinstance(one, dict)]


def _language(value: object) -> str | None:
    return language_named(value) if isinstance(value, str) else None


def _shares(answer: Object, language: str | None) -> Shares:
    """All probabilities (whisper.cpp, also where it was told another language), else the one language."""
    named = answer.get("language_probabilities")
    shares: Object = cast("Object", named) if isinstance(named, dict) else {}
    known = {code: share for name, value in shares.items()
             if (code := language_named(name)) and (share := _number(value)) is not None}  # fmt: skip
    return known or ({language: 1.0} if language else {})


def _parts(segments: Sequence[Object], seconds: float) -> Iterator[Part]:
    """Segments with times that make sense: in order and inside the window, else over all of it."""
    earliest = 0.0
    for one in segments:
        start, end = _time(one.get("start"), seconds), _time(one.get("end"), seconds)
        if start is None or end is None or end < start:
            start, end = earliest, seconds
        start = max(start, earliest)
        earliest = end = max(end, start)
        yield Part(
            str(one.get("text") or ""), start, end, _number(one.get("avg_logprob")),
            _number(one.get("no_speech_prob")),
        )  # fmt: skip


def _pieces(words: Sequence[Object], seconds: float) -> tuple[Piece, ...]:
    """All of them or none: words without a time (whisper.cpp with ``no_timestamps``) are of no use."""
    found: list[Piece] = []
    for one in words:
        start, end = _time(one.get("start"), seconds), _time(one.get("end"), seconds)
        if start is None or end is None:
            return ()
        text, probability = str(one.get("word") or ""), _number(one.get("probability"))
        found.append(Piece(text, start, max(start, end), probability))
    return tuple(found)


def _time(value: object, seconds: float) -> float | None:
    number = _number(value)
    if number is None:
        return None
    if number > _NEVER_SECONDS:
        number /= _NANOSECONDS
    return min(max(number, 0.0), seconds)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:  # JSON knows integers of any length
        return None
    return number if math.isfinite(number) else None
