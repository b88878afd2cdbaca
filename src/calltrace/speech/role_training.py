"""Fitting the role head, and measuring it on writers that it never saw."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calltrace.meaning.embeddings import Embedder
from calltrace.meaning.logistic import Vector, fit, sigmoid
from calltrace.speech.role_head import RoleHead

_PENALTY = 0.1
_DOUBT = 1.0
"""Keeps the link finite where no lead was ever wrong."""
_ROUNDS = 60

PARTS: Mapping[str, Callable[[int], slice]] = {
    "whole": lambda _turns: slice(None),
    "without the first third": lambda turns: slice(turns // 3, None),
    "first 6 turns": lambda _turns: slice(6),
    "8 turns from the middle": lambda turns: slice(turns // 3, turns // 3 + 8),
    "4 turns from the middle": lambda turns: slice(turns // 2, turns // 2 + 4),
}
"""What is left of a call: recordings begin late, and some are short."""


@dataclass(frozen=True, slots=True)
class TaggedCall:
    """The turns of one call in order, and which are the agent's."""

    writer: str
    texts: tuple[str, ...]
    is_agent: tuple[bool, ...]


def train(calls: Sequence[TaggedCall], embedder: Embedder) -> RoleHead:
    """A head from all calls; its link is fitted on what heads without each writer say of that writer."""
    trials = [trial for parts in held_out(calls, embedder).values() for trial in parts]
    return RoleHead(_fit(calls, embedder, 1.0).model, _link(np.array(trials)))


def held_out(calls: Sequence[TaggedCall], embedder: Embedder) -> dict[str, list[float]]:
    """For each part of a call, by how many points the true agent leads, judged by the other writers' head."""
    leads: dict[str, list[float]] = {name: [] for name in PARTS}
    for writer in sorted({call.writer for call in calls}):
        head = _fit([call for call in calls if call.writer != writer], embedder, 1.0)
        for call in calls:
            if call.writer == writer:
                points, agent = head.points(call.texts, embedder), np.array(call.is_agent, bool)
                for name, part in PARTS.items():
                    _note(leads[name], points[part(len(agent))], agent[part(len(agent))])
    return leads


def report(leads: Mapping[str, Sequence[float]]) -> dict[str, dict[str, int]]:
    """For each part, of how many calls the agent is found. To guess is right in half of them."""
    counts = {name: Counter(lead > 0 for lead in found) for name, found in leads.items()}
    return {name: {"calls": sum(found.values()), "right": found[True]} for name, found in counts.items()}


def _note(leads: list[float], points: Vector, agent: npt.NDArray[np.bool_]) -> None:
    if agent.any() and not agent.all():
        leads.append(float(points[agent].sum() - points[~agent].sum()))


def _fit(calls: Sequence[TaggedCall], embedder: Embedder, link: float) -> RoleHead:
    rows = np.vstack([embedder.embed(call.texts) for call in calls]).astype(np.float64)
    truth = np.concatenate([np.array(call.is_agent, float) for call in calls])
    return RoleHead(fit(rows, truth, _PENALTY), link)


def _link(leads: Vector) -> float:
    """The slope of a logistic curve through (0, 1/2) that fits how often a lead is the true one (Newton)."""
    slope = 0.1
    for _ in range(_ROUNDS):
        likely = sigmoid(slope * leads)
        pull = ((1 - likely) * leads).sum() - _DOUBT * slope
        slope += float(pull / (((likely * (1 - likely)) * leads**2).sum() + _DOUBT))
    return slope
