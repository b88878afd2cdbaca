"""What is learned of labelled values: each word near one is an example, and the same calls teach the same."""

import json
from pathlib import Path
from typing import Any

from calltrace.evaluation.labelled import LabelledCall, read_calls
from calltrace.evaluation.sensitive import by_rules
from calltrace.evaluation.sensitive_learned import completed
from calltrace.evaluation.sensitive_training import examples, learn

TURNS: list[dict[str, Any]] = [
    {"speaker": "agent", "text": "And the code on the tag, please?"},
    {
        "speaker": "customer",
        "text": "Well, the tag says zogg 3, thanks.",
        "pii": [{"kind": "account_number", "text": "zogg 3"}, {"kind": "person_name", "text": "thanks"}],
    },
]


def _call(path: Path) -> LabelledCall:
    segments = [{"id": f"s{at}", "start": at, "end": at + 1, **turn} for at, turn in enumerate(TURNS)]
    (path / "calls.json").write_text(json.dumps([{"id": "w-1", "language": "en", "segments": segments}]))
    return read_calls([path])[0]


def test_words_of_labelled_values_are_examples_and_names_are_none(tmp_path: Path) -> None:
    taught = list(examples(_call(tmp_path)))
    values = {name for row, is_value in taught if is_value for name in row if name.startswith("w0=")}
    others = {name for row, is_value in taught if not is_value for name in row if name.startswith("w0=")}
    assert values == {"w0=zogg", "w0=3"}
    assert "w0=thanks" in others


def test_what_was_taught_often_enough_is_found(tmp_path: Path) -> None:
    call = _call(tmp_path)
    weights = learn(list(examples(call)) * 60)
    assert weights == learn(list(examples(call)) * 60)
    heard, found = by_rules(call.transcript.segments)
    text = TURNS[1]["text"]
    assert "zogg 3" in [
        text[one.start : one.end] for one in completed(heard, found, weights) if one.index == 1
    ]
