"""``said``: every cue is expressed, within the window."""

import numpy as np

from calltrace.evaluation.criteria.base import MIN_EVIDENCE, Opinion, best, spots, summary
from calltrace.evaluation.cues import Hits, hits, within
from calltrace.evaluation.hearing import Hearing
from calltrace.meaning.logistic import Vector, logit
from calltrace.scorecards.checks import Said, Window

_FOUND = 0.5


def examine(check: Said, hearing: Hearing) -> Opinion:
    """Each cue by its surest turn; the weakest cue decides."""
    window = within(check.within, hearing)
    found = [hits(cue, hearing) for cue in check.cues]
    inside = [one.strength * window for one in found]
    tops = [best(strength) for strength in inside]
    return Opinion(
        met=min(tops),
        features=_features(found, inside, window),
        reasons=_reasons(check, tops),
        proof=tuple(
            spot for one, strength in zip(found, inside, strict=True) for spot in spots(one, strength, 1)
        ),
        share=sum(top >= _FOUND for top in tops) / len(tops) if check.partial else None,
    )


def _features(found: list[Hits], inside: list[Vector], window: Vector) -> dict[str, float]:
    features: dict[str, float] = {}
    for number, (one, strength) in enumerate(zip(found, inside, strict=True)):
        features |= summary(f"cue{number}", strength)
        features[f"cue{number}.outside"] = logit(best(one.strength * (1 - window)))
    features["weakest"] = logit(min(best(strength) for strength in inside))
    features["together"] = logit(best(np.prod(inside, axis=0)))
    return features


def _reasons(check: Said, tops: list[float]) -> tuple[str, str, str]:
    where = _where(check.within)
    missing = [f"part {i + 1}" for i, top in enumerate(tops) if top < MIN_EVIDENCE]
    what = f"Missing {where}: {', '.join(missing)} of {len(tops)}." if 0 < len(missing) < len(tops) else ""
    return f"Said {where}.", what or f"Not clearly said {where}.", "The call gave no occasion for it."


def _where(window: Window | None) -> str:
    if window is None:
        return "in the call"
    if window.first_seconds is not None:
        return f"in the first {window.first_seconds:g} seconds"
    return f"in the last {window.last_seconds:g} seconds"
