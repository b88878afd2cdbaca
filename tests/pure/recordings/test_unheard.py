"""Making parts of a recording unheard: what is covered, what stays as it was, and what is written."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.recordings.decode import decode
from calltrace.recordings.sniff import sniff
from calltrace.recordings.unheard import cover, write

SECONDS = 3


@pytest.fixture
def noise(tmp_path: Path) -> Callable[[int], DecodedAudio]:
    """So many channels of noise, each its own, a few samples longer than whole seconds."""

    def make(channels: int) -> DecodedAudio:
        length = SECONDS * SAMPLE_RATE + 7
        rng = np.random.default_rng(channels)
        paths = [tmp_path / f"channel-{number}" for number in range(channels)]
        for path in paths:
            path.write_bytes(rng.integers(-9000, 9000, length).astype("<i2").tobytes())
        return DecodedAudio(tuple(paths), channels, 8000, length / SAMPLE_RATE, "pcm_mulaw")

    return make


def samples_of(audio: DecodedAudio) -> npt.NDArray[np.int16]:
    return np.stack([np.frombuffer(path.read_bytes(), "<i2") for path in audio.channel_paths])


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7, 8, 12])
def test_what_is_written_has_every_sample_in_its_channel(
    noise: Callable[[int], DecodedAudio], tmp_path: Path, channels: int
) -> None:
    audio = noise(channels)
    write(audio, tmp_path / "written")
    assert sniff((tmp_path / "written").read_bytes()[:4096]) == ("flac" if channels <= 8 else "wav")
    (tmp_path / "again").mkdir()
    again = decode(tmp_path / "written", tmp_path / "again")
    assert np.array_equal(samples_of(again), samples_of(audio))


def test_spans_are_covered_on_all_channels_and_nothing_else_changes(
    noise: Callable[[int], DecodedAudio],
) -> None:
    audio = noise(2)
    before = samples_of(audio)
    covered = cover(audio, [(0.5, 1.0), (2.9, 99.0)])
    after = samples_of(covered)
    inside = np.zeros(before.shape[1], bool)
    inside[SAMPLE_RATE // 2 : SAMPLE_RATE] = inside[int(2.9 * SAMPLE_RATE) :] = True
    assert np.array_equal(after[:, ~inside], before[:, ~inside])
    assert np.array_equal(after[0, inside], after[1, inside]), "nothing of either voice is left"
    assert 300 < np.abs(after[:, inside]).max() < 700
    assert covered.codec == "flac"
    again = samples_of(cover(covered, [(0.5, 1.0), (2.9, 99.0)]))
    assert np.array_equal(again, after)


def test_a_long_span_is_one_tone(tmp_path: Path) -> None:
    length = 25 * SAMPLE_RATE
    (tmp_path / "long").write_bytes(bytes(2 * length))
    audio = cover(DecodedAudio((tmp_path / "long",), 1, 8000, 25.0, "gsm"), [(0.0, 25.0)])
    steps = np.abs(np.diff(samples_of(audio)[0].astype(int)))
    assert steps.max() < 110, "400 Hz at this level never jumps further"


def test_a_recording_without_samples_is_written_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "none").write_bytes(b"")
    audio = cover(DecodedAudio((tmp_path / "none",), 1, 8000, 0.0, "gsm"), [])
    write(audio, tmp_path / "written")
    assert sniff((tmp_path / "written").read_bytes()[:4096]) == "flac"
