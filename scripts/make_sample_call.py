"""Speaks src/calltrace/data/sample_call.yaml into src/calltrace/data/sample_call.mp3.

The synthesiser is hibari-tts 0.2.1 (Apache-2.0; its wheel contains the voice "heart", so nothing is
downloaded at run time). It does not belong into the product's environment, so give it one of its own::

    python3 -m venv /tmp/sample-call
    /tmp/sample-call/bin/pip install hibari-tts==0.2.1 av pydantic pyyaml
    PYTHONPATH=src /tmp/sample-call/bin/python scripts/make_sample_call.py

The same script, seed and package versions give the same file. How it sounds and why: docs/sample-call.md.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from calltrace.data import CHANNELS, Hold, Line, SampleScript, Speaker, sample_call_path, sample_script

Audio = npt.NDArray[np.float64]
"""Samples of one channel, shape ``(n,)``, full scale is 1.0."""

RATE = 8000
BITS_PER_SECOND = 24_000
SPEECH_DBFS = -21.0
MUSIC_DBFS = -40.0
NOISE_DBFS = -60.0
LOUDEST = 0.7
BREATH_SECONDS = 0.4
TELEPHONE_HERTZ = (250.0, 3400.0)
EDGE_HERTZ = 100.0
TUNE_HERTZ = (262.0, 330.0, 392.0, 523.0, 392.0, 330.0)
NOTE_SECONDS = 0.75


@dataclass(frozen=True, slots=True)
class Voice:
    """How a side sounds: ``pitch`` and ``tract`` (length of the vocal tract, 1 as recorded), ``speed``."""

    pitch: float
    tract: float
    speed: float


VOICES: dict[Speaker, Voice] = {
    "agent": Voice(pitch=1.0, tract=1.0, speed=0.9),
    "customer": Voice(pitch=0.72, tract=1.1, speed=0.9),
}


class Synthesiser:
    """hibari-tts, whose separate pitch curve lets one recorded voice become two."""

    def __init__(self) -> None:
        # By name, because it is no part of the environment that the rest of the project is checked in.
        self._engine: Any = import_module("hibari").Hibari(threads=1)
        self._dsp: Any = import_module("hibari.dsp")

    def speak(self, text: str, voice: Voice, seed: int) -> Audio:
        """One line at RATE, as loud as a telephone line carries it."""
        rng = np.random.default_rng(seed)
        breath = np.zeros(round(BREATH_SECONDS * RATE))
        parts = [self._sentence(phonemes, voice, rng) for phonemes in self._engine.phonemize(text)]
        joined = [part for sentence in parts for part in (breath, trimmed(sentence))]
        return levelled(np.concatenate(joined[1:]), SPEECH_DBFS)

    def _sentence(self, phonemes: str, voice: Voice, rng: np.random.Generator) -> Audio:
        speed = np.asarray([voice.speed * voice.tract], np.float32)
        ids = np.asarray([self._engine.ids(phonemes)], np.int64)
        *parts, pitch = (out[0] for out in self._engine.sess.run(None, {"ids": ids, "speed": speed}))
        spoken = self._dsp.synth(*parts, pitch * voice.pitch * voice.tract, rng).astype(np.float64)
        # A longer tract lowers all resonances: play the samples slower; the pitch is set apart from it.
        return resampled(spoken, self._engine.sample_rate / voice.tract)


def resampled(audio: Audio, rate: float) -> Audio:
    """From ``rate`` to RATE by cutting the spectrum: exact for a sound that starts and ends in silence."""
    count = round(len(audio) * RATE / rate)
    spectrum = np.fft.rfft(audio)[: count // 2 + 1]
    return np.fft.irfft(spectrum, count) * (count / len(audio))


def trimmed(audio: Audio) -> Audio:
    """Without what is 34 dB under the peak at both ends, so that the script's gaps are what one hears."""
    loud = np.flatnonzero(np.abs(audio) > 0.02 * np.abs(audio).max())
    margin = RATE // 20
    return audio[max(loud[0] - margin, 0) : loud[-1] + margin]


def levelled(audio: Audio, dbfs: float) -> Audio:
    """Scaled to a mean level, or as near to it as LOUDEST allows."""
    mean = float(np.sqrt(np.mean(audio**2)))
    gain = min(10 ** (dbfs / 20) / mean, LOUDEST / float(np.abs(audio).max()))
    return audio * gain


def music(seconds: float) -> Audio:
    """A soft tune that fades in and out, so that no onset is taken for speech."""
    time = np.arange(round(NOTE_SECONDS * RATE)) / RATE
    notes = [np.sin(2 * np.pi * tone * time) * np.hanning(len(time)) for tone in TUNE_HERTZ]
    tune = np.tile(np.concatenate(notes), 1 + round(seconds / NOTE_SECONDS / len(notes)))
    tune = tune[: round(seconds * RATE)]
    return levelled(tune * np.hanning(len(tune)), MUSIC_DBFS)


def placed(script: SampleScript, synthesiser: Synthesiser) -> Iterator[tuple[Speaker, float, Audio]]:
    """Every sound of the call: whose channel, start in seconds, samples; in the order of the script."""
    end = script.lead_in
    for number, item in enumerate(script.items):
        start = end + (item.gap if isinstance(item, Line) else 0.0)
        speaker, audio = sound(item, synthesiser, script.seed + number)
        yield speaker, start, audio
        end = max(end, start + len(audio) / RATE)


def sound(item: Line | Hold, synthesiser: Synthesiser, seed: int) -> tuple[Speaker, Audio]:
    """One item of the script as samples, and the side that they come from."""
    if isinstance(item, Line):
        return item.speaker, synthesiser.speak(item.text, VOICES[item.speaker], seed)
    return "agent", music(item.hold) if item.music else np.zeros(round(item.hold * RATE))


def mixed(script: SampleScript, synthesiser: Synthesiser) -> Audio:
    """The whole call, shape ``(2, n)``: each side on its own channel, over its own line noise."""
    sounds = list(placed(script, synthesiser))
    seconds = max(start + len(audio) / RATE for _, start, audio in sounds) + script.lead_out
    call = np.zeros((len(CHANNELS), round(seconds * RATE)))
    for speaker, start, audio in sounds:
        first = round(start * RATE)
        call[CHANNELS.index(speaker), first : first + len(audio)] += audio
    noise = np.random.default_rng(script.seed).standard_normal(call.shape) * 10 ** (NOISE_DBFS / 20)
    return telephone(call) + noise


def telephone(call: Audio) -> Audio:
    """Only the band that a telephone carries, with soft edges."""
    low, high = TELEPHONE_HERTZ
    hertz = np.fft.rfftfreq(call.shape[1], 1 / RATE)
    gain = np.clip((hertz - low) / EDGE_HERTZ + 1, 0, 1) * np.clip((high - hertz) / EDGE_HERTZ + 1, 0, 1)
    return np.fft.irfft(np.fft.rfft(call) * gain, call.shape[1])


def write_mp3(call: Audio, path: Path) -> None:
    """Two channels that share nothing (no joint stereo); more bits where somebody speaks."""
    samples = np.round(np.clip(call, -1, 1) * 32767).astype("<i2")
    output: Any = av.open(str(path), "w", format="mp3")  # PyAV's packets have no complete types
    with output as container:
        stream = container.add_stream("libmp3lame", rate=RATE, options={"joint_stereo": "0", "abr": "1"})
        stream.layout = "stereo"
        stream.bit_rate = BITS_PER_SECOND
        frame = av.AudioFrame.from_ndarray(samples, format="s16p", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    """Make the file and say how long and how large it came out."""
    parser = argparse.ArgumentParser(description="Speak the sample call into an MP3 file.")
    parser.add_argument("--output", type=Path, default=sample_call_path())
    path: Path = parser.parse_args().output
    call = mixed(sample_script(), Synthesiser())
    write_mp3(call, path)
    print(f"{path}: {call.shape[1] / RATE:.1f} s, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
