"""The judge that needs no network: kinds of criteria, weighed by trained heads where one fits exactly."""

from collections.abc import Mapping

from calltrace.evaluation.context import context
from calltrace.evaluation.criteria.base import Opinion, best, summary
from calltrace.evaluation.criteria.registry import KINDS
from calltrace.evaluation.cues import hits
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.judges.heads import Heads, fingerprint
from calltrace.evaluation.judges.protocol import Belief
from calltrace.scorecards.document import Criterion

VERSION = "9"


class OfflineJudge:
    """Kinds give opinions and features; a head turns features into probabilities."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads

    @property
    def name(self) -> str:
        """Name and version."""
        return f"offline-{VERSION}"

    def judge(self, criterion: Criterion, hearing: Hearing) -> Belief:
        """Applicability first, verdict second."""
        opinion = KINDS[criterion.check.kind].examine(criterion.check, hearing)
        features = described(criterion, opinion, hearing)
        heads = self._heads.criteria.get(fingerprint(criterion))
        met = heads.verdict.probability(features) if heads else opinion.met
        applies = (
            heads.applicability.probability(features)
            if heads and heads.applicability
            else _applies(criterion, opinion, hearing)
        )
        applies = max(applies, opinion.applies_at_least)
        return Belief(applies * met, applies * (1 - met), 1 - applies, opinion)


def described(criterion: Criterion, opinion: Opinion, hearing: Hearing) -> Mapping[str, float]:
    """All named features of one criterion on one call."""
    features = context(hearing) | opinion.features
    if criterion.applies_when:
        features |= summary("when", hits(criterion.applies_when, hearing).strength)
    return features


def _applies(criterion: Criterion, opinion: Opinion, hearing: Hearing) -> float:
    """By the kind, and by the cue that gives occasion for the criterion."""
    if criterion.applies_when is None:
        return opinion.applicable
    return opinion.applicable * best(hits(criterion.applies_when, hearing).strength)
