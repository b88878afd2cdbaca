"""All that is fitted, together: acts of turns, and what a call's acts say of its criteria."""

from dataclasses import dataclass

from calltrace.evaluation.judges.acts import ActsHead, shipped_head
from calltrace.evaluation.judges.heads import Heads, shipped_heads


@dataclass(frozen=True)
class Trained:
    """The recogniser of acts and the verdict heads that learned from it."""

    acts: ActsHead
    heads: Heads


def shipped() -> Trained:
    """What the product ships."""
    return Trained(shipped_head(), shipped_heads())
