"""Which language a call is in, from what the recogniser thinks of several of its windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Shares = Mapping[str, float]
"""Probability per language (ISO 639-1)."""

_CERTAIN = 0.8
"""A hint is overruled only by a language that is at least this likely over the pooled windows …"""
_EXCLUDED = 0.05
"""… and only if the hinted one is less likely than this: a wrong setting, not an accent."""


@dataclass(frozen=True, slots=True)
class Languages:
    """The language to transcribe in, and how likely it is."""

    chosen: str
    confidence: float


def pool(votes: Sequence[Shares], seconds: Sequence[float]) -> dict[str, float]:
    """The mean of the votes, each weighted with its seconds of speech."""
    total = sum(seconds) or 1.0
    pooled: dict[str, float] = {}
    for vote, weight in zip(votes, seconds, strict=True):
        for language, share in vote.items():
            pooled[language] = pooled.get(language, 0.0) + share * weight / total
    return pooled


def choose(pooled: Shares, hint: str | None, among: Sequence[str] = ()) -> Languages:
    """The hint, or the most likely language of those that are expected, unless that is plainly wrong.

    Without either the most likely one of all.
    """
    best = max(pooled, key=lambda language: pooled[language])
    wanted = [hint] if hint else list(among)
    if not wanted or _are_plainly_wrong(pooled, wanted, best):
        return Languages(best, min(pooled[best], 1.0))
    likely = max(wanted, key=lambda language: pooled.get(language, 0.0))
    return Languages(likely, min(pooled.get(likely, 0.0), 1.0))


def _are_plainly_wrong(pooled: Shares, wanted: Sequence[str], best: str) -> bool:
    share = sum(pooled.get(one, 0.0) for one in wanted)
    return best not in wanted and pooled[best] >= _CERTAIN and share < _EXCLUDED
