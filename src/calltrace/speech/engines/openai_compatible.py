"""A transcription server that speaks OpenAI's ``POST /v1/audio/transcriptions``, in place of a local model.

Windows are packed as for the local engine and sent one by one as WAV files of 16 kHz, several at once.

The language is told from a few windows that are sent without one. A server that does not say which language
it found, or that refuses to look, is told the hint; what it heard in another language than the call's is
heard again. Text that loops is heard again in two halves, for the loop of a window seldom starts in both.
"""

import asyncio
import io
import wave
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import structlog

from calltrace.kit.errors import ProcessingError
from calltrace.kit.progress import Progress, within
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio, Samples
from calltrace.speech.engines.errors import ServerRefusedError
from calltrace.speech.engines.guards import is_looping
from calltrace.speech.engines.hints import Doubt, doubts, prompt, settled
from calltrace.speech.engines.protocol import HeardWord, Recognition
from calltrace.speech.engines.remote_answers import Answer, read
from calltrace.speech.engines.remote_calls import Calls, calling
from calltrace.speech.engines.remote_server import Server
from calltrace.speech.engines.remote_words import words
from calltrace.speech.language import Languages, choose, pool
from calltrace.speech.pace import SECONDS_EACH, Pace
from calltrace.speech.windows import Stretch, Window, halves, pack, spread

_WINDOW_SECONDS = 29.0  # as for the local engine: below the 30 that Whisper hears at once
_SHORTEST_HALF = 1.0
_SAMPLE, _SAMPLE_WITH_HINT = 4, 2
_MOST_HINT_CHARACTERS = 400  # about 100 tokens of the 224 that Whisper reads
_HINTS_SHARE = 0.1
_SIGN_OF_LIFE_SECONDS = 10.0
_TINY_SECONDS = 1.0

T = TypeVar("T")
U = TypeVar("U")
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class OpenAICompatibleEngine:
    """A server; nothing is loaded, and nothing is asked before there is speech."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._form = 0

    @property
    def name(self) -> str:
        """The model's name on the server. Where it runs is nobody's business who reads a result."""
        return f"{self._server.model} (remote)"

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
        """See Engine.transcribe."""
        asked = _Asked(language or (among[0] if len(among) == 1 else None), tuple(among), tuple(hints))
        return asyncio.run(self._transcribe(audio, speech, progress, asked))

    def check(self) -> str:
        """Ask for a transcript of next to nothing, and say in words how that went.

        Raises:
            ProcessingError: it went wrong.
        """
        return asyncio.run(self._check())

    async def _check(self) -> str:
        rushing = np.random.default_rng(1).normal(scale=1e-3, size=round(_TINY_SECONDS * SAMPLE_RATE))
        async with calling(self._server, self._form) as calls:
            read(await calls.ask(lambda: _wav(rushing.astype(np.float32)), None), _TINY_SECONDS)
            times = "" if calls.has_times else ", without times: words are spread over the speech"
        return f"{self._server.model} answers at {self._server.endpoint}{times}"

    async def _transcribe(
        self,
        audio: DecodedAudio,
        speech: Sequence[Stretch],
        progress: Progress,
        asked: "_Asked",
    ) -> Recognition:
        windows = spread(pack(speech, _WINDOW_SECONDS), asked.sample)
        part = within(progress, 0.0, 1 - _HINTS_SHARE if asked.hints else 1.0)
        pace = Pace(part, sum(window.seconds for window in windows), SECONDS_EACH)
        async with calling(self._server, self._form) as calls:
            hearing = _Hearing(audio, calls, pace)
            try:
                with pace:
                    heard = await hearing.everything(windows, asked)
            except ProcessingError as error:
                log.warning("asr_failed", code=error.code, detail=error.detail)
                raise
            self._form = calls.form
        progress(1.0)
        return heard


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is known beforehand: the language or those that are expected, and words that may be said."""

    hint: str | None
    among: tuple[str, ...]
    hints: tuple[str, ...]

    @property
    def sample(self) -> int:
        """How many windows the language is told from."""
        return _SAMPLE_WITH_HINT if self.hint else _SAMPLE


@dataclass(frozen=True, slots=True)
class _Hearing:
    """One recording, heard by the server that is on the line."""

    audio: DecodedAudio
    calls: Calls
    pace: Pace
    opened: dict[Window, Answer] = field(default_factory=dict[Window, Answer])

    async def everything(self, windows: Sequence[Window], asked: _Asked) -> Recognition:
        found = await self._language(windows[: asked.sample], asked)
        language = None if found.chosen == "und" else found.chosen
        parts = await self._each(windows, lambda window: self._words(window, language))
        heard = [word for part in parts for word in part]
        doubtful = doubts(windows, heard, asked.hints)
        again = await self._each(doubtful, lambda one: self._again(one, language))
        return Recognition(found.chosen, found.confidence, settled(heard, doubtful, again))

    async def _language(self, sample: Sequence[Window], asked: _Asked) -> Languages:
        """The language of the call; answers in it are kept, so that those windows need not be sent again."""
        hint = asked.hint
        answers = await self._each(sample, lambda window: self._open(window, hint))
        told = [(answer.shares, window.seconds) for window, answer in zip(sample, answers, strict=True)
                if answer and answer.shares]  # fmt: skip
        found = Languages(hint or "und", 0.0)
        if told:
            found = choose(
                pool([shares for shares, _ in told], [seconds for _, seconds in told]), hint, asked.among
            )
        for window, answer in zip(sample, answers, strict=True):
            if answer and found.chosen in {answer.language, "und"}:
                self.opened[window] = answer
        return found

    async def _open(self, window: Window, hint: str | None) -> Answer | None:
        """What is heard in whatever language it is; ``None`` from a server that must be told one."""
        try:
            with self.pace.step(window.seconds):
                return await self._ask(window, None, as_before=hint is not None)
        except ServerRefusedError:
            if hint is None:
                raise
            return None

    async def _ask(
        self, window: Window, language: str | None, hints: str = "", *, as_before: bool = False
    ) -> Answer:
        document = await self.calls.ask(
            lambda: _wav(window.samples(self.audio)), language, hints, as_before=as_before
        )
        return read(document, window.seconds)

    async def _words(self, window: Window, language: str | None, hints: str = "") -> list[HeardWord]:
        answer = None if hints else self.opened.pop(window, None)
        if answer is None:
            with self.pace.step(0.0 if hints else window.seconds):
                answer = await self._ask(window, language, hints)
        parts = halves(window, _SHORTEST_HALF) if is_looping(answer.text) else None
        again = [(part, await self._ask(part, language, hints)) for part in parts or ()]
        if again and not any(is_looping(half.text) for _, half in again):
            return [word for part, half in again for word in words(half, part)]
        return words(answer, window)

    async def _again(self, doubt: Doubt, language: str | None) -> list[HeardWord]:
        hints = prompt(doubt.terms, lambda text: len(text) <= _MOST_HINT_CHARACTERS)
        return await self._words(doubt.window, language, hints) if hints else []

    async def _each(self, items: Sequence[T], do: Callable[[T], Coroutine[Any, Any, U]]) -> list[U]:
        """Do it for all at once; the first that fails ends the others. Tells that it is alive meanwhile."""
        tasks = [asyncio.create_task(do(item)) for item in items]
        try:
            waiting = set(tasks)
            while waiting:
                finished, waiting = await asyncio.wait(
                    waiting, timeout=_SIGN_OF_LIFE_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                for task in finished:
                    task.result()
                self.pace.again()
            return [task.result() for task in tasks]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _wav(samples: Samples) -> bytes:
    """One channel of 16 bit at SAMPLE_RATE as a WAV file: the one form that every server reads."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()
