"""``calltrace analyze --redact``: a real recording, what is printed and what is written."""

import json
import subprocess
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from calltrace.data import sample_call_path
from calltrace.recordings.sniff import sniff

RATE, FIRST, LAST = 8000, 85, 104


@pytest.fixture(scope="module")
def payment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some seconds of the sample call: "you can pay it by card now", and the number."""
    with av.open(str(sample_call_path())) as opened:
        frames = [frame.to_ndarray() for frame in opened.decode(audio=0)]
    samples = np.concatenate(frames, axis=1)[:, FIRST * RATE : LAST * RATE]
    path = tmp_path_factory.mktemp("payment") / "payment.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((2, 2, RATE, samples.shape[1], "NONE", "not compressed"))
        out.writeframes(np.round(samples.T * 32767).astype("<i2").tobytes())
    return path


def analyze(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "calltrace", "analyze", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_a_card_number_is_neither_printed_nor_heard(payment: Path, tmp_path: Path) -> None:
    options = ("--redact", "payment_card, cvv", "--redact-audio", "out.flac", "--json")
    printed = analyze(tmp_path, str(payment), *options)
    assert printed.returncode == 0, printed.stderr
    document = json.loads(printed.stdout)
    text = " ".join(segment["text"] for segment in document["transcript"]["segments"])
    assert "[payment_card]" in text
    assert not any(character.isdigit() for character in text)
    assert document["transcript"]["redacted"] == ["payment_card", "cvv"]
    assert [mark["kind"] for mark in document["call"]["marks"]].count("redacted") == 1
    assert [one["kind"] for one in document["evaluation"]["sensitiveData"]] == ["payment_card"]
    assert sniff((tmp_path / "out.flac").read_bytes()[:4096]) == "flac"
    again = analyze(tmp_path, "out.flac", "--format", "srt")
    spoken = [line for line in again.stdout.splitlines() if "-->" not in line and not line.isdigit()]
    assert "router is free" in " ".join(spoken)
    assert not any(character.isdigit() for character in "".join(spoken))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--redact", "shoes"), "--redact is all, or some of payment_card, cvv"),
        (("--redact", "cvv,cvv"), "each once"),
        (("--redact", ""), "--redact is all"),
        (("--redact-audio", "out.flac"), "--redact-audio needs --redact"),
        (("--redact", "all", "--redact-audio", "there.flac"), "there.flac is there"),
        (("--redact", "all", "--redact-audio", "out.flac", "second.wav"), "several calls"),
        (("--redact", "all", "--redact-audio", "nowhere/out.flac"), "no folder nowhere"),
    ],
)
def test_what_means_nothing_is_wrong_usage(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    (tmp_path / "there.flac").write_bytes(b"kept")
    done = analyze(tmp_path, "first.wav", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert (tmp_path / "there.flac").read_bytes() == b"kept"
