"""Fitting: dialogue acts from labelled turns, then verdict heads on what the acts say about unseen writers.

Everything is convex and starts at zero, so the same data give the same numbers. A verdict head must
learn from acts as wrong as they will be in use: for each writer's calls they come from a head that
never saw that writer.
"""

from collections.abc import Sequence

import numpy as np

from calltrace.evaluation.hearing import Embedded, embedded
from calltrace.evaluation.judges.acts import ActsHead, SideHead
from calltrace.evaluation.judges.trained import Trained
from calltrace.evaluation.labelled import LabelledCall
from calltrace.evaluation.training_examples import fit_example_link
from calltrace.evaluation.training_heads import fit_heads
from calltrace.meaning.embeddings import Embedder, Matrix
from calltrace.meaning.logistic import sigmoid
from calltrace.scorecards.acts import ACTS_BY_SIDE, Side
from calltrace.scorecards.document import Scorecard

_PENALTY = 2e-4
_ROUNDS = 25
_STEADY = 1e-7


class Trainer:
    """Trains on any set of writers; the acts of one set of writers are fitted once.

    Calls without verdicts are exemplars: turns that show an act, for acts of which real calls have few.
    They teach the recogniser whoever is left out, and never a verdict.
    """

    def __init__(self, calls: Sequence[LabelledCall], embedder: Embedder, scorecard: Scorecard) -> None:
        self._calls = [call for call in calls if call.acts is not None]
        self._scorecard = scorecard
        self._embedded = {call.id: embedded(call.transcript, call.duration, embedder) for call in self._calls}
        self._fitted: dict[frozenset[str], ActsHead] = {}

    @property
    def writers(self) -> tuple[str, ...]:
        """Writers of whole calls, labelled with acts and verdicts: those that can be left out."""
        return tuple(sorted({call.writer for call in self._calls if call.labels}))

    def without(self, left_out: str | None = None) -> Trained:
        """Acts and heads from all writers but ``left_out``."""
        writers = frozenset(self.writers) - {left_out or ""}
        heard = [
            (call, self._embedded[call.id].heard(self._acts(writers - {call.writer})))
            for call in self._calls
            if call.writer in writers
        ]
        acts = self._acts(writers)
        link = fit_example_link([(call, self._embedded[call.id]) for call, _ in heard], acts)
        return Trained(acts, fit_heads(heard, self._scorecard, link))

    def _acts(self, writers: frozenset[str]) -> ActsHead:
        if writers not in self._fitted:
            chosen = [call for call in self._calls if call.writer in writers or not call.labels]
            self._fitted[writers] = fit_acts([(call, self._embedded[call.id]) for call in chosen])
        return self._fitted[writers]


def fit_acts(calls: Sequence[tuple[LabelledCall, Embedded]]) -> ActsHead:
    """One multi-label logistic regression per side."""
    return {"agent": _fit_side(calls, "agent"), "customer": _fit_side(calls, "customer")}


def _fit_side(calls: Sequence[tuple[LabelledCall, Embedded]], side: Side) -> SideHead:
    names = ACTS_BY_SIDE[side]
    # Exemplars are agents' turns; what stands between them is filler and teaches nothing about customers.
    parts = [_turns(call, there, side) for call, there in calls if call.labels or side == "agent"]
    rows = np.vstack([rows for rows, _ in parts])
    labels = np.array([[name in acts for name in names] for _, turns in parts for acts in turns], np.float32)
    mean = rows.mean(axis=0)
    weights = _descend(np.hstack([rows - mean, np.ones((len(rows), 1), np.float32)]), labels)
    return SideHead(names, mean, weights[:-1], weights[-1])


def _turns(call: LabelledCall, there: Embedded, side: Side) -> tuple[Matrix, list[frozenset[str]]]:
    mine = [i for i, segment in enumerate(there.segments) if segment.speaker == side]
    return there.rows[mine], [(call.acts or [])[i] for i in mine]


def _descend(x: Matrix, y: Matrix) -> Matrix:
    """Nesterov's accelerated descent, each step scaled by a curvature that the loss never exceeds.

    A logistic loss bends at most as a quarter of ``x.T @ x`` does (Boehning and Lindsay, 1988): a tenth of
    the rounds that plain steps need. The last row, the bias, is not penalised.
    """
    rate = np.mean(y, axis=0)
    weights = np.zeros((x.shape[1], y.shape[1]), np.float32)
    weights[-1] = np.log((rate + 1e-3) / (1 - rate + 1e-3))
    penalty = np.full((x.shape[1], 1), _PENALTY, np.float32)
    penalty[-1] = 0.0
    bend = (x.T @ x) * (0.25 / len(x)) + np.diag(penalty[:, 0] + _STEADY)
    scale = np.linalg.inv(bend.astype(np.float64)).astype(np.float32)
    ahead, momentum = weights.copy(), 1.0
    for _ in range(_ROUNDS):
        slope = x.T @ (sigmoid(x @ ahead).astype(np.float32) - y) / len(x) + penalty * ahead
        new, faster = ahead - scale @ slope, (1 + np.sqrt(1 + 4 * momentum * momentum)) / 2
        ahead, weights, momentum = new + (momentum - 1) / faster * (new - weights), new, faster
    return weights.astype(np.float32)
