"""Train what ``calltrace.speech.roles`` ships: how much a line sounds like an agent.

Usage: ``python scripts/train_roles.py DATA... [--out DIR]``. The same data give the same files.
``DATA``: files or folders of labelled calls (format: docs/evaluation.md); only who said what is used.
"""

import argparse
import hashlib
import json
from pathlib import Path

from calltrace.evaluation.labelled import LabelledCall, read_calls
from calltrace.meaning.embeddings import default_embedder
from calltrace.speech import role_head
from calltrace.speech.role_training import TaggedCall, held_out, report, train

_DATA = Path(__file__).parent.parent / "src" / "calltrace" / "speech" / "data"


def main() -> None:
    """Read, measure, fit, write."""
    parser = argparse.ArgumentParser(description="Train the shipped role head.")
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=_DATA)
    arguments = parser.parse_args()
    calls = [_tagged(call) for call in read_calls(arguments.data)]
    embedder = default_embedder()
    measured = report(held_out(calls, embedder))
    arguments.out.mkdir(parents=True, exist_ok=True)
    role_head.save(train(calls, embedder), arguments.out / "roles.npz")
    about = {
        "data_sha256": _digest(calls),
        "calls": len(calls),
        "turns": sum(len(call.texts) for call in calls),
        "writers": sorted({call.writer for call in calls}),
        "seed": "none: convex, started at zero",
        "embedder": embedder.name,
        "licence": "written for this project, Apache-2.0 like its code",
        "leave_one_writer_out": measured,
    }
    text = json.dumps(about, indent=1, ensure_ascii=False) + "\n"
    (arguments.out / "roles.json").write_text(text, "utf-8")
    print(text, end="")


def _tagged(call: LabelledCall) -> TaggedCall:
    said = [(one.text, one.speaker) for one in call.transcript.segments if one.speaker != "unknown"]
    return TaggedCall(call.writer, tuple(text for text, _ in said), tuple(who == "agent" for _, who in said))


def _digest(calls: list[TaggedCall]) -> str:
    text = "\n".join(f"{call.writer} {call.texts} {call.is_agent}" for call in calls)
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
