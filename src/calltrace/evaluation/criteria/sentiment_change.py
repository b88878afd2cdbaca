"""``sentiment_change``: the customer's mood at the end beside the one at the begin, by what he says.

An estimate: over whole calls, moods by words are right in two of three (docs/evaluation.md). So it is never
surer than that, and a small difference goes to a person.
"""

import numpy as np

from calltrace.evaluation.criteria.base import Opinion, best, spots
from calltrace.evaluation.cues import Hits, hits
from calltrace.evaluation.hearing import Hearing
from calltrace.meaning.logistic import Vector, sigmoid
from calltrace.scorecards.checks import SentimentChange
from calltrace.scorecards.cues import Cue

_LEAST_TURNS = 4
_SUREST = 0.67
"""Share of calls in which the mood by words was right: nothing built on it is surer."""
_STEEPNESS = 6.0
_STEP = {"better": 0.25, "not_worse": -0.25}
"""The least change of mood (each is between -1 and 1) that counts as better, or does not count as worse."""
_BAD = Cue(by="customer", acts=["voice_trouble", "hostile", "ask_escalation", "reject"])
_GOOD = Cue(by="customer", acts=["thanks", "accept"])


def examine(check: SentimentChange, hearing: Hearing) -> Opinion:
    """Moods of the first and the last third of the customer's turns."""
    bad, good = hits(_BAD, hearing), hits(_GOOD, hearing)
    turns = np.flatnonzero(hearing.may_be("customer")) if hearing.size else np.zeros(0, int)
    third = max(len(turns) // 3, 1)
    first, last = _mask(hearing.size, turns[:third]), _mask(hearing.size, turns[-third:])
    change = _mood(bad, good, last) - _mood(bad, good, first)
    chance = float(sigmoid(np.array(_STEEPNESS * (change - _STEP[check.expect]))))
    enough = len(turns) >= _LEAST_TURNS
    return Opinion(
        met=1 - _SUREST + chance * (2 * _SUREST - 1),
        features={},
        reasons=_reasons(change, enough=enough),
        proof=(*spots(bad, bad.strength * first, 1), *spots(good, good.strength * last, 1)),
        breach=spots(bad, bad.strength * last, 1),
        applicable=_applicable(check, best(bad.strength * first)) if enough else 0.0,
        absence=check.expect == "not_worse",
        facts={"change": change},
    )


def _mask(size: int, turns: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Vector:
    mask = np.zeros(size)
    mask[turns] = 1.0
    return mask


def _mood(bad: Hits, good: Hits, part: Vector) -> float:
    """Between -1 and 1: how much good less how much bad the turns of a part express, at their surest."""
    return best(good.strength * part) - best(bad.strength * part)


def _applicable(check: SentimentChange, trouble: float) -> float:
    return trouble if check.expect == "better" else 1.0


def _reasons(change: float, *, enough: bool) -> tuple[str, str, str]:
    moved = f"By his words, the customer's mood changes by {change:+.1f} (from -2, worse, to +2, better)."
    none = (
        "The customer began without trouble." if enough else "The customer says too little to tell a change."
    )
    return moved, moved, none
