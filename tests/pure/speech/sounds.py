"""Sounds of a line, made on the spot: at SAMPLE_RATE, full scale is 1."""

import numpy as np
import numpy.typing as npt

from calltrace.recordings.audio import SAMPLE_RATE

Sound = npt.NDArray[np.float64]
SEMITONE = 2 ** (1 / 12)


def times(seconds: float) -> Sound:
    return np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * SAMPLE_RATE))


def noise(seconds: float, level: float, colour: float = 0.0) -> Sound:
    """Noise of a mean amplitude; ``colour`` 0 is white, 1 pink, 2 brown."""
    white = np.random.default_rng(7).normal(size=round(seconds * SAMPLE_RATE))
    spectrum = np.fft.rfft(white) / np.maximum(np.arange(len(white) // 2 + 1), 20) ** (colour / 2)
    shaped = np.fft.irfft(spectrum, len(white))
    return shaped * level / shaped.std()


def tone(seconds: float, *hertz: float, level: float = 0.3) -> Sound:
    """All frequencies at once, without a break."""
    return level * np.sum([np.sin(2 * np.pi * one * times(seconds)) for one in hertz], axis=0) / len(hertz)


def cadence(sound: Sound, *seconds: float) -> Sound:
    """The sound switched on and off in turn for these seconds, over and over."""
    place = times(len(sound) / SAMPLE_RATE) % sum(seconds)
    edges = np.cumsum(seconds)
    return sound * (np.searchsorted(edges, place, side="right") % 2 == 0)


def chords(seconds: float, level: float = 0.4) -> Sound:
    """Major chords that go up by semitones twice a second and die away."""
    time = times(seconds)
    step = SEMITONE ** (np.floor(time * 2) % 12)
    voices = [np.sin(2 * np.pi * one * step * time) for one in (220.0, 277.0, 330.0)]
    return level * np.sum(voices, axis=0) / 3 * np.exp(-(time * 2 % 1) * 3)


def arpeggio(seconds: float, level: float = 0.2, note: float = 0.25) -> Sound:
    """Plucked notes one after the other: five partials each, that die away the sooner the higher they are."""
    time = times(note)
    pitches = (262.0, 330.0, 392.0, 523.0, 440.0, 349.0, 294.0, 392.0)
    notes = [
        sum(np.sin(2 * np.pi * pitch * part * time) * np.exp(-4 * part * time) / part for part in range(1, 6))
        for pitch in pitches
    ]
    tune = np.tile(np.concatenate(notes), 1 + round(seconds / note / len(pitches)))
    return level * tune[: round(seconds * SAMPLE_RATE)] / np.abs(tune).max()


def pad(seconds: float, level: float = 0.2) -> Sound:
    """Soft chords with vibrato, three seconds each, that fade into each other."""
    time = times(seconds)
    swell = np.sin(np.pi * (time % 3) / 3)
    bass = 196.0 * SEMITONE ** np.take([0, 5, 7, 3], (time // 3).astype(int) % 4)
    wobble = 0.3 * np.sin(2 * np.pi * 5 * time)
    voices = [np.sin(2 * np.pi * bass * ratio * time + wobble) for ratio in (1.0, 1.25, 1.5, 2.0)]
    return level * swell * np.sum(voices, axis=0) / 4


def with_drums(tune: Sound) -> Sound:
    """The tune over a beat twice a second."""
    time = times(len(tune) / SAMPLE_RATE)
    return tune + noise(len(tune) / SAMPLE_RATE, 0.08) * np.exp(-(time * 2 % 1) * 20)


MUSIC = {
    "chords": chords(20),
    "arpeggio": arpeggio(20),
    "a soft pad": pad(20),
    "arpeggio with drums": with_drums(arpeggio(20)),
    "quick arpeggio": arpeggio(20, note=0.17),
    "soft arpeggio": arpeggio(20, level=0.02),
}
SIGNALS = {
    "dial tone": tone(20, 350, 440),
    "European dial tone": tone(20, 425),
    "ringing": cadence(tone(20, 440, 480), 2, 4),
    "European ringing": cadence(tone(20, 425), 1, 4),
    "British ringing": cadence(tone(20, 400, 450), 0.4, 0.2, 0.4, 2.0),
    "engaged": cadence(tone(20, 480, 620), 0.5, 0.5),
    "keys": cadence(tone(20, 697, 1209), 0.2, 0.3),
    "beeps": cadence(tone(20, 1000, level=0.5), 0.4, 3.6),
}
NEITHER = {
    "digital silence": silence(20),
    "a quiet line": noise(20, 0.002),
    "white noise": noise(20, 0.1),
    "pink noise": noise(20, 0.1, 1),
    "brown noise": noise(20, 0.1, 2),
    "mains hum": tone(20, 50, 100, 150, level=0.1),
    "buzzing": tone(20, *range(50, 900, 100), level=0.1),
    "clicks": noise(20, 1.0) * (times(20) % 1 < 0.01),
}
