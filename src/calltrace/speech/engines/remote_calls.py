"""Calls of an OpenAI-compatible transcription server: one window of speech each (see ``kit.remote``)."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from calltrace.kit.errors import ProcessingError
from calltrace.kit.remote import Failure, Line, Trouble
from calltrace.kit.remote import calling as line_to
from calltrace.speech.engines.errors import (
    KeyRefusedError,
    ServerRefusedError,
    ServerUnavailableError,
    UnreadableAnswerError,
)
from calltrace.speech.engines.remote_server import Server

_FORMS: tuple[Mapping[str, Any], ...] = (
    {"response_format": "verbose_json", "timestamp_granularities[]": ["word", "segment"]},
    {"response_format": "verbose_json"},
    {"response_format": "json"},
)
"""What is asked for, the best first: not every server, and not every model of OpenAI, knows all."""
_ERRORS: Mapping[Trouble, type[ProcessingError]] = {
    "later": ServerUnavailableError,
    "refused": ServerRefusedError,
    "not_understood": ServerRefusedError,
    "key": KeyRefusedError,
    "unreadable": UnreadableAnswerError,
}


class Calls:
    """The calls about one recording. ``form`` is what the server turned out to be able to answer."""

    def __init__(self, server: Server, line: Line, form: int) -> None:
        self.form = form
        self._server = server
        self._line = line

    @property
    def has_times(self) -> bool:
        """Whether the server says when things were said."""
        return self.form < len(_FORMS) - 1

    async def ask(
        self, audio: Callable[[], bytes], language: str | None, hints: str = "", *, as_before: bool = False
    ) -> object:
        """Have a window transcribed, and answer the JSON document.

        Args:
            audio: makes the WAV file, once it is its turn.
            language: ISO 639-1, or ``None`` for the server to find out.
            hints: words that may be said.
            as_before: ask in the way that worked last, and in no simpler one.

        Raises:
            ServerUnavailableError, ServerRefusedError.
        """
        fields: dict[str, Any] = {"model": self._server.model, "temperature": "0"}
        fields |= {"language": language} if language else {}
        fields |= {"prompt": hints} if hints else {}
        forms = range(self.form, self.form + 1 if as_before else len(_FORMS))
        async with self._line.turn():
            file = {"file": ("audio.wav", audio(), "audio/wav")}
            for form in forms:
                try:
                    document = await self._line.post(data={**fields, **_FORMS[form]}, files=file)
                except Failure as failure:
                    if failure.trouble != "not_understood" or form == forms[-1]:
                        raise _ERRORS[failure.trouble](failure.detail) from failure
                else:
                    self.form = max(self.form, form)
                    return document
        raise AssertionError("there is at least one form")


@asynccontextmanager
async def calling(server: Server, form: int = 0) -> AsyncGenerator[Calls]:
    """Connections to a server, closed in the end.

    Raises:
        ConfigurationError: the certificates cannot be read.
    """
    async with line_to(server.manners) as line:
        yield Calls(server, line, form)
