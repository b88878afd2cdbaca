"""``verification``: asked, answered, and only then the details. Order is what is judged."""

import numpy as np

from calltrace.evaluation.criteria.base import Opinion, best, spots, summary
from calltrace.evaluation.cues import hits
from calltrace.evaluation.hearing import Hearing
from calltrace.meaning.logistic import Vector, logit
from calltrace.scorecards.checks import Verification

_REACH = 3
"""An answer stands within three turns of its question; later it answers something else."""


def examine(check: Verification, hearing: Hearing) -> Opinion:
    """The surest question-answer pair against the surest detail given out before any pair."""
    ask, answer, detail = (hits(cue, hearing) for cue in (check.ask, check.answer, check.detail))
    pairs = _pairs(ask.strength, answer.strength)
    early = detail.strength * _before(pairs)
    met = best(pairs) * (1 - best(early))
    return Opinion(
        met=met,
        features=_features(ask.strength, answer.strength, detail.strength, pairs),
        reasons=(
            "An identifier was asked for and given before any detail.",
            "No identifier was asked for and given before the first detail.",
            "Nothing that needs verification was touched.",
        ),
        proof=(*spots(ask, ask.strength * _answered(pairs), 1), *spots(answer, pairs, 1)),
        breach=spots(detail, early, 1),
    )


def _pairs(ask: Vector, answer: Vector) -> Vector:
    """For each turn: that it answers a question asked within reach."""
    asked = [ask[max(0, i - _REACH) : i].max(initial=0.0) for i in range(len(ask))]
    return np.array(asked) * answer


def _answered(pairs: Vector) -> Vector:
    """1.0 for the turns from which the surest answer is within reach."""
    near = np.zeros(len(pairs))
    if len(pairs):
        top = int(np.argmax(pairs))
        near[max(0, top - _REACH) : top] = 1.0
    return near


def _before(pairs: Vector) -> Vector:
    """For each turn: that no pair was complete before it."""
    peak = np.maximum.accumulate(np.concatenate([[0.0], pairs]))[:-1]
    return 1 - peak


def _features(ask: Vector, answer: Vector, detail: Vector, pairs: Vector) -> dict[str, float]:
    none_yet = np.concatenate([[1.0], np.cumprod(1 - pairs)])[:-1]
    first = _before(pairs)
    return {
        **summary("ask", ask),
        **summary("answer", answer),
        **summary("detail", detail),
        "pair": logit(best(pairs)),
        "any_pair": logit(float(1 - np.prod(1 - pairs))),
        "early": logit(best(detail * none_yet)),
        "early_by_best": logit(best(detail * first)),
        "late": logit(best(detail * (1 - first))),
    }
