"""The sample call that the project ships: what the demo and the documentation promise of it."""

from itertools import pairwise
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from calltrace.data import CHANNELS, Hold, Line, sample_call_path, sample_script

Samples = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def samples() -> Samples:
    """Shape (2, n), full scale is 1.0."""
    container: Any
    with av.open(str(sample_call_path())) as container:
        frames: list[Samples] = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1).astype(np.float64)


def loudness(samples: Samples, seconds: float = 0.5) -> Samples:
    """Level of each channel in steps of ``seconds``, in dBFS."""
    step = round(8000 * seconds)
    count = samples.shape[1] // step
    blocks = samples[:, : count * step].reshape(2, count, step)
    return 10 * np.log10(np.mean(blocks**2, axis=2) + 1e-12)


def likeness(samples: Samples) -> float:
    """Correlation of the channels, -1 to 1."""
    scaled = samples / np.linalg.norm(samples, axis=1, keepdims=True)
    return float(scaled[0] @ scaled[1])


def test_it_is_a_small_telephone_recording_with_two_channels() -> None:
    container: Any
    with av.open(str(sample_call_path())) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.channels) == ("mp3float", 8000, 2)
    assert sample_call_path().stat().st_size < 500_000


def test_it_lasts_about_two_minutes(samples: Samples) -> None:
    assert 110 < samples.shape[1] / 8000 < 140


def test_each_side_is_heard_on_its_own_channel_only(samples: Samples) -> None:
    agent, customer = loudness(samples)
    # Only where one side starts or interrupts do both carry speech; elsewhere the other is line noise.
    assert np.mean((agent > -40) & (customer > -40)) < 0.1
    assert np.mean(agent > -40) > 0.4
    assert np.mean(customer > -40) > 0.2
    assert np.median(customer[agent > -30]) < -55
    assert abs(likeness(samples)) < 0.05


def test_the_levels_leave_room_and_are_not_digital_silence(samples: Samples) -> None:
    assert 0.3 < np.abs(samples).max() < 0.99
    assert loudness(samples).min() > -75


def test_nobody_speaks_during_the_hold(samples: Samples) -> None:
    hold = next(item for item in sample_script().items if isinstance(item, Hold))
    quiet = np.all(loudness(samples, 1.0) < -33, axis=0)
    runs = "".join("q" if still else " " for still in quiet).split()
    assert hold.hold - 2 <= max(map(len, runs)) <= hold.hold + 2


def test_the_script_has_both_sides_a_hold_and_an_interruption() -> None:
    script = sample_script()
    lines = [item for item in script.items if isinstance(item, Line)]
    assert {line.speaker for line in lines} == set(CHANNELS)
    assert sum(isinstance(item, Hold) for item in script.items) == 1
    assert [line.speaker for line in lines if line.gap < -1] == ["customer"]
    assert all(one.speaker != other.speaker for one, other in pairwise(lines) if other.gap < 0)


def test_the_script_names_what_a_listener_finds_and_one_fault() -> None:
    verdicts = sample_script().verdicts
    assert len(verdicts) == 10
    assert [key for key, verdict in verdicts.items() if verdict != "met"] == ["empathy"]


def test_the_words_of_a_side_are_its_own() -> None:
    script = sample_script()
    assert script.words_of("agent").startswith("Thank you for calling Harbor Broadband")
    assert "four, two, four, two" in script.words_of("customer")
    assert "four, two, four, two" not in script.words_of("agent")
