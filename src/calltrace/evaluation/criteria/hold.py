"""``hold``: what stands before and after the longest silence. Time stamps decide whether there was a hold."""

import numpy as np

from calltrace.evaluation.criteria.base import Opinion, best, spots
from calltrace.evaluation.cues import Hits, hits
from calltrace.evaluation.hearing import Hearing
from calltrace.meaning.logistic import Vector, logit, sigmoid
from calltrace.scorecards.checks import Hold

_NEAR_ENOUGH = 0.3
_NEARLY = 2 / 3
_NEAR = 3
"""Turns on each side of a silence that can announce or end it."""


def examine(check: Hold, hearing: Hearing) -> Opinion:
    """Announced before and taken up after the silence; without a silence, by what was said of a hold."""
    ask, bare, back = (hits(cue, hearing) for cue in (check.ask, check.bare, check.back))
    at, longest, second = _silences(hearing)
    spoken = _spoken(ask.strength, back.strength)
    if longest < check.min_seconds * _NEARLY and spoken.max(initial=0.0) >= _NEAR_ENOUGH:
        at = int(np.argmax(spoken))
    before, after = _around(hearing.size, at)
    procedure = best(ask.strength * before) * best(back.strength * after)
    words = best(ask.strength) * best(back.strength)
    silent = float(sigmoid(np.array(2 * np.log(max(longest, 0.3) / check.min_seconds))))
    return Opinion(
        met=max(procedure, words if longest < check.min_seconds else 0.0),
        features={
            **_near(ask, bare, back, before, after),
            **_anywhere(ask, bare, back),
            "procedure": logit(procedure),
            "words": logit(words),
            "spoken": logit(best(spoken)),
            **_lengths(longest, second, check.min_seconds),
        },
        reasons=_reasons(longest, check.min_seconds),
        proof=(*spots(ask, _prefer(ask.strength, before), 1), *spots(back, _prefer(back.strength, after), 1)),
        breach=spots(bare, _prefer(bare.strength, before), 1),
        applicable=max(silent, best(spoken), best(bare.strength)),
        applies_at_least=best(spoken),
        method="measure",
        facts={"longest_silence_seconds": longest},
    )


def _silences(hearing: Hearing) -> tuple[int, float, float]:
    """The segment that ends the longest silence between segments, its length and the second longest."""
    gaps = hearing.gaps[1:]
    if not len(gaps):
        return 0, 0.0, 0.0
    ordered = np.sort(gaps)[::-1]
    return int(np.argmax(gaps)) + 1, float(ordered[0]), float(ordered[1]) if len(ordered) > 1 else 0.0


def _spoken(ask: Vector, back: Vector) -> Vector:
    """For each turn: that it ends a hold that was announced just before.

    Many recorders stop during a hold: then words are all there is, and no silence.
    """
    asked = [ask[max(0, i - _NEAR) : i].max(initial=0.0) for i in range(len(ask))]
    return np.array(asked) * back


def _around(size: int, at: int) -> tuple[Vector, Vector]:
    """Masks of the turns near the silence that ends at segment ``at``."""
    before, after = np.zeros(size), np.zeros(size)
    before[max(0, at - _NEAR - 1) : at] = 1.0
    after[at : at + _NEAR] = 1.0
    return before, after


def _prefer(strength: Vector, mask: Vector) -> Vector:
    """Turns near the silence first; elsewhere only when nothing stands near."""
    near = strength * mask
    return near if best(near) >= _NEAR_ENOUGH else strength


def _near(ask: Hits, bare: Hits, back: Hits, before: Vector, after: Vector) -> dict[str, float]:
    return {
        "before.ask": logit(best(ask.strength * before)),
        "before.bare": logit(best(bare.strength * before)),
        "after.back": logit(best(back.strength * after)),
    }


def _anywhere(ask: Hits, bare: Hits, back: Hits) -> dict[str, float]:
    return {
        "ask.best": logit(best(ask.strength)),
        "bare.best": logit(best(bare.strength)),
        "back.best": logit(best(back.strength)),
    }


def _lengths(longest: float, second: float, minimum: float) -> dict[str, float]:
    return {
        "silence": float(np.log(max(longest, 0.3))),
        "second_silence": float(np.log(max(second, 0.3))),
        "is_long": float(longest > minimum),
        "is_half": float(longest > minimum * 2 / 3),
        "is_very_long": float(longest > minimum * 5 / 3),
    }


def _reasons(longest: float, minimum: float) -> tuple[str, str, str]:
    silence = f"The longest silence lasts {longest:.0f} s"
    return (
        "The hold was announced, and the agent came back with thanks or an answer.",
        f"{silence}; the hold was not both announced and taken up again.",
        f"{silence}, under {minimum:g} s, and no hold was spoken of.",
    )
