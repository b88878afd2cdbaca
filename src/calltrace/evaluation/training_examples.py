"""Fitting the link of example cues: how near is near enough, learned on cues made of labelled turns."""

from collections.abc import Sequence

import numpy as np

from calltrace.evaluation.hearing import Embedded
from calltrace.evaluation.judges.acts import ActsHead, centre
from calltrace.evaluation.judges.examples import nearness
from calltrace.evaluation.labelled import LabelledCall
from calltrace.meaning.embeddings import Matrix
from calltrace.meaning.logistic import Vector, fit
from calltrace.scorecards.acts import Side

_SEED = 20260101
_SIZES = (3, 5, 8, 12)
_PENALTY = 1e-6
_CONFUSABLE = 60
# Acts that a scorecard author might describe by examples; vague ones would teach a vague link.
_ACTS: dict[Side, tuple[str, ...]] = {
    "agent": (
        *("recording_notice", "greeting", "ask_identifier", "empathy", "hold_request", "hold_return"),
        *("offer_more_help", "check_acceptance", "prohibited", "clarifying_question", "farewell", "apology"),
    ),
    "customer": ("voice_trouble", "ask_escalation", "thanks", "give_identifier"),
}


def fit_example_link(
    calls: Sequence[tuple[LabelledCall, Embedded]], head: ActsHead
) -> tuple[float, float, float]:
    """Weights of nearness, of nearness to counter-examples, and the bias."""
    columns: list[Vector] = []
    truths: list[Vector] = []
    for side, acts in _ACTS.items():
        trial = _Trial(calls, side, centre(head))
        for act in acts:
            for x, y in trial.of(act):
                columns.append(x[:, :2])
                truths.append(y)
    model = fit(np.vstack(columns), np.concatenate(truths), _PENALTY)
    weights = model.weights / model.scale
    bias = model.bias - float(weights @ model.mean)
    return round(float(weights[0]), 4), round(float(weights[1]), 4), round(bias, 4)


class _Trial:
    """Cues from some writers' turns, tried on those of a writer who had no part in them."""

    def __init__(self, calls: Sequence[tuple[LabelledCall, Embedded]], side: Side, around: Matrix) -> None:
        turns = [
            (call.writer, vector, acts)
            for call, there in calls
            for segment, vector, acts in zip(there.segments, there.vectors, call.acts or (), strict=False)
            if segment.speaker == side
        ]
        self._writers = np.array([writer for writer, _, _ in turns])
        self._acts = [acts for _, _, acts in turns]
        self._vectors = np.stack([vector for _, vector, _ in turns])
        self._around = around
        self._chance = np.random.default_rng(_SEED)

    def of(self, act: str) -> list[tuple[Vector, Vector]]:
        """Features and truth, for each writer and number of examples, with and without counter-examples."""
        truth = np.array([act in acts for acts in self._acts])
        return [
            (nearness(self._vectors[tried], examples, counters, self._around), truth[tried].astype(float))
            for writer in sorted(set(self._writers))
            for tried in (self._writers == writer,)
            for size in _SIZES
            for examples, against in (self._cue(truth & ~tried, ~truth & ~tried, size),)
            for counters in (against, against[:0])
        ]

    def _cue(self, good: Vector, bad: Vector, size: int) -> tuple[Matrix, Matrix]:
        """Examples at random; counter-examples among the turns that are most easily mistaken for them."""
        pool = np.flatnonzero(good)
        examples = self._vectors[self._chance.choice(pool, min(size, len(pool)), replace=False)]
        others = np.flatnonzero(bad)
        nearest = others[np.argsort(-(self._vectors[others] @ examples.T).max(axis=1), kind="stable")]
        return examples, self._vectors[self._chance.choice(nearest[:_CONFUSABLE], size, replace=False)]
