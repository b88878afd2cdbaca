"""A large file, cut off in the middle and sent on, through a real server that is killed on the way."""

import hashlib
import os
import signal
import socket
import struct
from urllib.parse import urlsplit

import av
import httpx2
import numpy as np
import pytest

from calltrace.data import sample_call_path
from whole.conftest import Stage
from whole.harness import wait_for

MIB = 1 << 20
SECONDS, RATE = 12, 16_000


def _large_recording() -> bytes:
    """Some seconds of the sample call as WAV, behind 42 MiB of a chunk that decoders skip."""
    samples = list[np.ndarray[tuple[int, int], np.dtype[np.int16]]]()
    with av.open(str(sample_call_path())) as source:
        resampler = av.AudioResampler("s16", "stereo", RATE)
        for frame in source.decode(audio=0):
            samples += [part.to_ndarray().astype(np.int16) for part in resampler.resample(frame)]
            if sum(part.shape[1] for part in samples) >= 2 * RATE * SECONDS:
                break
    sound = np.concatenate(samples, axis=1).tobytes()
    chunks = [
        (b"JUNK", hashlib.shake_128(b"junk").digest(42 * MIB)),
        (b"fmt ", struct.pack("<HHIIHH", 1, 2, RATE, 4 * RATE, 4, 16)),
        (b"data", sound),
    ]
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _send_part_of(url: str, method: str, data: bytes, length: int, **headers: str) -> socket.socket:
    """Begin a request of ``length`` bytes and send only ``data`` of it."""
    parts = urlsplit(url)
    head = [
        f"{method} {parts.path}?{parts.query} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Content-Length: {length}",
    ]
    head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    connection = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)
    connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + data)
    return connection


def _offset(url: str) -> int:
    return int(httpx2.head(url, timeout=30).headers["upload-offset"])


@pytest.mark.accepts("CT-027")
def test_a_large_upload_survives_a_lost_connection_and_a_killed_server(stage: Stage) -> None:
    content, platform = _large_recording(), stage.installation
    wanted = {"fileName": "large.wav", "sizeBytes": len(content)}
    opened = httpx2.post(
        f"{platform.url}/api/v1/uploads", json=wanted, headers=stage.client.headers, timeout=30
    ).json()
    url = opened["uploadUrl"]

    with _send_part_of(url, "PUT", content[: 15 * MIB + 123], len(content)):
        pass  # the connection drops
    wait_for(lambda: _offset(url) == 15 * MIB + 123, "all that arrived is kept")

    start = _offset(url)
    part = content[start : 31 * MIB]
    connection = _send_part_of(url, "PATCH", part, len(content) - start, Upload_Offset=str(start))
    wait_for(lambda: _offset(url) >= 25 * MIB, "pieces arrive")
    os.kill(platform.service_pid("api"), signal.SIGKILL)
    connection.close()
    wait_for(platform.healthy, "the API comes back")

    start = _offset(url)
    assert 25 * MIB <= start <= 31 * MIB
    done = httpx2.patch(url, content=content[start:], headers={"Upload-Offset": str(start)}, timeout=120)
    assert (done.status_code, done.headers["upload-complete"]) == (204, "?1"), done.text

    accepted = stage.client.submit(None, uploadId=opened["uploadId"])
    shown = stage.client.finished(accepted["analysisId"])
    assert shown["status"] == "completed", shown["error"]
    assert shown["transcript"]["segments"]
    assert shown["call"]["durationSeconds"] == pytest.approx(SECONDS, abs=1)
    heard = httpx2.get(shown["call"]["recordingUrl"], timeout=60).content
    assert hashlib.sha256(heard).digest() == hashlib.sha256(content).digest()


def test_a_body_that_is_too_large_is_not_read_to_its_end(stage: Stage) -> None:
    """The refusal comes while nothing of a 600 MB body was sent, and the connection is closed."""
    opened = httpx2.post(f"{stage.installation.url}/api/v1/uploads", headers=stage.client.headers).json()
    with _send_part_of(opened["uploadUrl"], "PUT", b"x", 600 * MIB) as connection:
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"file_too_large"' in answer
