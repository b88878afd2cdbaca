"""Train what ``calltrace.evaluation`` ships: dialogue acts and verdict heads, from labelled calls.

Usage: ``python scripts/train_acts.py DATA... [--measure] [--no-exemplars] [--out DIR]``.
The same data give the same files.
``DATA``: files or folders of labelled calls (format: docs/evaluation.md). ``--measure`` also leaves each
writer out in turn and prints how well the rest judges that writer's calls.
"""

import argparse
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from calltrace.evaluation.bench import measure
from calltrace.evaluation.judges.acts import save_head
from calltrace.evaluation.judges.heads import Heads, write_head
from calltrace.evaluation.labelled import LabelledCall, read_calls
from calltrace.evaluation.quality import (
    CallOutcome,
    calibration,
    pooled,
    seconds_per_ten_minutes,
    signal_accuracy,
)
from calltrace.evaluation.training import Trainer
from calltrace.meaning.embeddings import default_embedder
from calltrace.scorecards.catalogue import default_scorecard

_EXEMPLARS = Path(__file__).parent.parent / "src/calltrace/evaluation/data/exemplars.json"
_DATA = Path(__file__).parent.parent / "src" / "calltrace" / "evaluation" / "data"
_TEACHES_ONLY = frozenset(("pf",))
"""Whoever had seen calls of others, and the judge's errors, is no measure of it (``training/README.md``)."""


def main() -> None:
    """Read, fit, write; measure on request."""
    arguments = _arguments()
    exemplars = [] if arguments.no_exemplars else [_EXEMPLARS]
    calls = read_calls([*arguments.data, *exemplars])
    trainer = Trainer(calls, default_embedder(), default_scorecard())
    trained = trainer.without()
    arguments.out.mkdir(parents=True, exist_ok=True)
    save_head(trained.acts, arguments.out / "acts.npz")
    _write(arguments.out / "verdicts.json", _heads(trained.heads))
    _write(arguments.out / "acts.json", _provenance(calls, trainer))
    if arguments.measure:
        _write(arguments.out / "acts.json", _provenance(calls, trainer) | _measured(trainer, calls))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the shipped dialogue acts and verdict heads.")
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--no-exemplars", action="store_true", help="what they are worth: train without them")
    parser.add_argument("--out", type=Path, default=_DATA)
    return parser.parse_args()


def _measured(trainer: Trainer, calls: list[LabelledCall]) -> dict[str, Any]:
    """Every writer judged by what the other writers taught."""
    outcomes = [
        outcome
        for writer in trainer.writers
        if writer not in _TEACHES_ONLY
        for outcome in measure([c for c in calls if c.writer == writer], trainer.without(writer))
    ]
    unseen = measure([c for c in calls if c.acts is None and c.labels], trainer.without())
    return {"leave_one_writer_out": _report(outcomes), "calls_without_acts": _report(unseen)}


def _report(outcomes: list[CallOutcome]) -> dict[str, Any]:
    """The table, printed and as JSON."""
    rows = pooled(outcomes)
    for row in rows:
        print(json.dumps(row.as_dict()), flush=True)
    report = {
        "criteria": [row.as_dict() for row in rows],
        "calibration": [asdict(one) for one in calibration(outcomes)],
        "signals": signal_accuracy(outcomes),
    }
    print(report["calibration"], report["signals"], seconds_per_ten_minutes(outcomes))
    return report


def _heads(heads: Heads) -> dict[str, Any]:
    return {
        "criteria": {
            print_: {
                "verdict": write_head(both.verdict),
                "applicability": write_head(both.applicability) if both.applicability else None,
            }
            for print_, both in heads.criteria.items()
        },
        "signals": {name: write_head(head) for name, head in heads.signals.items()},
        "example_link": list(heads.example_link),
    }


def _provenance(calls: list[LabelledCall], trainer: Trainer) -> dict[str, Any]:
    used = [call for call in calls if call.acts is not None]
    text = "\n".join(
        f"{c.id} {c.transcript.model_dump_json(exclude={'redacted'})} {list(map(sorted, c.acts or []))}"
        for c in used
    )
    return {
        "data_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "calls": len(used),
        "turns": sum(len(call.transcript.segments) for call in used),
        "writers": list(trainer.writers),
        "seed": "none: convex, started at zero",
        "embedder": default_embedder().name,
        "licence": "written for this project, Apache-2.0 like its code",
    }


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
