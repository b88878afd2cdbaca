"""``said``: every cue is expressed, within the window and near enough to another cue."""

import numpy as np

from calltrace.evaluation.criteria.base import MIN_EVIDENCE, Opinion, best, spots, summary
from calltrace.evaluation.cues import Hits, hits, near, within
from calltrace.evaluation.hearing import Hearing
from calltrace.meaning.logistic import Vector, logit
from calltrace.scorecards.checks import Said
from calltrace.scorecards.cues import Near, Window

_FOUND = 0.5


def examine(check: Said, hearing: Hearing) -> Opinion:
    """Each cue by its surest turn; the weakest cue decides."""
    window = within(check.within, hearing)
    anchor = hits(check.near.cue, hearing) if check.near else None
    if check.near and anchor:
        window = window * near(anchor, check.near, hearing)
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
        breach=spots(anchor, anchor.strength, 1) if anchor else (),
        applicable=best(anchor.strength) if anchor else 1.0,
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
    where = _where(check.within) if check.within or not check.near else ""
    where = " ".join(part for part in (where, _nearby(check.near)) if part)
    missing = [f"part {i + 1}" for i, top in enumerate(tops) if top < MIN_EVIDENCE]
    what = f"Missing {where}: {', '.join(missing)} of {len(tops)}." if 0 < len(missing) < len(tops) else ""
    return f"Said {where}.", what or f"Not clearly said {where}.", "The call gave no occasion for it."


def _where(window: Window | None) -> str:
    if window is None:
        return "in the call"
    if window.first_seconds is not None:
        return f"in the first {window.first_seconds:g} seconds"
    return f"in the last {window.last_seconds:g} seconds"


def _nearby(check: Near | None) -> str:
    if check is None:
        return ""
    side = {"after": "after", "before": "before", "either": "of"}[check.when]
    return f"within {check.seconds:g} seconds {side} what gives occasion for it"
