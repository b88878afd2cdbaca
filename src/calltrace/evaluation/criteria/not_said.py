"""``not_said``: the cue is expressed nowhere. Its breach needs evidence; its absence cannot have any."""

import numpy as np

from calltrace.evaluation.criteria.base import Opinion, Spot, best, spots, summary
from calltrace.evaluation.cues import Hits, hits
from calltrace.evaluation.hearing import Hearing
from calltrace.scorecards.checks import NotSaid

_MOST = 3
"""Turns that are quoted."""


def examine(check: NotSaid, hearing: Hearing) -> Opinion:
    """The surest turn decides."""
    found = [hits(cue, hearing) for cue in check.cues]
    surest = max(found, key=lambda one: best(one.strength))
    strength = np.max([one.strength for one in found], axis=0)
    return Opinion(
        met=1 - best(strength),
        features=summary("cue", strength),
        reasons=(
            "Nothing of the kind was found in the call.",
            "Something of the kind was said.",
            "The call gave no occasion for it.",
        ),
        breach=_breach(surest, found),
        absence=True,
    )


def _breach(surest: Hits, found: list[Hits]) -> tuple[Spot, ...]:
    """Turns of the surest source first, then of the other one, each once."""
    ordered = [surest, *(one for one in found if one is not surest)]
    by_turn: dict[int, Spot] = {}
    for one in ordered:
        for spot in spots(one, one.strength, _MOST):
            by_turn.setdefault(spot.index, spot)
    return tuple(by_turn.values())[:_MOST]
