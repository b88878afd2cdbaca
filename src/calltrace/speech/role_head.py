"""How much each line sounds like an agent: cues that a person wrote, and what labelled calls taught.

The learned part is one logistic regression over the embedding of a line, in any of the languages that the
embedding knows. It is trained by ``scripts/train_roles.py`` on the labelled calls whose hash stands in
``data/roles.json``, which also says how well it does on calls of writers that it never saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from calltrace.meaning.embeddings import Embedder, default_embedder
from calltrace.meaning.logistic import Logistic, Vector, sigmoid
from calltrace.speech.role_cues import AGENT, CUSTOMER, Cue

MOST_LINES = 80
"""Of a long call so many lines are read; the first ones, which say most, and a fair sample of the rest."""
_OPENING_LINES = 30
_MOST_POINTS = 3.0
"""No single line decides: one that is as sure as nineteen to one counts no more than that."""

_MOST_SURE = 0.99
"""Of what was tried, everything that leads by much was right; calls were not tried by the thousand."""


@dataclass(frozen=True, slots=True)
class RoleHead:
    """What is learned.

    Attributes:
        model: the probability that a line is an agent's, from its embedding.
        link: what one point of lead adds to the log odds that the side with more points is the agent.
    """

    model: Logistic
    link: float

    def points(self, texts: Sequence[str], embedder: Embedder) -> Vector:
        """For each line, log odds of being an agent's (clipped), plus the cues found in it."""
        rows = np.asarray(embedder.embed(texts), np.float64)
        odds = ((rows - self.model.mean) / self.model.scale) @ self.model.weights + self.model.bias
        cues = np.array([_cues(text, AGENT) - _cues(text, CUSTOMER) for text in texts])
        return np.clip(odds, -_MOST_POINTS, _MOST_POINTS) + cues

    def confidence(self, lead: float) -> float:
        """How often the side that leads by so many points is the agent, 0.5 to 0.99."""
        return min(float(sigmoid(np.array(self.link * abs(lead)))), _MOST_SURE)


def points(texts: Sequence[str]) -> Vector:
    """The points of each line by the head that ships."""
    return shipped().points(texts, default_embedder())


@cache
def shipped() -> RoleHead:
    """The head that ships with the product."""
    with (files("calltrace.speech") / "data" / "roles.npz").open("rb") as file:
        kept = dict(np.load(file, allow_pickle=False))
    model = Logistic(kept["mean"], kept["scale"], kept["weights"], float(kept["bias"]))
    return RoleHead(model, float(kept["link"]))


def save(head: RoleHead, path: Path) -> None:
    """Write a head as a compressed numpy archive."""
    model = head.model
    arrays: dict[str, Any] = {
        "mean": model.mean.astype(np.float32), "scale": model.scale.astype(np.float32),
        "weights": model.weights.astype(np.float32), "bias": model.bias, "link": head.link,
    }  # fmt: skip
    np.savez_compressed(path, **arrays)


def sample(lines: int) -> list[int]:
    """Which of so many lines are read, in order."""
    if lines <= MOST_LINES:
        return list(range(lines))
    rest = np.linspace(_OPENING_LINES, lines - 1, MOST_LINES - _OPENING_LINES).round().astype(int)
    return [*range(_OPENING_LINES), *(int(index) for index in rest)]


def _cues(text: str, cues: Sequence[Cue]) -> float:
    return sum(cue.points for cue in cues if cue.pattern.search(text.lower()))
