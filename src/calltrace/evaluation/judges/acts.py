"""Dialogue acts: what each turn does (greets, asks for an identifier, promises, …), as probabilities.

One multi-label logistic regression per side over the embedding of the turn, those of its neighbours,
its place in the call, the silences around it and classes of words. Trained by ``scripts/train_acts.py``
on the labelled calls whose hash stands in ``data/acts.json``.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from calltrace.evaluation.judges.wording import WORDINGS, wording
from calltrace.meaning.embeddings import DIMENSIONS, Matrix
from calltrace.meaning.logistic import Vector, sigmoid
from calltrace.scorecards.acts import Side
from calltrace.speech.transcript import Segment

# The embedding's share of the penalty is set by its scale: the turn itself counts most.
_OWN, _NEIGHBOUR, _PLACE, _WORDING = 4.0, 1.5, 0.5, 0.5
_PLACES = 18
_LONG_SILENCE = 8.0
_MAX_SILENCE = 30.0
_QUOTES = re.compile('["\u201c\u201e\u00ab]')
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class SideHead:
    """The weights of one side: ``weights`` is (features, acts)."""

    names: tuple[str, ...]
    mean: Matrix
    weights: Matrix
    bias: Matrix

    def probabilities(self, rows: Matrix) -> Vector:
        """(turns, acts) probabilities."""
        return sigmoid((rows - self.mean) @ self.weights + self.bias)


ActsHead = Mapping[Side, SideHead]


@cache
def shipped_head() -> ActsHead:
    """The head that ships with the product."""
    with (files("calltrace.evaluation") / "data" / "acts.npz").open("rb") as file:
        return _read(dict(np.load(file, allow_pickle=False)))


@cache
def training_data() -> str:
    """The first digits of the hash of the labelled calls that the shipped heads learned from."""
    text = (files("calltrace.evaluation") / "data" / "acts.json").read_text("utf-8")
    return str(json.loads(text)["data_sha256"])[:8]


def centre(head: ActsHead) -> Matrix:
    """The mean embedding of an agent's turn, as the head learned it: what similarity is measured around."""
    return head["agent"].mean[:DIMENSIONS] / _OWN


def save_head(head: ActsHead, path: Path) -> None:
    """Write ``head`` as a compressed numpy archive in half precision."""
    arrays: dict[str, Any] = {}
    for side, part in head.items():
        arrays[f"{side}_mean"] = part.mean.astype(np.float16)
        arrays[f"{side}_weights"] = part.weights.astype(np.float16)
        arrays[f"{side}_bias"] = part.bias.astype(np.float16)
        arrays[f"{side}_names"] = np.array(part.names)
    np.savez_compressed(path, **arrays)


def _read(arrays: Mapping[str, Matrix]) -> ActsHead:
    def part(side: Side) -> SideHead:
        mean, weights, bias = (
            arrays[f"{side}_{name}"].astype(np.float32) for name in ("mean", "weights", "bias")
        )
        return SideHead(tuple(str(name) for name in arrays[f"{side}_names"]), mean, weights, bias)

    return {"agent": part("agent"), "customer": part("customer")}


def features(segments: Sequence[Segment], vectors: Matrix, duration: float) -> Matrix:
    """(turns, 3 x 384 + 18 + classes): own, previous and next embedding, place, classes of words."""
    if not segments:
        return np.zeros((0, 3 * DIMENSIONS + _PLACES + WORDINGS), np.float32)
    nothing = np.zeros((1, DIMENSIONS), np.float32)
    before = np.vstack([nothing, vectors[:-1]])
    after = np.vstack([vectors[1:], nothing])
    places = np.array([_place(segments, i, duration) for i in range(len(segments))], np.float32)
    words = np.array([wording(segment.text) for segment in segments], np.float32)
    near = [before * _NEIGHBOUR, after * _NEIGHBOUR]
    return np.hstack([vectors * _OWN, *near, places * _PLACE, words * _WORDING])


def with_text(row: Matrix, text: str, vector: Matrix) -> Matrix:
    """``row`` of ``features`` as if its turn had said only ``text``, for which ``vector`` stands."""
    changed = row.copy()
    changed[:DIMENSIONS] = vector * _OWN
    changed[-WORDINGS:] = np.array(wording(text), np.float32) * _WORDING
    return changed


def _place(segments: Sequence[Segment], i: int, duration: float) -> list[float]:
    segment, n = segments[i], len(segments)
    return [
        float(i == 0),
        float(i == 1),
        float(i == n - 1),
        float(i >= n - 3),
        *_moments(segment, max(duration, segments[-1].end, 1.0)),
        float(i > 0 and segments[i - 1].speaker == segment.speaker),
        float(i + 1 < n and segments[i + 1].speaker == segment.speaker),
        *_silence(segment.start - (segments[i - 1].end if i else 0.0)),
        *_silence((segments[i + 1].start if i + 1 < n else segment.end) - segment.end),
        *_form(segment.text),
    ]


def _moments(segment: Segment, duration: float) -> list[float]:
    return [
        float(np.exp(-segment.start / 15)),
        float(np.exp(-segment.start / 60)),
        segment.start / duration,
        float(np.exp(-max(duration - segment.end, 0.0) / 15)),
    ]


def _silence(seconds: float) -> list[float]:
    return [min(seconds, _MAX_SILENCE) / 10, float(seconds > _LONG_SILENCE)]


def _form(text: str) -> list[float]:
    return [
        float("?" in text),
        float(np.log1p(len(text.split()))) / 3,
        float(bool(_QUOTES.search(text))),
        float(bool(_DIGIT.search(text))),
    ]
