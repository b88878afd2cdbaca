from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.recordings.sniff import ENOUGH, describe, sniff


def encoded(path: Path, container: str, codec: str, rate: int, layout: str = "mono") -> bytes:
    """Two seconds of noise in a real file."""
    open_file: Any = av.open  # its types do not tell audio streams from others
    with open_file(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        noise = np.random.default_rng(7).integers(-9000, 9000, (1, 2 * rate), dtype=np.int16)
        frame = av.AudioFrame.from_ndarray(noise, format="s16", layout="mono")
        frame.sample_rate = rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    return path.read_bytes()[:ENOUGH]


@pytest.mark.parametrize(
    ("container", "codec", "rate", "family"),
    [
        ("wav", "pcm_s16le", 8000, "wav"),
        ("wav", "pcm_mulaw", 8000, "wav"),
        ("w64", "pcm_s16le", 8000, "w64"),
        ("aiff", "pcm_s16be", 8000, "aiff"),
        ("au", "pcm_mulaw", 8000, "au"),
        ("caf", "pcm_s16le", 8000, "caf"),
        ("mp3", "mp3", 44100, "mp3"),
        ("mp3", "mp3", 16000, "mp3"),
        ("mp3", "mp3", 8000, "mp3"),
        ("mp2", "mp2", 48000, "mp3"),
        ("adts", "aac", 16000, "aac"),
        ("ogg", "libopus", 48000, "ogg"),
        ("flac", "flac", 16000, "flac"),
        ("mp4", "aac", 16000, "mp4"),
        ("mov", "pcm_s16le", 16000, "mp4"),
        ("3gp", "aac", 8000, "mp4"),
        ("webm", "libopus", 48000, "matroska"),
        ("matroska", "aac", 16000, "matroska"),
        ("asf", "mp3", 44100, "asf"),
        ("avi", "pcm_s16le", 16000, "avi"),
        ("mpegts", "mp2", 48000, "mpegts"),
        ("mpeg", "mp2", 48000, "mpeg"),
        ("flv", "aac", 44100, "flv"),
    ],
)
def test_a_real_file_is_known_by_its_content(
    tmp_path: Path, container: str, codec: str, rate: int, family: str
) -> None:
    assert sniff(encoded(tmp_path / "call.bin", container, codec, rate)) == family


def test_mp3_frames_without_a_tag_and_behind_zeros_are_known(tmp_path: Path) -> None:
    tagged = encoded(tmp_path / "call.mp3", "mp3", "mp3", 16000)
    size = int.from_bytes(bytes(tagged[6:10]), "big") + 10  # small enough that its 7-bit bytes read the same
    bare = tagged[size:]
    assert sniff(bare) == "mp3"
    assert sniff(bytes(300) + bare) == "mp3"


@pytest.mark.parametrize(
    ("head", "family"),
    [
        (b"RF64\xff\xff\xff\xffWAVEds64", "wav"),
        (b"BW64\xff\xff\xff\xffWAVEds64", "wav"),
        (b"RIFX\x00\x00\x00\x10WAVEfmt ", "wav"),
        (b"#!AMR\n\x3c", "amr"),
        (b"#!AMR-WB\n\x3c", "amr"),
        (b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00", "mp4"),
        (b"\x00\x00\x00\x1cftyp3gp5\x00\x00\x00\x00", "mp4"),
    ],
)
def test_rarer_signatures_are_known(head: bytes, family: str) -> None:
    assert sniff(head) == family


@pytest.mark.parametrize(
    ("head", "named"),
    [
        (b"", "empty"),
        (b"#EXTM3U\n#EXTINF:10,\nhttps://files.example/1.ts\n", "playlist"),
        (b"[playlist]\nFile1=https://files.example/1.mp3\n", "playlist"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "playlist"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", "playlist"),
        (b"  <!DOCTYPE html><html>", "web page"),
        (b"\xef\xbb\xbf<html>", "web page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"),
        (b'<?xml version="1.0"?><MPD>', "XML"),
        (b'{"error":"not found"}', "JSON"),
        (b"PK\x03\x04rest", "archive"),
        (b"\x1f\x8b\x08rest", "archive"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "no audio format"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "no audio format"),
        (b"\xff\xfeH\x00e\x00l\x00l\x00o\x00", "no audio format"),
        (b"\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00" * 400, "no audio format"),
        (b"\xff" * ENOUGH, "no audio format"),
        (bytes(ENOUGH), "no audio format"),
        (b"GGGGGGGG" * 500, "no audio format"),
        (b"\x7fELF\x02\x01\x01", "program"),
        (b"just text", "a text"),
    ],
)
def test_what_is_no_audio_is_not_taken_for_it_and_named(head: bytes, named: str) -> None:
    assert named in describe(head)
    if not head.startswith(b"GGGG"):
        assert sniff(head) is None


@given(st.text(max_size=600))
def test_text_is_never_audio_without_a_signature(text: str) -> None:
    if not text.startswith(
        ("ID3", "OggS", "fLaC", "#!AMR", ".snd", "FLV", "wvpk", "MAC ", "TTA1", "MP", ".RMF")
    ):
        assert sniff(("x" + text).encode()) is None


@given(st.binary(max_size=64))
def test_no_beginning_makes_it_stumble(head: bytes) -> None:
    assert sniff(head) is None or describe(head)
