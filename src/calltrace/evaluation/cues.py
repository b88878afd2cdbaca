"""How strongly each turn expresses a cue of the scorecard: acts, word patterns, example utterances."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.examples import example_strength
from calltrace.evaluation.results import Method
from calltrace.evaluation.sensitive_kinds import unmarked
from calltrace.meaning.logistic import Vector
from calltrace.scorecards.cues import Cue, Near, Window
from calltrace.scorecards.patterns import compile_pattern, plain

PATTERN_STRENGTH = 0.97
"""A written pattern is nearly certain, but recognisers mishear and people quote."""

_LEAST_ANCHOR = 0.15
"""Fainter turns are no anchor: something is near to one of them in every call."""


@dataclass(frozen=True)
class Hits:
    """``strength`` is a probability per segment; ``rule`` tells where a pattern decided it."""

    cue: Cue
    strength: Vector
    rule: Vector

    def method(self, index: int) -> Method:
        """How the cue was found in this segment."""
        return "rule" if self.rule[index] and self.rule[index] >= self.strength[index] else "embedding"


def hits(cue: Cue, hearing: Hearing) -> Hits:
    """The cue over the whole call."""
    rule = _pattern_strength(cue, hearing)
    heard = np.maximum(_act_strength(cue, hearing), example_strength(cue, hearing))
    strength = np.maximum(rule, heard) * _others(cue, hearing)
    return Hits(cue, strength, rule)


def _speakers(cue: Cue, hearing: Hearing) -> Vector:
    masks = [hearing.may_be(side) for side in cue.sides]
    return np.max(masks, axis=0) if hearing.size else np.zeros(0)


def _act_strength(cue: Cue, hearing: Hearing) -> Vector:
    """Noisy or over the acts: two half-sure signs together are surer than one."""
    miss = np.ones(hearing.size)
    for side in cue.sides:
        for act in cue.acts:
            if act in hearing.acts[side]:
                miss = miss * (1 - hearing.acts[side][act])
    return 1 - miss


def _others(cue: Cue, hearing: Hearing) -> Vector:
    """What ``not_acts`` leaves of each turn."""
    left = np.ones(hearing.size)
    for side in cue.sides:
        for act in cue.not_acts:
            if act in hearing.acts[side]:
                left = left * (1 - hearing.acts[side][act])
    return left


def _pattern_strength(cue: Cue, hearing: Hearing) -> Vector:
    if not cue.patterns:
        return np.zeros(hearing.size)
    found = [any(pattern_spans(cue.patterns, s.text)) for s in hearing.segments]
    return np.array(found, float) * PATTERN_STRENGTH * _speakers(cue, hearing)


def pattern_spans(patterns: Sequence[str], text: str) -> list[tuple[int, int]]:
    """Where the patterns stand in ``text``, in characters."""
    readable = plain(unmarked(text))
    matches = (compile_pattern(pattern).search(readable) for pattern in patterns)
    return [match.span() for match in matches if match]


def near(anchor: Hits, check: Near, hearing: Hearing) -> Vector:
    """How surely each segment is near enough to the cue of ``check``, given that the call has that cue.

    The surest anchor has weight 1: whether there is one at all is a question of applicability.
    """
    weight, peak = np.zeros(hearing.size), float(anchor.strength.max(initial=0.0))
    starts, ends = (np.array([getattr(s, edge) for s in hearing.segments]) for edge in ("start", "end"))
    for index in np.flatnonzero(anchor.strength >= _LEAST_ANCHOR):
        after = np.maximum(starts - ends[index], 0.0) <= check.seconds
        before = np.maximum(starts[index] - ends, 0.0) <= check.seconds
        after[:index], before[index + 1 :] = False, False
        reach = {"after": after, "before": before, "either": after | before}[check.when]
        weight = np.maximum(weight, reach * (anchor.strength[index] / peak))
    return weight


def within(window: Window | None, hearing: Hearing) -> Vector:
    """1.0 for each segment that begins (or, at the end of a call, ends) within the window."""
    if window is None:
        return np.ones(hearing.size)
    if window.first_seconds is not None:
        return np.array([float(s.start < window.first_seconds) for s in hearing.segments])
    edge = hearing.duration - (window.last_seconds or 0.0)
    return np.array([float(s.end > edge) for s in hearing.segments])
