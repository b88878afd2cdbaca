"""Calls of an OpenAI-compatible transcription server: one window of speech each, patiently.

Each call has a time limit for everything, and no more than so many run at once. What may pass (429 and its
``Retry-After``, RFC 9110 section 10.2.3; 5xx; connections that fail or break) is tried again; what will stay
so is an error at once. Redirects are not followed: the key and the audio go where ASR_URL says, and nowhere
else. Neither the key nor what was said is ever logged.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, cast

import httpx2
import structlog

from calltrace.kit import clock
from calltrace.kit.retry_after import asked_for
from calltrace.kit.trust import trusting
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
_OTHER_FORM = {400, 415, 422, 501}
_KEY = {401, 403}
_PASSING = {408, 425, 429}
_LONGEST_WAIT_SECONDS = 30.0
"""A server that wants to be left alone for longer is left to the schedule of the whole recording."""
_CONNECT_SECONDS = 10.0
_MOST_BYTES = 16 * 1024 * 1024
_MOST_SAID = 200

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
"""As OpenSSL says it."""


class Calls:
    """The calls about one recording. ``form`` is what the server turned out to be able to answer."""

    def __init__(self, server: Server, client: httpx2.AsyncClient, form: int) -> None:
        self.form = form
        self._server = server
        self._client = client
        self._free = asyncio.Semaphore(server.concurrency)

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
        async with self._free:
            wav = audio()
            for form in forms:
                try:
                    document = await self._patiently(wav, {**fields, **_FORMS[form]})
                except _OtherFormError:
                    if form == forms[-1]:
                        raise
                else:
                    self.form = max(self.form, form)
                    return document
        raise AssertionError("there is at least one form")

    async def _patiently(self, wav: bytes, fields: Mapping[str, Any]) -> object:
        for wait in (*self._server.waits, None):
            try:
                return await self._once(wav, fields)
            except _LaterError as error:
                pause = None if wait is None else max(wait, error.after)
                log.warning("asr_call_failed", detail=error.detail, again_in=pause)
                if pause is None or pause > _LONGEST_WAIT_SECONDS:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("the last try has no wait")

    async def _once(self, wav: bytes, fields: Mapping[str, Any]) -> object:
        file = {"file": ("audio.wav", wav, "audio/wav")}
        try:
            async with (
                asyncio.timeout(self._server.timeout_seconds),
                self._client.stream("POST", self._server.endpoint, data=fields, files=file) as answer,
            ):
                return self._document(answer, await _body(answer))
        except TimeoutError:
            limit = self._server.timeout_seconds
            raise _LaterError(f"The transcription server did not answer within {limit:g} seconds.") from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            log.warning("asr_not_reached", error=f"{type(error).__name__}: {error}")
            # Without its words, which may hold names of the operator's network: customers read this.
            kind = "its certificate is not trusted" if _UNTRUSTED in str(error) else type(error).__name__
            raise _LaterError(f"The transcription server could not be asked ({kind}).") from error

    def _document(self, answer: httpx2.Response, body: bytes) -> object:
        if answer.status_code != HTTPStatus.OK:
            raise self._refusal(answer, body)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            kind = answer.headers.get("content-type", "").partition(";")[0] or "no content type"
            if kind == "application/json":  # it meant to
                raise _LaterError("The transcription server's answer is broken off.") from error
            raise UnreadableAnswerError(
                f"The transcription server answered with {kind} and not with JSON: check ASR_URL."
            ) from error

    def _refusal(self, answer: httpx2.Response, body: bytes) -> ServerRefusedError | ServerUnavailableError:
        status = answer.status_code
        said = f"The transcription server answered {status}"
        if status in _KEY:  # without its words: some repeat the key in them
            return KeyRefusedError(f"{said}: check ASR_API_KEY.")
        if answer.is_redirect:
            return ServerRefusedError(
                f"{said}, a redirect, which is not followed: set ASR_URL to its target."
            )
        said += self._reason(body)
        if status in _OTHER_FORM:
            return _OtherFormError(said)
        if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _LaterError(said, asked_for(answer.headers.get("retry-after"), clock.now()))
        return ServerRefusedError(said)

    def _reason(self, body: bytes) -> str:
        """The one sentence that servers explain themselves with; lists of details may repeat what we sent."""
        try:
            error: Any = json.loads(body)
        except (ValueError, RecursionError):
            return "."
        for name in ("error", "message", "detail"):
            if isinstance(error, dict):
                error = cast("dict[str, Any]", error).get(name, error)
        if not isinstance(error, str):
            return "."
        key = self._server.api_key
        text = " ".join((error.replace(key, "…") if key else error).split())
        return f": {text[:_MOST_SAID]}"


class _LaterError(ServerUnavailableError):
    """It may pass; ``after`` is how many seconds the server wants to be left alone."""

    def __init__(self, detail: str, after: float = 0.0) -> None:
        super().__init__(detail)
        self.after = after


class _OtherFormError(ServerRefusedError):
    """The request is not understood: perhaps a simpler one is."""


@asynccontextmanager
async def calling(server: Server, form: int = 0) -> AsyncGenerator[Calls]:
    """Connections to a server, closed in the end.

    Raises:
        ConfigurationError: the certificates cannot be read.
    """
    headers = {"Authorization": f"Bearer {server.api_key}"} if server.api_key else {}
    timeout = httpx2.Timeout(None, connect=_CONNECT_SECONDS)
    async with httpx2.AsyncClient(
        headers=headers, timeout=timeout, follow_redirects=False, verify=trusting(server.ca_file)
    ) as client:
        yield Calls(server, client, form)


async def _body(answer: httpx2.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise UnreadableAnswerError("The transcription server's answer is too long for a transcription.")
    return bytes(body)
