"""One request and its answer over one connection that is used for nothing else."""

import contextlib
import ssl
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from types import TracebackType
from typing import Self

import httpcore2
import httpx2

from calltrace.kit.errors import FileTooLargeError
from calltrace.kit.outbound.addresses import IPAddress
from calltrace.kit.outbound.errors import (
    BadCertificateError,
    HostRefusedError,
    UnreadableAnswerError,
    UrlUnreachableError,
)
from calltrace.kit.outbound.urls import ParsedTarget
from calltrace.kit.outbound.wire import Budget, Deadline, PinnedBackend
from calltrace.kit.words import Words

_MOST_HEADER_BYTES = 192 * 1024  # interim answers, the headers and what one read takes of the body
_FRAMING_ALLOWANCE = 64 * 1024
_SWITCHING_PROTOCOLS = 101


class Exchange:
    """An async context manager; leaving it closes the connection."""

    def __init__(
        self,
        target: ParsedTarget,
        addresses: Sequence[IPAddress],
        ssl_context: ssl.SSLContext,
        deadline: Deadline,
    ) -> None:
        self._target = target
        self._budget = Budget(_MOST_HEADER_BYTES, UnreadableAnswerError("The answer's headers are too large"))
        self._connection = httpcore2.AsyncHTTPConnection(
            origin=httpcore2.Origin(b"https", target.host.encode(), target.port),
            ssl_context=ssl_context,
            network_backend=PinnedBackend(addresses, deadline, self._budget),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError, httpcore2.NetworkError):  # it is gone either way
            await self._connection.aclose()

    async def send(self, method: str, headers: Mapping[str, str], content: bytes | None = None) -> None:
        """Send the request and wait for status and headers; they are attributes afterwards.

        Raises:
            UrlUnreachableError: one of its kinds.
        """
        target = self._target
        url = httpcore2.URL(scheme="https", host=target.host, port=target.port, target=target.target)
        request = httpcore2.Request(method, url, headers=list(headers.items()), content=content)
        with _translated():
            self._response = await self._connection.handle_async_request(request)
        self.status = self._response.status
        self.headers = httpx2.Headers(self._response.headers)
        self._check_framing()

    def _check_framing(self) -> None:
        if self.status == _SWITCHING_PROTOCOLS:
            raise UnreadableAnswerError("The source wants to speak another protocol")
        if "transfer-encoding" in self.headers and "content-length" in self.headers:
            raise UnreadableAnswerError("The answer states its length in two ways that exclude each other")

    async def content(self, max_bytes: int) -> AsyncGenerator[bytes]:
        """The body as it comes.

        Raises:
            FileTooLargeError: announced or sent more than ``max_bytes``, framing counted generously.
            UnreadableAnswerError: compressed, which we said we do not take.
            UrlUnreachableError: cut short, or too slow.
        """
        if self.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}:
            raise UnreadableAnswerError("The answer is compressed although that was not asked for")
        too_large = FileTooLargeError(
            Words("The file is larger than %(max_bytes)s bytes", max_bytes=max_bytes)
        )
        if int(self.headers.get("content-length", "0")) > max_bytes:
            raise too_large
        self._budget.allow(max_bytes + max_bytes // 4 + _FRAMING_ALLOWANCE, too_large)
        async for chunk in self.raw():
            max_bytes -= len(chunk)
            if max_bytes < 0:
                raise too_large
            yield chunk

    async def raw(self) -> AsyncGenerator[bytes]:
        """The body without a look at its encoding; the budget still counts."""
        async with contextlib.aclosing(self._response.aiter_stream()) as chunks:
            while True:
                with _translated():
                    chunk = await anext(chunks, None)
                if chunk is None:
                    return
                yield chunk

    def allow(self, limit: int) -> None:
        """Let the rest of the answer be ``limit`` bytes at most, framing allowed for."""
        self._budget.allow(
            limit + _FRAMING_ALLOWANCE,
            UnreadableAnswerError(Words("The answer is larger than %(limit)s bytes", limit=limit)),
        )


@contextlib.contextmanager
def _translated() -> Generator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except httpcore2.TimeoutException as error:
        raise UrlUnreachableError("There was no complete answer in time") from error
    except httpcore2.ConnectError as error:
        raise _connect_error(error) from error
    except httpcore2.ProtocolError as error:
        raise UrlUnreachableError("The answer broke off or is not HTTP") from error
    except (httpcore2.NetworkError, OSError) as error:
        raise UrlUnreachableError("The connection broke") from error


def _connect_error(error: BaseException) -> UrlUnreachableError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return BadCertificateError(
                Words(
                    "The certificate is not accepted: %(verify_message)s", verify_message=cause.verify_message
                )
            )
        if isinstance(cause, ConnectionRefusedError):
            return HostRefusedError("The connection was refused")
        cause = cause.__cause__ or cause.__context__
    return UrlUnreachableError("No connection could be made")
