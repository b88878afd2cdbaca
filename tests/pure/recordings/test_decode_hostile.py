"""What strangers send: each ends in a clear error, and none reaches out."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from calltrace.kit.errors import UnsupportedMediaError
from calltrace.recordings.decode import decode

Encode = Callable[..., Path]


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def listener() -> Generator[tuple[int, list[object]]]:
    """A loopback port and everyone who connected to it."""
    visitors: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        stop = threading.Event()

        def wait() -> None:
            while not stop.is_set():
                try:
                    visitors.append(server.accept())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=wait)
        thread.start()
        yield server.getsockname()[1], visitors
        stop.set()
        thread.join()


def _refused(path: Path, workdir: Path) -> str:
    with pytest.raises(UnsupportedMediaError) as caught:
        decode(path, workdir)
    assert caught.value.detail.endswith(".")
    return caught.value.detail


def test_a_playlist_in_disguise_reaches_nobody(
    tmp_path: Path, workdir: Path, listener: tuple[int, list[object]]
) -> None:
    port, visitors = listener
    url = f"http://127.0.0.1:{port}/secret.ts"
    playlists = {
        "hls.mp3": f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{url}\n#EXT-X-ENDLIST\n",
        "concat.mp3": f"ffconcat version 1.0\nfile '{url}'\n",
        "sdp.wav": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        f"m=audio {port} RTP/AVP 0\n",
        "dash.m4a": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet>'
        f"<Representation><BaseURL>{url}</BaseURL></Representation></AdaptationSet></Period></MPD>",
    }
    for name, text in playlists.items():
        path = tmp_path / name
        path.write_text(text)
        _refused(path, workdir)
    assert visitors == []


def test_a_playlist_does_not_read_other_files(encode: Encode, tmp_path: Path, workdir: Path) -> None:
    secret = encode("secret.wav", "pcm_s16le")
    path = tmp_path / "call.mp3"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{secret}\n#EXT-X-ENDLIST\n")
    _refused(path, workdir)


def test_an_empty_file_a_text_and_no_file(tmp_path: Path, workdir: Path) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("Hello, I am a wave file.\n" * 100)
    assert "empty" in _refused(tmp_path / "empty.wav", workdir)
    assert "not audio" in _refused(tmp_path / "text.wav", workdir)
    assert "no such file" in _refused(tmp_path / "missing.wav", workdir)


def test_what_is_no_file_is_called_what_it_is(tmp_path: Path, workdir: Path) -> None:
    assert _refused(tmp_path, workdir) == "This is a folder, not a file."
    os.mkfifo(tmp_path / "pipe.wav")
    assert _refused(tmp_path / "pipe.wav", workdir) == "This is not a regular file."
    assert _refused(Path(os.devnull), workdir) == "This is not a regular file."
    assert _refused(tmp_path / "null\0byte.wav", workdir) == "There is no such file."
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    assert _refused(tmp_path / "loop.wav", workdir) == "There is no such file."


def test_a_file_that_may_not_be_read_says_so(encode: Encode, tmp_path: Path) -> None:
    encode("call.wav", "pcm_s16le").chmod(0)
    (tmp_path / "locked").mkdir(mode=0)
    code = """
import os, sys
from pathlib import Path
from calltrace.kit.errors import UnsupportedMediaError
from calltrace.recordings.decode import decode
os.chdir(sys.argv[1])
if os.getuid() == 0:  # root may read everything: become nobody, who is in the folder already
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for name in ("call.wav", "locked/call.wav"):
    try:
        decode(Path(name), Path("."))
    except UnsupportedMediaError as error:
        print(error.detail)
"""
    tmp_path.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == ["The file must not be read: permission denied."] * 2


def test_random_bytes_are_not_audio(tmp_path: Path, workdir: Path) -> None:
    for seed in range(5):
        path = tmp_path / f"{seed}.mp3"
        path.write_bytes(np.random.default_rng(seed).bytes(50_000))
        _refused(path, workdir)


def test_a_wave_header_without_samples(encode: Encode, workdir: Path) -> None:
    path = encode("a.wav", "pcm_s16le")
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.index(b"data") + 8])
    assert "no audio" in _refused(path, workdir)


def test_a_video_without_sound(tmp_path: Path, workdir: Path) -> None:
    path = tmp_path / "call.mp4"
    opened: Any = av.open(str(path), "w")
    with opened as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(5):
            image = np.zeros((64, 64, 3), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    assert "no audio" in _refused(path, workdir)


def test_a_name_full_of_tricks_means_nothing(encode: Encode, tmp_path: Path, workdir: Path) -> None:
    path = tmp_path / "concat:a|b.m3u8"
    encode("a.wav", "pcm_s16le").rename(path)
    assert decode(path, workdir).duration == pytest.approx(2.0, abs=0.01)


def test_flipped_bits_never_crash_the_caller(encode: Encode, tmp_path: Path, workdir: Path) -> None:
    original = encode("a.mp3", "libmp3lame", rate=44100).read_bytes()
    for seed in range(6):
        chance = np.random.default_rng(seed)
        raw = np.frombuffer(original, np.uint8).copy()
        raw[chance.integers(0, len(raw), 200)] = chance.integers(0, 256, 200)
        path = tmp_path / "broken.mp3"
        path.write_bytes(raw.tobytes())
        with contextlib.suppress(UnsupportedMediaError):
            assert decode(path, workdir).duration > 0
