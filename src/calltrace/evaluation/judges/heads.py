"""Trained verdict heads: a small logistic regression per criterion over named features.

A head belongs to the exact parameters of a criterion (its fingerprint), never to its name: whoever
copies the default scorecard keeps the calibration, whoever changes a check gets the kind's own rule.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from calltrace.meaning.logistic import Logistic
from calltrace.scorecards.document import Criterion


@dataclass(frozen=True, slots=True)
class Head:
    """Names of the features it reads, and the regression over them."""

    names: tuple[str, ...]
    model: Logistic

    def probability(self, features: Mapping[str, float]) -> float:
        """The probability; a feature that this call does not have counts as the training mean."""
        means = dict(zip(self.names, self.model.mean, strict=True))
        row = np.array([features.get(name, means[name]) for name in self.names])
        return self.model.probability(row)


@dataclass(frozen=True, slots=True)
class CriterionHeads:
    """For one fingerprint: is it met, given that it applies; and does it apply."""

    verdict: Head
    applicability: Head | None


@dataclass(frozen=True, slots=True)
class Heads:
    """All that was fitted beside the acts."""

    criteria: Mapping[str, CriterionHeads]
    signals: Mapping[str, Head]
    example_link: tuple[float, float, float]


def fingerprint(criterion: Criterion) -> str:
    """Sixteen hexadecimal digits of what decides ``criterion``: its check and when it applies."""
    when = criterion.applies_when.model_dump(mode="json") if criterion.applies_when else None
    text = json.dumps([criterion.check.model_dump(mode="json"), when], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def shipped_heads() -> Heads:
    """The heads that ship with the product."""
    text = (files("calltrace.evaluation") / "data" / "verdicts.json").read_text("utf-8")
    return read_heads(json.loads(text))


def read_heads(value: Mapping[str, Any]) -> Heads:
    """The reverse of what ``scripts/train_acts.py`` writes."""
    criteria = {
        print_: CriterionHeads(
            _head(both["verdict"]), _head(both["applicability"]) if both["applicability"] else None
        )
        for print_, both in value["criteria"].items()
    }
    signals = {name: _head(head) for name, head in value["signals"].items()}
    near, margin, bias = value["example_link"]
    return Heads(criteria, signals, (near, margin, bias))


def _head(value: Mapping[str, Any]) -> Head:
    mean, scale, weights = (np.array(value[name], float) for name in ("mean", "scale", "weights"))
    return Head(tuple(value["names"]), Logistic(mean, scale, weights, float(value["bias"])))


def write_head(head: Head) -> dict[str, Any]:
    """``head`` as JSON, rounded to what matters."""
    model = head.model
    return {
        "names": list(head.names),
        "mean": [round(float(x), 5) for x in model.mean],
        "scale": [round(float(x), 5) for x in model.scale],
        "weights": [round(float(x), 5) for x in model.weights],
        "bias": round(model.bias, 5),
    }
