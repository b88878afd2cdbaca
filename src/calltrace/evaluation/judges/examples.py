"""Cues that a user describes by examples: nearness to them against nearness to the counter-examples.

Raw E5 similarities all lie between 0.7 and 1.0; around the centre of ordinary call turns they spread
out. The three numbers of the link are fitted by ``scripts/train_acts.py`` on cues made of the labelled
turns of one half of the writers and tried on the others.
"""

import numpy as np

from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.embeddings import Matrix
from calltrace.evaluation.judges.heads import shipped_heads
from calltrace.evaluation.judges.logistic import Vector, sigmoid
from calltrace.scorecards.checks import Cue

_LONG = 90
"""Characters from which a turn is also compared sentence by sentence."""


def example_strength(cue: Cue, hearing: Hearing) -> Vector:
    """Probability per segment that it means what the examples mean; zeros without examples."""
    if not cue.examples or not hearing.size:
        return np.zeros(hearing.size)
    speakers = np.max([hearing.may_be(side) for side in cue.sides], axis=0)
    return np.array([_segment(cue, hearing, i) if speakers[i] else 0.0 for i in range(hearing.size)])


def _segment(cue: Cue, hearing: Hearing, index: int) -> float:
    text = hearing.segments[index].text
    if not text.strip():
        return 0.0
    parts = [text]
    if len(text) > _LONG:
        parts += [text[a:b] for a, b in hearing.sentences(index)]
    return float(part_strength(cue, hearing, parts).max())


def part_strength(cue: Cue, hearing: Hearing, parts: list[str]) -> Vector:
    """Probability for each of ``parts``."""
    near, far = similarities(cue, hearing, parts)
    link = shipped_heads().example_link
    return sigmoid(link[0] * near + link[1] * (near - far) + link[2])


def similarities(cue: Cue, hearing: Hearing, parts: list[str]) -> tuple[Vector, Vector]:
    """Cosine, around the centre, to the nearest example and to the nearest counter-example."""
    centre = hearing.head["agent"].mean[: hearing.vectors.shape[1]] / 4.0
    vectors = centred(hearing.embedder.embed(parts), centre)
    near = (vectors @ centred(hearing.embedder.embed(cue.examples), centre).T).max(axis=1)
    if not cue.counter_examples:
        return near.astype(float), np.zeros(len(parts))
    far = (vectors @ centred(hearing.embedder.embed(cue.counter_examples), centre).T).max(axis=1)
    return near.astype(float), np.maximum(far, 0.0).astype(float)


def centred(vectors: Matrix, centre: Matrix) -> Matrix:
    """Unit vectors around ``centre``."""
    moved = vectors - centre
    return moved / (np.linalg.norm(moved, axis=1, keepdims=True) + 1e-9)
