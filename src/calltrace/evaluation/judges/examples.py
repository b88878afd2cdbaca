"""Cues that a user describes by examples: nearness to what they have in common, less the counter-examples.

Raw E5 similarities all lie between 0.7 and 1.0; around the centre of ordinary call turns they spread
out. The mean of the examples beats the nearest one by far (mean average precision 0.62 against 0.42 with
eight examples of a labelled act, writers left out): what examples do not share is chance.
The link to a probability is fitted by ``scripts/train_acts.py`` on cues made of labelled turns.
"""

import numpy as np

from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.acts import centre
from calltrace.evaluation.judges.heads import shipped_heads
from calltrace.meaning.embeddings import Matrix
from calltrace.meaning.logistic import Vector, sigmoid
from calltrace.scorecards.cues import Cue

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
    vectors = hearing.vectors[index : index + 1]
    if len(text) > _LONG:
        vectors = np.vstack([vectors, hearing.sentence_vectors(index)])
    return float(strength_of(cue, hearing, vectors).max())


def strength_of(cue: Cue, hearing: Hearing, vectors: Matrix) -> Vector:
    """Probability for each of ``vectors``, of turns or of sentences."""
    embed = hearing.embedder.embed
    link = shipped_heads().example_link
    columns = nearness(vectors, embed(cue.examples), embed(cue.counter_examples), centre(hearing.head))
    return sigmoid(columns @ np.array(link))


def nearness(turns: Matrix, examples: Matrix, counters: Matrix, around: Matrix) -> Vector:
    """(turns, 3): cosine to the examples' mean, to the counter-examples' mean (at least 0), and 1."""
    moved = _centred(turns, around)
    near = moved @ _prototype(examples, around)
    far = np.maximum(moved @ _prototype(counters, around), 0.0) if len(counters) else np.zeros(len(turns))
    return np.stack([near, far, np.ones(len(turns))], axis=1).astype(np.float64)


def _prototype(vectors: Matrix, around: Matrix) -> Matrix:
    mean = _centred(vectors, around).mean(axis=0)
    return mean / (np.linalg.norm(mean) + 1e-9)


def _centred(vectors: Matrix, around: Matrix) -> Matrix:
    moved = vectors - around
    return moved / (np.linalg.norm(moved, axis=1, keepdims=True) + 1e-9)
