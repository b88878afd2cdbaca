"""The arithmetic of quality: verdicts beside labels, counted.

``met`` against everything else, over all labelled verdicts. A result under review counts as its best
guess. ``partly_met`` and ``not_applicable`` are not ``met``, in labels and in results.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from calltrace.evaluation import agreement

ALL = "all"
_EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One labelled verdict beside the machine's."""

    key: str
    labelled: str
    guessed: str
    reviewed: bool
    confidence: float
    quotes: int
    sound_quotes: int


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """One call: its verdicts, its signals right or wrong, how long it took."""

    verdicts: tuple[Outcome, ...]
    signals: dict[str, bool]
    seconds: float
    duration: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``coverage``: share not under review; ``sure_accuracy``: right among those."""

    key: str
    n: int
    precision: float
    recall: float
    f1: float
    kappa: float
    baseline_f1: float
    coverage: float
    sure_accuracy: float
    evidence_validity: float

    def as_dict(self) -> dict[str, Any]:
        """For JSON, three decimals."""
        return {name: round(v, 3) if isinstance(v, float) else v for name, v in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Bin:
    """Results of about the same confidence: how many, how sure on average, how many right."""

    above: float
    n: int
    confidence: float
    accuracy: float


def pooled(outcomes: Sequence[CallOutcome]) -> list[Row]:
    """A row per criterion, then one over all."""
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    keys = list(dict.fromkeys(verdict.key for verdict in verdicts))
    rows = [_row(key, [v for v in verdicts if v.key == key]) for key in keys]
    return [*rows, _row(ALL, verdicts)]


def calibration(outcomes: Sequence[CallOutcome]) -> list[Bin]:
    """Stated confidence against the share of verdicts (met, not met, not applicable) that were right."""
    verdicts = [verdict for outcome in outcomes for verdict in outcome.verdicts]
    bins: list[Bin] = []
    for low, high in zip(_EDGES, (*_EDGES[1:], 2.0), strict=True):
        inside = [v for v in verdicts if low <= v.confidence < high]
        if inside:
            sure = sum(v.confidence for v in inside) / len(inside)
            right = sum(v.labelled == v.guessed for v in inside) / len(inside)
            bins.append(Bin(low, len(inside), round(sure, 3), round(right, 3)))
    return bins


def signal_accuracy(outcomes: Sequence[CallOutcome]) -> dict[str, float]:
    """Per signal the share of calls in which it was right."""
    names = outcomes[0].signals if outcomes else {}
    return {name: round(_ratio(sum(o.signals[name] for o in outcomes), len(outcomes)), 3) for name in names}


def seconds_per_ten_minutes(outcomes: Sequence[CallOutcome]) -> float:
    """Wall time of evaluation for ten minutes of call, on this machine."""
    spent, length = sum(o.seconds for o in outcomes), sum(o.duration for o in outcomes)
    return round(600 * _ratio(spent, length), 3)


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float:
    """Cohen's kappa of two raters over yes and no; 0.0 where chance explains everything."""
    return agreement.kappa(pairs) or 0.0


def _row(key: str, verdicts: Sequence[Outcome]) -> Row:
    pairs = [(v.labelled == "met", v.guessed == "met") for v in verdicts]
    right = sum(a and b for a, b in pairs)
    labelled, guessed = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    sure = [v for v in verdicts if not v.reviewed]
    quotes = sum(v.quotes for v in verdicts)
    return Row(
        key=key,
        n=len(pairs),
        precision=_ratio(right, guessed),
        recall=_ratio(right, labelled),
        f1=_ratio(2 * right, guessed + labelled),
        kappa=kappa(pairs),
        baseline_f1=_ratio(2 * labelled, labelled + len(pairs)),
        coverage=_ratio(len(sure), len(verdicts)),
        sure_accuracy=_ratio(sum((v.labelled == "met") == (v.guessed == "met") for v in sure), len(sure)),
        evidence_validity=_ratio(sum(v.sound_quotes for v in verdicts), quotes) if quotes else 1.0,
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
