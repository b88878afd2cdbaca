"""The evaluation part: verdicts beside the labels of calls, per criterion, and what they cost."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from calltrace.bench.report import Report, Say, Value, rounded
from calltrace.evaluation.bench import measure as judge
from calltrace.evaluation.judges.trained import shipped
from calltrace.evaluation.labelled import LabelledCall, read_calls
from calltrace.evaluation.quality import CallOutcome, pooled, seconds_per_ten_minutes
from calltrace.evaluation.sensitive_quality import (
    FinderQuality,
    PairQuality,
    baseline,
    measure_names,
    measure_pairs,
    measure_values,
)
from calltrace.evaluation.stability import Stability, spread, stability

TITLES = {
    "criterion": "criterion", "n": "n", "precision": "precision", "recall": "recall", "f1": "F1",
    "kappa": "kappa", "alwaysMetF1": "F1 of always met", "coverage": "coverage",
    "sureAccuracy": "right if covered", "quotesThatStand": "quotes that stand",
}  # fmt: skip
NO_CALLS = (
    "Not measured: the project ships no labelled calls, and verdicts without labels say nothing about"
    " quality. Give some with --data, in the format of docs/evaluation.md."
)
_DATA = files("calltrace.evaluation") / "data"
_TELL_AFTER = 25
_MOST_ALTERED = 40
"""Calls that are also judged altered: five times each."""
_ALTERED = {
    "again": "judged again",
    "repunctuated": "without punctuation and capitals",
    "hesitant": "with fillers and words said twice",
    "chatting": "with a sentence more that means nothing",
    "attacked": "with an order to the judge, at the same place",
}


def nothing_to_measure() -> Report:
    """What there is to say without labelled calls."""
    return Report(part="evaluation", titles=TITLES, rows=[], notes=[NO_CALLS])


def measure(paths: Sequence[Path], say: Say) -> Report:
    """Judge the labelled calls of files and folders with what the product ships.

    Raises:
        UsageError: there are none.
    """
    calls = read_calls(paths)
    outcomes: list[CallOutcome] = []
    for number, call in enumerate(calls, 1):
        outcomes += judge([call], shipped())
        if number % _TELL_AFTER == 0 or number == len(calls):
            say(f"evaluation: {number} of {len(calls)} calls")
    some = spread(calls, _MOST_ALTERED)
    altered: list[Stability] = []
    for one in stability(some, lambda call: judge([call], shipped())[0]):
        altered.append(one)
        say(f"evaluation: {len(some)} calls {_ALTERED[one.alteration]}")
    facts = _facts(calls, outcomes) | _stability_facts(altered)
    notes = [*_notes(calls, facts), *_stability_notes(altered, len(some))]
    return Report(part="evaluation", titles=TITLES, rows=_rows(outcomes), facts=facts, notes=notes)


def _rows(outcomes: Sequence[CallOutcome]) -> list[dict[str, Value]]:
    return [
        {
            "criterion": row.key, "n": row.n, "precision": rounded(row.precision),
            "recall": rounded(row.recall), "f1": rounded(row.f1), "kappa": rounded(row.kappa),
            "alwaysMetF1": rounded(row.baseline_f1), "coverage": rounded(row.coverage),
            "sureAccuracy": rounded(row.sure_accuracy), "quotesThatStand": rounded(row.evidence_validity),
        }
        for row in pooled(outcomes)
    ]  # fmt: skip


def _facts(calls: Sequence[LabelledCall], outcomes: Sequence[CallOutcome]) -> dict[str, Value]:
    return {
        "calls": len(calls),
        "secondsPerCall": rounded(sum(outcome.seconds for outcome in outcomes) / len(outcomes)),
        "secondsPerTenMinutes": seconds_per_ten_minutes(outcomes),
        "inSample": in_sample(calls),
    }


def _stability_facts(altered: Sequence[Stability]) -> dict[str, Value]:
    return {
        f"{one.alteration}{name}": rounded(value)
        for one in altered
        for name, value in (("Unchanged", one.unchanged), ("Raised", one.raised), ("F1", one.f1))
    }


def _stability_notes(altered: Sequence[Stability], calls: int) -> list[str]:
    """What stays the same when a call is said otherwise."""
    return [
        f"{calls} calls {_ALTERED[one.alteration]}: {one.unchanged:.1%} of {one.n} verdicts unchanged, "
        f"{one.raised:.1%} of those not met became met, F1 {one.f1:.3f}."
        for one in altered
    ]


def _notes(calls: Sequence[LabelledCall], facts: Mapping[str, Value]) -> list[str]:
    cost = f"{facts['secondsPerCall']} s a call, {facts['secondsPerTenMinutes']} s for ten minutes of call."
    return [
        f"{len(calls)} calls; {cost}",
        "met against everything else; a verdict under review counts as its best guess and is not covered.",
        _origin(calls),
        *_values(calls),
        *([] if facts["inSample"] == "no" else _left_out(_trained_on())),
    ]


def _values(calls: Sequence[LabelledCall]) -> list[str]:
    """How well sensitive values are found, where some are labelled."""
    if not any(call.sensitive for call in calls):
        return []
    found, plain, named = measure_values(calls), measure_values(calls, baseline), measure_names(calls)
    taught = sum(call.writer in _values_taught_by() for call in calls)
    return [
        f"Sensitive values: {_worth(found)}; four digits or an at sign alone: {_worth(plain)}.",
        f"As they are reported, a kind in a segment: {_reported(measure_pairs(calls))}.",
        *(
            [f"IN-SAMPLE for values: their finder learned from the writers of {taught} calls."]
            if taught
            else []
        ),
        f"Names of people: {_worth(named)}.",
        *(
            f"{row.kind}: {row.labelled}, recall {row.recall:.2f}, of characters {row.characters:.2f}."
            for row in (*found.rows, *named.rows)
            if row.kind != "all"
        ),
    ]


def _reported(pairs: PairQuality) -> str:
    return (
        f"recall {pairs.recall:.3f} of {pairs.labelled}, false alarms {pairs.false_alarms:.3f}"
        f" of {pairs.found}"
    )


def _worth(quality: FinderQuality) -> str:
    every = quality.rows[-1]
    return (
        f"recall {every.recall:.3f} of {every.labelled} (of characters {every.characters:.3f}),"
        f" false alarms {quality.false_alarms:.3f} of {quality.found}"
    )


def in_sample(calls: Sequence[LabelledCall]) -> Literal["yes", "probably", "no"]:
    """Whether what ships was trained on these very calls: ``probably`` when only the writers tell."""
    if _trained_on()["data_sha256"] in _fingerprints(calls):
        return "yes"
    return "probably" if _known(calls) else "no"


def _origin(calls: Sequence[LabelledCall]) -> str:
    known = f"{len(_known(calls))} of these {len(calls)} calls"
    return {
        "yes": f"IN-SAMPLE: what ships was trained on {known} (same hash); the numbers flatter it.",
        "probably": f"PROBABLY IN-SAMPLE: the writers of {known} stand in the training data (another hash).",
        "no": "No writer of these calls stands in the training data of what ships.",
    }[in_sample(calls)]


def _known(calls: Sequence[LabelledCall]) -> list[LabelledCall]:
    """Calls by writers whom training saw."""
    return [call for call in calls if call.writer in _trained_on()["writers"]]


@cache
def _trained_on() -> Mapping[str, Any]:
    return json.loads((_DATA / "acts.json").read_text("utf-8"))


def _left_out(trained: Mapping[str, Any]) -> list[str]:
    """What training measured on each writer while it was left out, or that it did not."""
    measured: Any = trained.get("leave_one_writer_out", {})
    pooled = [row for row in measured.get("criteria", []) if row["key"] == "all"]
    if not pooled:
        return ["Training did not measure what ships with each writer left out: see docs/evaluation.md."]
    return [
        f"Measured at training with each writer left out in turn: F1 {row['f1']}, kappa {row['kappa']}"
        f" over {row['n']} verdicts."
        for row in pooled
    ]


def _fingerprints(calls: Sequence[LabelledCall]) -> set[str]:
    """The hash that training writes down, with and without the exemplars that are trained with by default."""
    exemplars = read_calls([Path(str(_DATA / "exemplars.json"))])
    return {_fingerprint(calls), _fingerprint([*calls, *exemplars])}


def _fingerprint(calls: Sequence[LabelledCall]) -> str:
    # As scripts/train_acts.py does: only calls whose turns are labelled teach.
    text = "\n".join(
        f"{call.id} {call.transcript.model_dump_json(exclude={'redacted'})} {list(map(sorted, call.acts))}"
        for call in calls
        if call.acts is not None
    )
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _values_taught_by() -> frozenset[str]:
    return frozenset(json.loads((_DATA / "sensitive.json").read_text("utf-8"))["writers"])
