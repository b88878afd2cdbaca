"""What a kind of criterion says about a call, before anything is weighed or quoted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calltrace.evaluation.cues import Hits
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.results import Method
from calltrace.kit.document import Document
from calltrace.meaning.logistic import Vector, logit

MIN_EVIDENCE = 0.15
"""A turn that expresses its cue less surely than this is no evidence, whatever the rest of the call says."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A segment that speaks for or against a criterion, and the cue that it expresses.

    ``span`` (first and one past the last character) says which words to quote, where the kind knows it.
    """

    index: int
    hits: Hits | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """One criterion, read on one call.

    Attributes:
        met: probability by the kind's own rule; a trained head may know better.
        applicable: probability that the criterion applies, by the kind itself.
        applies_at_least: what the kind knows for certain, whatever a trained head thinks of applicability.
        features: named numbers for a trained head.
        proof: segments that prove it, best first; ``absence`` kinds have none.
        breach: segments that prove the contrary.
        absence: met means that something is *not* there, which no quote can show.
        method: how it was decided, when no segment says so.
        share: the part of the parts that were found, for partial credit; ``None`` without it.
        reasons: sentences for met, not met and not applicable.
        undecided: why nobody who was asked can decide it; a person has to, where it applies.
    """

    met: float
    features: dict[str, float]
    reasons: tuple[str, str, str]
    proof: tuple[Spot, ...] = ()
    breach: tuple[Spot, ...] = ()
    applicable: float = 1.0
    applies_at_least: float = 0.0
    absence: bool = False
    method: Method = "embedding"
    share: float | None = None
    undecided: str = ""
    facts: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of criterion: its name, its parameter model and how it reads a call."""

    name: str
    parameters: type[Document]
    examine: Callable[[Any, Hearing], Opinion]


def best(strength: Vector, rank: int = 0) -> float:
    """The ``rank``-th highest probability, 0.0 beyond the end."""
    ordered = np.sort(strength)[::-1]
    return float(ordered[rank]) if rank < len(ordered) else 0.0


def summary(name: str, strength: Vector) -> dict[str, float]:
    """Features of one cue: its three surest turns and how often it occurs."""
    return {
        f"{name}.best": logit(best(strength)),
        f"{name}.second": logit(best(strength, 1)),
        f"{name}.third": logit(best(strength, 2)),
        f"{name}.sum": float(np.log1p(strength.sum())),
    }


def spots(found: Hits, strength: Vector, most: int = 2) -> tuple[Spot, ...]:
    """The surest segments of ``strength``, at least as sure as evidence must be, best first."""
    order = np.argsort(-strength, kind="stable")[:most]
    return tuple(Spot(int(i), found) for i in order if strength[i] >= MIN_EVIDENCE)


def describe(number: int, noun: str) -> str:
    """``1 turn``, ``2 turns``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
