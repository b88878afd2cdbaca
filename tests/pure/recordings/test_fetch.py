"""Probing and downloading recordings from real servers."""

import asyncio
import hashlib
import io
import stat
import wave
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import pytest

from calltrace.kit.errors import FileTooLargeError, UnsupportedMediaError
from calltrace.kit.outbound import (
    HostRefusedError,
    OutboundClient,
    SourceRejectedError,
    UnknownHostError,
    UrlBlockedError,
    UrlNotHttpsError,
    UrlUnreachableError,
)
from calltrace.kit.progress import silent
from calltrace.recordings.fetch import FetchLimits, download, probe

Script = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Script], Awaitable[int]]
Reach = Callable[[Mapping[str, Sequence[str]]], OutboundClient]

LIMITS = FetchLimits(max_bytes=500_000, timeout_seconds=5)
HASTY = FetchLimits(max_bytes=500_000, timeout_seconds=0.5)
HOME = {"files.test": ["127.0.0.1"]}


def recording(seconds: int = 10) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(250)) * 64 * seconds)
    return buffer.getvalue()


def answering(body: bytes, *headers: str, status: int = 200, length: int | None = None) -> Script:
    size = len(body) if length is None else length
    head = "\r\n".join([f"HTTP/1.1 {status} X", f"Content-Length: {size}", *headers, "", ""])

    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + body)
        await writer.drain()

    return script


async def silence(_head: bytes, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def test_a_recording_arrives_whole_with_its_facts(serve: Serve, reach: Reach, tmp_path: Path) -> None:
    data, heard = recording(), list[float]()
    port = await serve(answering(data, "Content-Type: audio/x-wav"))
    url = f"https://files.test:{port}/call.wav"
    fetched = await download(reach(HOME), url, tmp_path / "call", LIMITS, heard.append)
    assert (tmp_path / "call").read_bytes() == data
    assert stat.S_IMODE((tmp_path / "call").stat().st_mode) == 0o600
    assert (fetched.size, fetched.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (fetched.media, fetched.content_type, fetched.final_url) == ("wav", "audio/x-wav", url)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


async def test_the_content_decides_not_the_content_type(serve: Serve, reach: Reach, tmp_path: Path) -> None:
    port = await serve(answering(recording(), "Content-Type: text/html"))
    fetched = await download(reach(HOME), f"https://files.test:{port}/", tmp_path / "call", LIMITS, silent)
    assert fetched.media == "wav"


@pytest.mark.parametrize(
    ("path", "kind", "media"),
    [
        ("/calls/1?signature=x.wav", "audio/PCMA", "raw:alaw:8000:1:0"),
        ("/calls/b%20c.ulaw?signature=x", "application/octet-stream", "raw:mulaw:8000:1:0"),
        ("/calls/1.raw", "application/octet-stream", None),
    ],
)
async def test_samples_without_a_header_are_told_by_type_or_name(
    serve: Serve, reach: Reach, tmp_path: Path, path: str, kind: str, media: str | None
) -> None:
    samples = bytes(range(128, 256)) * 100
    port = await serve(answering(samples, f"Content-Type: {kind}"))
    arriving = download(reach(HOME), f"https://files.test:{port}{path}", tmp_path / "call", LIMITS, silent)
    if media is None:
        with pytest.raises(UnsupportedMediaError, match="no audio format that is known"):
            await arriving
    else:
        assert (await arriving).media == media


@pytest.mark.accepts("CT-066")
@pytest.mark.parametrize(
    "body", [b"", b"<html>expired</html>", b"#EXTM3U\nhttps://files.test/a.ts", b"x" * 100_000, b"R"]
)
async def test_a_file_that_is_no_audio_is_refused_for_good(
    serve: Serve, reach: Reach, tmp_path: Path, body: bytes
) -> None:
    port = await serve(answering(body, "Content-Type: audio/mpeg"))
    with pytest.raises(UnsupportedMediaError) as caught:
        await download(reach(HOME), f"https://files.test:{port}/", tmp_path / "call", LIMITS, silent)
    assert not caught.value.retryable
    assert not (tmp_path / "call").exists()


async def test_a_first_byte_that_comes_alone_is_not_judged_alone(
    serve: Serve, reach: Reach, tmp_path: Path
) -> None:
    data = recording(1)

    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for start in (0, 1, 3):
            writer.write(data[start : {0: 1, 1: 3, 3: None}[start]])
            await writer.drain()
            await asyncio.sleep(0.02)

    port = await serve(script)
    fetched = await download(reach(HOME), f"https://files.test:{port}/", tmp_path / "call", LIMITS, silent)
    assert fetched.size == len(data)


async def test_a_download_cut_short_may_be_tried_again_and_leaves_nothing(
    serve: Serve, reach: Reach, tmp_path: Path
) -> None:
    port = await serve(answering(recording(), length=len(recording()) + 1))
    with pytest.raises(UrlUnreachableError) as caught:
        await download(reach(HOME), f"https://files.test:{port}/", tmp_path / "call", LIMITS, silent)
    assert caught.value.retryable
    assert not (tmp_path / "call").exists()


@pytest.mark.accepts("CT-067", "CT-068")
async def test_a_download_that_grows_over_the_limit_leaves_nothing(
    serve: Serve, reach: Reach, tmp_path: Path
) -> None:
    async def script(_head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + recording(30))
        await writer.drain()
        await asyncio.sleep(1)

    port = await serve(script)
    limits = FetchLimits(max_bytes=400_000, timeout_seconds=5)
    with pytest.raises(FileTooLargeError):
        await download(reach(HOME), f"https://files.test:{port}/", tmp_path / "call", limits, silent)
    assert not (tmp_path / "call").exists()


@pytest.mark.accepts("CT-065")
async def test_a_slow_download_ends_at_its_deadline(serve: Serve, reach: Reach, tmp_path: Path) -> None:
    port = await serve(silence)
    with pytest.raises(UrlUnreachableError) as caught:
        await download(reach(HOME), f"https://files.test:{port}/", tmp_path / "call", HASTY, silent)
    assert caught.value.retryable


@pytest.mark.parametrize(("status", "retryable"), [(404, False), (403, False), (410, False), (500, True)])
async def test_a_refusal_of_the_source_says_whether_to_try_again(
    serve: Serve, reach: Reach, tmp_path: Path, status: int, *, retryable: bool
) -> None:
    port = await serve(answering(b"", status=status))
    with pytest.raises(UrlUnreachableError) as caught:
        await download(reach(HOME), f"https://files.test:{port}/", tmp_path / "call", LIMITS, silent)
    assert caught.value.retryable is retryable


@pytest.mark.parametrize(
    "kind",
    ["audio/mpeg", "Audio/WAV; rate=8000", "video/mp4", "application/octet-stream", "binary/octet-stream"],
)
async def test_a_good_announcement_passes_the_probe(serve: Serve, reach: Reach, kind: str) -> None:
    requests: list[bytes] = []

    async def script(head: bytes, writer: asyncio.StreamWriter) -> None:
        requests.append(head)
        await answering(recording(), f"Content-Type: {kind}")(head, writer)

    port = await serve(script)
    await probe(reach(HOME), f"https://files.test:{port}/", LIMITS)
    assert requests[0].startswith(b"GET ")


async def test_no_content_type_passes_the_probe(serve: Serve, reach: Reach) -> None:
    await probe(reach(HOME), f"https://files.test:{await serve(answering(recording()))}/", LIMITS)


@pytest.mark.accepts("CT-066", "CT-068", "CT-069", "CT-144")
@pytest.mark.parametrize(
    ("script", "error"),
    [
        (answering(b"", status=404), SourceRejectedError),
        (answering(b"", status=403), SourceRejectedError),
        (answering(b"", "Content-Type: audio/wav", length=10**12), FileTooLargeError),
        (answering(b"<html>", "Content-Type: text/html; charset=utf-8"), UnsupportedMediaError),
        (answering(b"{}", "Content-Type: application/json"), UnsupportedMediaError),
        (answering(b"", "Location: https://10.0.0.1/", status=302), UrlBlockedError),
        (answering(b"", "Location: http://files.test/", status=302), UrlNotHttpsError),
    ],
)
async def test_the_probe_refuses_what_is_certain(
    serve: Serve, reach: Reach, script: Script, error: type[Exception]
) -> None:
    port = await serve(script)
    with pytest.raises(error):
        await probe(reach(HOME), f"https://files.test:{port}/", LIMITS)


@pytest.mark.accepts("CT-069")
async def test_the_probe_refuses_hosts_that_are_not_there(reach: Reach) -> None:
    with pytest.raises(UnknownHostError):
        await probe(reach({}), "https://files.test/", LIMITS)
    with pytest.raises(HostRefusedError):
        await probe(reach(HOME), "https://files.test:1/", LIMITS)


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_the_probe_is_quiet_about_what_may_pass(serve: Serve, reach: Reach, status: int) -> None:
    await probe(reach(HOME), f"https://files.test:{await serve(answering(b'', status=status))}/", LIMITS)


async def test_the_probe_is_quiet_about_a_source_that_is_slow(serve: Serve, reach: Reach) -> None:
    await probe(reach(HOME), f"https://files.test:{await serve(silence)}/", LIMITS)
