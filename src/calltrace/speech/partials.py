"""Partials that hold their pitch, frame by frame: what music and tones have, and speech and noise have not.

In music a partial keeps its frequency for as long as its note lasts; the partials of a voice glide, and those
of noise come and go. Sources: Hawley, "Structure out of Sound" (MIT, 1993), who counted the lengths of
spectral peaks; Seyerlehner, Pohle, Schedl and Widmer, "Automatic Music Detection in Television Productions"
(DAFx 2007), who counted how continuously a frequency is active, after taking off the local mean spectrum.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio, Samples
from calltrace.speech.levels import FLOOR_DB, FRAME_SECONDS, Curve

BAND_HERTZ = (200.0, 3600.0)
"""What a telephone line carries, without the hum of the mains."""

_HOP = round(FRAME_SECONDS * SAMPLE_RATE)
_SIZE = 2048
"""Samples of a spectrum (128 ms): enough to tell apart the two lines of any telephone tone."""
_BIN_HERTZ = SAMPLE_RATE / _SIZE
_FIRST, _LAST = (round(hertz / _BIN_HERTZ) for hertz in BAND_HERTZ)
_HANN = np.hanning(_SIZE).astype(np.float32)
_FULL_SCALE = _SIZE * float(_HANN @ _HANN) / 2
"""Power of a one-sided spectrum whose samples have a mean square of 1."""
_AROUND = 12
"""Bins to each side (94 Hz) whose mean a peak stands out from…"""
_STANDS_OUT = 4.0
"""…by so much power."""
_LASTING = 7
"""Frames (0.22 s) that a peak must stay in, a short note…"""
_MISSED = 1
"""…but for so many of them."""
_SKIRT = 2
"""Bins to each side of a peak that belong to it: the main lobe of the window."""
_LINE = 3
"""The same for one of the strongest lines, with what its beginning and end spill."""
_BLOCK = 1_500

_Power = npt.NDArray[np.float32]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Partials:
    """What is known of each frame of a stretch, all of shape ``(frames,)``.

    Attributes:
        level: dB of full scale within BAND_HERTZ.
        lasting: share of that power in partials that hold their pitch, 0 to 1.
        two_lines: share of it in the two strongest lines.
        first, second: the frequencies of these two, in hertz, the stronger one first.
    """

    level: Curve
    lasting: Curve
    two_lines: Curve
    first: Curve
    second: Curve


def partials(audio: DecodedAudio, channel: int, first: int, last: int) -> Partials:
    """The frames from ``first`` up to ``last`` of one channel; spectra are kept of one block at a time."""
    blocks = list(_blocks(audio, channel, first, last))
    names = [one.name for one in fields(Partials)]
    return Partials(**{name: np.concatenate([getattr(block, name) for block in blocks]) for name in names})


def _blocks(audio: DecodedAudio, channel: int, first: int, last: int) -> Iterator[Partials]:
    """Block by block, each with the frames around it that decide whether a peak lasts."""
    for start in range(first, last, _BLOCK):
        end = min(start + _BLOCK, last)
        lead, tail = min(_LASTING, start - first), min(_LASTING, last - end)
        power = _spectra(_samples(audio, channel, start - lead, end + tail))
        own = slice(lead, lead + end - start)
        yield Partials(_level(power[own]), _lasting(power)[own], *_strongest(power[own]))


def _samples(audio: DecodedAudio, channel: int, first: int, last: int) -> Samples:
    """Samples under the windows of these frames: silence where they reach over an end of the recording."""
    margin = (_SIZE - _HOP) // 2
    start, end = first * _HOP - margin, last * _HOP + margin
    found = audio.read(channel, max(start, 0) / SAMPLE_RATE, end / SAMPLE_RATE)
    before = max(-start, 0)
    return np.pad(found, (before, end - start - before - len(found)))


def _spectra(samples: Samples) -> _Power:
    frames = np.lib.stride_tricks.sliding_window_view(samples, _SIZE)[::_HOP] * _HANN
    band = np.fft.rfft(frames, axis=1)[:, _FIRST:_LAST]
    return (band.real**2 + band.imag**2).astype(np.float32)


def _level(power: _Power) -> Curve:
    mean_square = np.maximum(power.sum(axis=1) / _FULL_SCALE, 10 ** (FLOOR_DB / 10))
    return (10 * np.log10(mean_square)).astype(np.float32)


def _lasting(power: _Power) -> Curve:
    peaks = _peaks(power)
    active = _widened(peaks, 1)
    lasting = active & _in_long_runs(active)
    held = np.where(_widened(lasting, _SKIRT), power, 0).sum(axis=1)
    return _share(held, power)


def _peaks(power: _Power) -> _Mask:
    """Bins that are the highest of their neighbours and stand out from the spectrum around them."""
    width = 2 * _AROUND + 1
    sums = np.cumsum(np.pad(power, ((0, 0), (_AROUND + 1, _AROUND)), mode="edge"), axis=1, dtype=np.float64)
    around = (sums[:, width:] - sums[:, :-width]) / width
    peaks = power > _STANDS_OUT * around
    peaks[:, 1:] &= power[:, 1:] >= power[:, :-1]
    peaks[:, :-1] &= power[:, :-1] >= power[:, 1:]
    return peaks


def _widened(mask: _Mask, bins: int) -> _Mask:
    wide = mask.copy()
    for shift in range(1, bins + 1):
        wide[:, shift:] |= mask[:, :-shift]
        wide[:, :-shift] |= mask[:, shift:]
    return wide


def _in_long_runs(active: _Mask) -> _Mask:
    """Whether a frame of a bin lies in some ``_LASTING`` frames of which hardly one is not active."""
    counts = np.cumsum(np.pad(active, ((1, 0), (0, 0))), axis=0, dtype=np.int32)
    full = counts[_LASTING:] - counts[:-_LASTING] >= _LASTING - _MISSED
    inside = np.zeros_like(active)
    for shift in range(_LASTING if len(full) else 0):
        inside[shift : shift + len(full)] |= full
    return inside


def _strongest(power: _Power) -> tuple[Curve, Curve, Curve]:
    """The share of each frame's power in its two strongest lines, and where these are in hertz."""
    rest = power.copy()
    first, second = _take_out(rest), _take_out(rest)
    return _share(power.sum(axis=1) - rest.sum(axis=1), power), first, second


def _take_out(power: _Power) -> Curve:
    """Where the strongest line of each frame is in hertz; its power is taken out."""
    at = power.argmax(axis=1)
    bins = np.arange(int(power.shape[1]))
    power[np.abs(bins - at[:, None]) <= _LINE] = 0
    return ((at + _FIRST) * _BIN_HERTZ).astype(np.float32)


def _share(part: npt.NDArray[np.floating], power: _Power) -> Curve:
    whole = power.sum(axis=1)
    return np.divide(part, whole, out=np.zeros(len(whole), np.float32), where=whole > 0, casting="unsafe")
