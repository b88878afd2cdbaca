"""Which voice says each word: voices change between words, mostly at a pause or after a sentence."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from calltrace.speech.engines.protocol import HeardWord
from calltrace.speech.segments import SENTENCE_END
from calltrace.speech.voices.grouping import Groups, Matrix
from calltrace.speech.voices.model import VoiceWindow

_REACH_SECONDS = 0.4
"""Windows speak for a word by how near their middle is: the standard deviation of their weight."""
_NEIGHBOURS = 8
"""Windows on either side that are asked: further ones have no weight left."""
_PAUSE_SECONDS = 0.2
_AT_A_BREAK, _WITHIN = 0.2, 1.5
"""What a change of voice costs, in seconds of a word that sounds wholly like the other voice."""
_SHORTEST_SECONDS = 0.1


def with_voices(
    words: Sequence[HeardWord], windows: Sequence[VoiceWindow], groups: Groups
) -> list[HeardWord]:
    """The words of one channel, in order, each with its voice: numbered from 0 by who speaks first."""
    if not words:
        return []
    voices = _cheapest_path(_evidence(words, windows, groups.scores), _changes(words))
    order = list(dict.fromkeys(voices))
    return [replace(word, voice=order.index(voice)) for word, voice in zip(words, voices, strict=True)]


def _evidence(words: Sequence[HeardWord], windows: Sequence[VoiceWindow], scores: Matrix) -> Matrix:
    """How much each word sounds like each voice, weighed by its length; shape ``(words, voices)``."""
    middles = np.array([(window.start + window.end) / 2 for window in windows])
    evidence = np.empty((len(words), scores.shape[1]), np.float32)
    for index, word in enumerate(words):
        middle = (word.start + word.end) / 2
        at = int(np.searchsorted(middles, middle))
        near = slice(max(0, at - _NEIGHBOURS), at + _NEIGHBOURS)
        away = (middles[near] - middle) / _REACH_SECONDS
        weights = np.exp(-0.5 * (away**2 - np.abs(away).min() ** 2))
        length = max(word.end - word.start, _SHORTEST_SECONDS)
        evidence[index] = length * (weights @ scores[near]) / weights.sum()
    return evidence


def _changes(words: Sequence[HeardWord]) -> list[float]:
    """What it costs to change the voice before each word."""
    costs = [0.0]
    for before, word in pairwise(words):
        is_break = word.start - before.end >= _PAUSE_SECONDS or before.text.endswith(SENTENCE_END)
        costs.append(_AT_A_BREAK if is_break else _WITHIN)
    return costs


def _cheapest_path(evidence: Matrix, changes: Sequence[float]) -> list[int]:
    """Viterbi's algorithm: the voices with the most evidence for the fewest changes."""
    best: npt.NDArray[np.float32] = evidence[0]
    came: list[npt.NDArray[np.int64]] = []
    for now, cost in zip(evidence[1:], changes[1:], strict=True):
        stay, other = best, best.max() - cost
        came.append(np.where(stay >= other, np.arange(len(best)), int(best.argmax())))
        best = np.maximum(stay, other) + now
    path = [int(best.argmax())]
    for step in reversed(came):
        path.append(int(step[path[-1]]))
    return path[::-1]
