"""A transcription server for tests: the real model behind OpenAI's wire format, as real servers speak it.

It is forced into the language it is told, as Whisper servers are, and knows how to fail.
"""

import json
import ssl
import threading
import time
import wave
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.speech.engines.faster_whisper import FasterWhisperEngine
from calltrace.speech.engines.protocol import HeardWord
from calltrace.speech.windows import Stretch, Window
from quiet_server import QuietHandler, listening

Dialect = Literal["openai", "speaches", "whisper.cpp", "vllm", "localai", "json"]
DIALECTS: tuple[Dialect, ...] = ("openai", "speaches", "whisper.cpp", "vllm", "localai", "json")
TELLS_LANGUAGE: tuple[Dialect, ...] = ("openai", "speaches", "whisper.cpp", "vllm")
NAMES = {"en": "english", "de": "german"}
SURE = -0.1
Fields = Mapping[str, Sequence[bytes]]
Json = dict[str, Any]
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What is answered in place of a transcript: a status with a body, after a while, whole or broken off."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    seconds: float = 0.0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: the form's fields, and what the key was said to be."""

    fields: Fields
    authorization: str | None

    def text(self, name: str) -> str | None:
        values = self.fields.get(name)
        return values[0].decode() if values else None


@dataclass(slots=True)
class AsrServer:
    """``faults`` are answered first, one for each request; ``always`` for every one."""

    engine: FasterWhisperEngine
    folder: Path
    url: str = ""
    dialect: Dialect = "openai"
    faults: list[Fault] = field(default_factory=list[Fault])
    always: Fault | None = None
    requests: list[Request] = field(default_factory=list[Request])
    most_at_once: int = 0
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _model: threading.Lock = field(default_factory=threading.Lock)
    _heard: dict[tuple[str, str | None, str], tuple[str, list[HeardWord]]] = field(
        default_factory=dict[tuple[str, str | None, str], tuple[str, list[HeardWord]]]
    )

    def reset(self, dialect: Dialect = "openai") -> "AsrServer":
        """As new, in a dialect; what the model has heard it need not hear again.

        Requests that a client gave up are still being answered: they must not count for what comes now.
        """
        until = time.monotonic() + _PATIENCE_SECONDS
        while self._at_once and time.monotonic() < until:
            time.sleep(0.01)
        self.dialect, self.faults, self.always = dialect, [], None
        self.requests, self.most_at_once = [], 0
        return self

    def answer(self, request: Request) -> Fault:
        """The answer to one request."""
        with self._lock:
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            fault = self.faults.pop(0) if self.faults else self.always
        try:
            if fault:
                time.sleep(fault.seconds)
                return fault
            return self._transcript(request)
        finally:
            with self._lock:
                self._at_once -= 1

    def _transcript(self, request: Request) -> Fault:
        verbose = request.text("response_format") == "verbose_json"
        if self.dialect == "json" and verbose:
            said = {"error": {"message": "response_format 'verbose_json' is not compatible with model 'x'."}}
            return Fault(400, json.dumps(said).encode())
        wav, told = request.fields["file"][0], request.text("language")
        language, words = self._hear(wav, told, request.text("prompt") or "")
        seconds = len(wav) / 2 / SAMPLE_RATE
        document = self._document(language, words, seconds) if verbose else {"text": _text(words)}
        return Fault(200, json.dumps(document).encode())

    def _hear(self, wav: bytes, language: str | None, prompt: str) -> tuple[str, list[HeardWord]]:
        key = (sha256(wav).hexdigest(), language, prompt)
        with self._model:
            if key not in self._heard:
                self._heard[key] = self._run(wav, language, prompt)
            return self._heard[key]

    def _run(self, wav: bytes, language: str | None, prompt: str) -> tuple[str, list[HeardWord]]:
        path = self.folder / "window.s16"
        with wave.open(BytesIO(wav)) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, SAMPLE_RATE)
            path.write_bytes(file.readframes(file.getnframes()))
            seconds = file.getnframes() / SAMPLE_RATE
        audio = DecodedAudio((path,), 1, SAMPLE_RATE, seconds, "pcm_s16le")
        return self.engine.hear(Window((Stretch(0, 0.0, seconds),)), audio, language, prompt)

    def _document(self, language: str, words: Sequence[HeardWord], seconds: float) -> Json:
        # A segment ends with a sentence, as Whisper's do.
        ends = [n + 1 for n, word in enumerate(words) if word.text[-1] in ".?!" or n == len(words) - 1]
        runs = [words[first:last] for first, last in zip([0, *ends], ends, strict=False)]
        parts = [SEGMENTS[self.dialect](run) for run in runs]
        document: Json = {"task": "transcribe", "duration": seconds, "text": _text(words), "segments": parts}
        if self.dialect in {"openai", "whisper.cpp"}:
            document["language"] = NAMES[language]
        if self.dialect in {"speaches", "vllm"}:
            document["language"] = language
        if self.dialect == "openai":
            document["words"] = [_times(one) | {"word": one.text.strip(".,?!")} for one in words]
        if self.dialect == "speaches":
            document["words"] = [one for part in parts for one in part["words"]]
        if self.dialect == "whisper.cpp":
            document["language_probabilities"] = {language: 0.97, "nn": 0.02}
        return document


def _text(words: Sequence[HeardWord]) -> str:
    return "".join(one.text if one.glued else f" {one.text}" for one in words)


def _times(word: HeardWord) -> Json:
    return {"start": word.start, "end": word.end}


def _segment(run: Sequence[HeardWord]) -> Json:
    return {"start": run[0].start, "end": run[-1].end, "text": _text(run), "avg_logprob": SURE}


def _spoken(one: HeardWord) -> Json:
    return _times(one) | {"word": one.text if one.glued else f" {one.text}", "probability": one.confidence}


def _tokens(one: HeardWord) -> list[Json]:
    """A word in two pieces, as tokens are."""
    whole = _spoken(one)
    text, middle = whole["word"], (one.start + one.end) / 2
    cut = (len(text) + 1) // 2
    pieces = [whole | {"word": text[:cut], "end": middle}, whole | {"word": text[cut:], "start": middle}]
    return [piece for piece in pieces if piece["word"]]


def _in_nanoseconds(run: Sequence[HeardWord]) -> Json:
    return {"start": int(run[0].start * 1e9), "end": int(run[-1].end * 1e9), "text": _text(run)}


SEGMENTS: dict[Dialect, Callable[[Sequence[HeardWord]], Json]] = {
    "openai": lambda run: _segment(run) | {"no_speech_prob": 0.01},
    "speaches": lambda run: _segment(run) | {"no_speech_prob": 0.01, "words": [_spoken(one) for one in run]},
    "whisper.cpp": lambda run: (
        _segment(run) | {"no_speech_prob": 0.01, "words": [token for one in run for token in _tokens(one)]}
    ),
    "vllm": lambda run: _segment(run) | {"no_speech_prob": None},
    "localai": _in_nanoseconds,
    "json": _segment,
}


@contextmanager
def serving(server: AsrServer, tls: ssl.SSLContext | None = None) -> Generator[AsrServer]:
    """The server on a port of loopback, over TLS if there is a context for it."""

    class Handler(QuietHandler):
        def do_POST(self) -> None:  # noqa: N802 - the base class's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fields = _form(body, self.headers["Content-Type"].partition("boundary=")[2].encode())
            fault = server.answer(Request(fields, self.headers.get("Authorization")))
            self.send_response(fault.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(fault.body))}
            for name, value in (headers | dict(fault.headers)).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(fault.body[: len(fault.body) // 2] if fault.cut else fault.body)

    with listening(Handler, tls) as url:
        server.url = f"{url}/v1"
        yield server


def _form(body: bytes, boundary: bytes) -> Fields:
    """A multipart form (RFC 7578), as much of it as clients use."""
    fields: dict[str, list[bytes]] = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        fields.setdefault(name, []).append(value.removesuffix(b"\r\n"))
    return fields
