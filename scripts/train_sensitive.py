"""Train what ``calltrace.evaluation.sensitive_learned`` ships: which words belong to sensitive values.

Usage: ``python scripts/train_sensitive.py DATA... [--folds N] [--out DIR]``. The same data, the same file.
``DATA``: files or folders of labelled calls (format: docs/evaluation.md). Writers are divided into folds;
each fold is measured with what the others taught, beside the written rules alone.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from calltrace.evaluation.labelled import LabelledCall, read_calls
from calltrace.evaluation.sensitive import by_rules, of_people
from calltrace.evaluation.sensitive_learned import Weights, completed
from calltrace.evaluation.sensitive_quality import Finder, FinderQuality, measure_values
from calltrace.evaluation.sensitive_training import Example, examples, learn

_DATA = Path(__file__).parent.parent / "src" / "calltrace" / "evaluation" / "data"
_UNSEEN = frozenset(("qm", "qn", "qo", "qp"))
"""Writers that the figures in docs/evaluation.md are of: nothing may learn from them."""
_FOLDS = 5
Taught = Sequence[tuple[LabelledCall, Sequence[Example]]]


def main() -> None:
    """Read, measure, fit, write."""
    arguments = _arguments()
    calls = [call for call in read_calls(arguments.data) if call.writer not in _UNSEEN and call.sensitive]
    taught = [(call, tuple(examples(call))) for call in tqdm(calls, unit="call", desc="words")]
    about = _about(calls) | {"cross_validated": _measured(taught, arguments.folds)}
    print(json.dumps(about, indent=1, ensure_ascii=False))
    lines = json.dumps(about | {"weights": _learned(taught)}, indent=0, ensure_ascii=False, sort_keys=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "sensitive.json").write_text(lines + "\n", "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the shipped finder of sensitive values.")
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--folds", type=int, default=_FOLDS, help="0: measure nothing")
    parser.add_argument("--out", type=Path, default=_DATA)
    return parser.parse_args()


def _learned(taught: Taught) -> Weights:
    return learn([example for _, words in taught for example in words])


def _measured(taught: Taught, folds: int) -> dict[str, Any]:
    """Every fold of writers by what the other folds taught, and by the rules alone."""
    writers = sorted({call.writer for call, _ in taught})
    both, alone = list[FinderQuality](), list[FinderQuality]()
    for fold in tqdm(range(folds), unit="fold", desc="measured"):
        mine = frozenset(writers[fold::folds])
        weights = _learned([one for one in taught if one[0].writer not in mine])
        calls = [call for call, _ in taught if call.writer in mine]
        both.append(measure_values(calls, _finder(weights)))
        alone.append(measure_values(calls, lambda segments: of_people(by_rules(segments)[1])))
    return {"folds": folds, "rules": _pooled(alone), "rules_and_words": _pooled(both)}


def _finder(weights: Weights) -> Finder:
    return lambda segments: of_people(completed(*by_rules(segments), weights))


def _pooled(folds: Sequence[FinderQuality]) -> dict[str, Any]:
    values = sum(one.rows[-1].labelled for one in folds)
    found = sum(one.found for one in folds)
    return {
        "values": values,
        "recall": round(
            sum(one.rows[-1].recall * one.rows[-1].labelled for one in folds) / max(values, 1), 3
        ),
        "false_alarms": round(sum(one.false_alarms * one.found for one in folds) / max(found, 1), 3),
    }


def _about(calls: Sequence[LabelledCall]) -> dict[str, Any]:
    text = "\n".join(
        f"{call.id} {call.transcript.model_dump_json(exclude={'redacted'})} {call.sensitive}"
        for call in calls
    )
    return {
        "data_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "calls": len(calls),
        "writers": sorted({call.writer for call in calls}),
        "seed": "none: convex, started at zero",
        "licence": "written for this project, Apache-2.0 like its code",
    }


if __name__ == "__main__":
    main()
