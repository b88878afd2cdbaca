"""Recordings from URLs: a short look before work is accepted, and the download itself."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from calltrace.kit.errors import FileTooLargeError, UnsupportedMediaError
from calltrace.kit.outbound import OutboundClient, OutboundResponse, UrlUnreachableError
from calltrace.kit.progress import Progress
from calltrace.kit.words import Words
from calltrace.recordings.media import judge
from calltrace.recordings.sniff import ENOUGH, describe
from calltrace.recordings.spool import Spool, spool

_PROBE_SECONDS = 5.0
_MEDIA_TYPES = ("audio/", "video/")
_UNTYPED = {"", "application/octet-stream", "binary/octet-stream", "application/ogg", "application/mp4"}
"""Content types that say nothing, and the two audio containers that registered outside audio/."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """FETCH_MAX_BYTES and FETCH_TIMEOUT_SECONDS."""

    max_bytes: int
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Fetched:
    """A recording that was downloaded.

    Attributes:
        size: bytes.
        sha256: hexadecimal.
        content_type: as the source named it, or empty.
        final_url: after redirects.
        media: what it is (``media.judge``).
    """

    size: int
    sha256: str
    content_type: str
    final_url: str
    media: str


async def probe(client: OutboundClient, url: str, limits: FetchLimits) -> None:
    """Refuse what is certain after a short look (design/interfaces.md, section 4); else return quietly.

    A GET that stops after the first bytes: presigned URLs refuse HEAD.

    Raises:
        UrlNotHttpsError, UrlBlockedError: never to be fetched.
        UrlUnreachableError: unknown host, refused connection, bad certificate, 4xx.
        FileTooLargeError: announced larger than the limit.
        UnsupportedMediaError: announced as something that is not audio.
    """
    try:
        async with client.stream_get(url, deadline=_PROBE_SECONDS) as response:
            response.require_success()
            _check_announcement(response, limits)
            await _first_piece(response, limits)
    except UrlUnreachableError as error:
        if error.certain:
            raise


async def download(
    client: OutboundClient, url: str, destination: Path, limits: FetchLimits, progress: Progress
) -> Fetched:
    """Download ``url`` to ``destination``, readable by its owner only.

    ``progress`` hears the done share when the source announced a length.

    Raises:
        UrlNotHttpsError, UrlBlockedError, UrlUnreachableError: see ``retryable`` of the last one.
        FileTooLargeError: more than the limit, announced or sent.
        UnsupportedMediaError: empty, or not audio by its content.
        In all cases nothing is left at ``destination``.
    """
    async with client.stream_get(url, deadline=limits.timeout_seconds) as response:
        response.require_success()
        async with spool(destination) as target, aclosing(response.body(limits.max_bytes)) as body:
            kind = response.headers.get("content-type", "")
            told = Told(kind, (_name(response.final_url), _name(url)))
            media = await copy(body, target, _announced(response), progress, told)
        return Fetched(target.size, target.sha256, kind, response.final_url, media)


def _name(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Told:
    """What came with the bytes: only believed where these have no header (``media.judge``)."""

    content_type: str
    names: Sequence[str]


async def copy(
    body: AsyncIterator[bytes], target: Spool, announced: int, progress: Progress, told: Told
) -> str:
    """Write a recording that arrives in pieces, judged by its first bytes; answers what it is.

    ``announced`` is how many bytes are to come, 0 if that is not known.

    Raises:
        UnsupportedMediaError: empty, or not audio by its content. Errors of ``body`` pass.
    """
    head = await _head(body)
    media = _require_audio(head, told)
    await target.write(head)
    async for piece in body:
        await target.write(piece)
        if announced:
            progress(min(1.0, target.size / announced))
    progress(1.0)
    return media


async def _head(body: AsyncIterator[bytes]) -> bytes:
    """Enough of the beginning to tell what it is: judged before the rest is fetched."""
    head = bytearray()
    async for piece in body:
        head += piece
        if len(head) >= ENOUGH:
            break
    return bytes(head)


def _require_audio(head: bytes, told: Told) -> str:
    if media := judge(head, told.content_type, told.names):
        return media
    raise UnsupportedMediaError(Words("The file is %(describe)s, not a recording", describe=describe(head)))


def _check_announcement(response: OutboundResponse, limits: FetchLimits) -> None:
    if _announced(response) > limits.max_bytes:
        raise FileTooLargeError(
            Words("The file is larger than %(max_bytes)s bytes", max_bytes=limits.max_bytes)
        )
    check_kind(response.headers.get("content-type", ""), "The source")


def check_kind(content_type: str, who: str) -> None:
    """Refuse a content type that names something other than audio or video.

    Raises:
        UnsupportedMediaError: saying that ``who`` announced it.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _UNTYPED and not kind.startswith(_MEDIA_TYPES):
        raise UnsupportedMediaError(Words("%(who)s announces %(kind)s, not audio", who=who, kind=kind))


async def _first_piece(response: OutboundResponse, limits: FetchLimits) -> None:
    async with aclosing(response.body(limits.max_bytes)) as body:
        await anext(body, b"")


def _announced(response: OutboundResponse) -> int:
    return int(response.headers.get("content-length", "0"))
