"""Log mel filter banks as Kaldi computes them, which is what speaker models are trained on."""

from functools import cache

import numpy as np
import numpy.typing as npt

from calltrace.recordings.audio import SAMPLE_RATE, Samples

BANDS = 80
FRAMES_PER_SECOND = 100

Features = npt.NDArray[np.float32]
"""Shape ``(frames, BANDS)``."""

_LENGTH, _SHIFT, _FFT = 400, 160, 512  # 25 ms every 10 ms
_LOWEST_HZ = 20.0
_PREEMPHASIS = 0.97
_POVEY = 0.85
_FLOOR = 1.1920929e-07  # Kaldi's: the smallest step of a float at 1


def filterbank(samples: Samples) -> Features:
    """Features of a stretch of audio, with the mean of each band taken away; too short: no frames.

    Source: Kaldi, ``compute-fbank-feats`` with its defaults, 80 bands, no dither.
    """
    if len(samples) < _LENGTH:
        return np.zeros((0, BANDS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _LENGTH)[::_SHIFT].astype(np.float32)
    frames -= frames.mean(axis=1, keepdims=True)
    frames[:, 1:] -= _PREEMPHASIS * frames[:, :-1]
    frames[:, 0] *= 1 - _PREEMPHASIS
    power = np.abs(np.fft.rfft(frames * _window(), _FFT)) ** 2
    bands = np.log(np.maximum(power @ _bank(), _FLOOR))
    return (bands - bands.mean(axis=0)).astype(np.float32)


@cache
def _window() -> npt.NDArray[np.float32]:
    return (np.hanning(_LENGTH) ** _POVEY).astype(np.float32)


@cache
def _bank() -> npt.NDArray[np.float32]:
    """Triangles that are equally wide in mel, shape ``(frequencies, BANDS)``."""
    points = np.linspace(_mel(_LOWEST_HZ), _mel(SAMPLE_RATE / 2), BANDS + 2)
    left, centre, right = points[:-2], points[1:-1], points[2:]
    at = _mel(np.arange(_FFT // 2 + 1) * SAMPLE_RATE / _FFT)[:, None]
    bank = np.maximum(0, np.minimum((at - left) / (centre - left), (right - at) / (right - centre)))
    return bank.astype(np.float32)


def _mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)
