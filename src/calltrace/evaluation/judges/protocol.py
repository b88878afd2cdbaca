"""What any judge of a criterion says, whether rules, embeddings or a language model decide."""

from dataclasses import dataclass
from typing import Protocol

from calltrace.evaluation.criteria.base import Opinion
from calltrace.evaluation.hearing import Hearing
from calltrace.evaluation.results import Evidence, Verdict
from calltrace.scorecards.document import Criterion


@dataclass(frozen=True, slots=True)
class Heeded:
    """What a language model added to a belief, after code has checked it.

    Attributes:
        note: says so to whoever reads the result.
        counts: whether the model had a part in the verdict.
        contested: it and the offline judge differ, so a person has to look.
        quotes: prove the verdict in place of the offline judge's.
        verdict: a closed answer that is worth a ``share`` of the points, if it is one.
        alone: nobody else can answer it: nothing but ``note`` says why.
    """

    note: str
    counts: bool = False
    contested: bool = False
    quotes: tuple[Evidence, ...] = ()
    verdict: Verdict | None = None
    share: float = 0.0
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Belief:
    """Probabilities of the three verdicts (they add up to 1), with the opinion they rest on."""

    met: float
    not_met: float
    not_applicable: float
    opinion: Opinion
    heeded: Heeded | None = None

    @property
    def best(self) -> Verdict:
        """The likeliest verdict; the order breaks ties towards the customer's side."""
        chances: dict[Verdict, float] = {
            "not_met": self.not_met,
            "met": self.met,
            "not_applicable": self.not_applicable,
        }
        return max(chances, key=lambda verdict: chances[verdict])

    @property
    def confidence(self) -> float:
        """The probability of the likeliest verdict."""
        return max(self.met, self.not_met, self.not_applicable)


class Judge(Protocol):
    """Judges one criterion of one call. Its spots are checked like anyone's: see ``evidence``."""

    @property
    def name(self) -> str:
        """Name and version, as results are pinned to."""
        ...

    def judge(self, criterion: Criterion, hearing: Hearing) -> Belief:
        """What this judge believes, with the segments that prove it."""
        ...
