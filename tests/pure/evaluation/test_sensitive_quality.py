"""Measuring how well values are found: what counts as found, what as a false alarm."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from calltrace.evaluation.labelled import LabelledCall, read_calls
from calltrace.evaluation.sensitive_quality import baseline, measure_names, measure_pairs, measure_values
from calltrace.evaluation.sensitive_turn import Finding
from calltrace.kit.errors import UsageError
from calltrace.speech.transcript import Segment

TURNS: list[dict[str, Any]] = [
    {"speaker": "agent", "text": "My name is Grace, the card number please."},
    {
        "speaker": "customer",
        "text": "It's 4111 1111 1111 1111, I have had it since 2019.",
        "pii": [{"kind": "payment_card", "text": "4111 1111 1111 1111"}],
    },
    {
        "speaker": "customer",
        "text": "I live at Elm End.",
        "pii": [{"kind": "address", "text": "elm end"}, {"kind": "person_name", "text": "Elm"}],
    },
]


def written(path: Path, turns: Sequence[dict[str, Any]]) -> list[LabelledCall]:
    segments = [
        {"id": f"s{number}", "start": number, "end": number + 1, **turn} for number, turn in enumerate(turns)
    ]
    (path / "calls.json").write_text(json.dumps([{"id": "w-1", "language": "en", "segments": segments}]))
    return read_calls([path])


def test_values_are_counted_by_kind_and_by_their_characters(tmp_path: Path) -> None:
    calls = written(tmp_path, TURNS)

    def half(_segments: Sequence[Segment]) -> list[Finding]:
        return [Finding("phone", 1, 5, 14), Finding("phone", 0, 0, 2), Finding("person_name", 2, 0, 9)]

    quality = measure_values(calls, half)
    assert (quality.found, quality.false_alarms) == (2, 0.5)
    by_kind = {row.kind: row for row in quality.rows}
    assert list(by_kind) == ["address", "payment_card", "all"]
    assert (by_kind["payment_card"].recall, by_kind["payment_card"].same_kind) == (0.0, 0.0), "9 of 19"
    assert by_kind["payment_card"].characters == pytest.approx(9 / 19)
    assert by_kind["all"].labelled == 2


def test_a_kind_in_a_segment_is_what_is_reported(tmp_path: Path) -> None:
    calls = written(tmp_path, TURNS)

    def one_of_two(_segments: Sequence[Segment]) -> list[Finding]:
        return [
            Finding("payment_card", 1, 0, 3),
            Finding("payment_card", 1, 5, 8),
            Finding("phone", 1, 9, 10),
        ]

    quality = measure_pairs(calls, one_of_two)
    assert (quality.labelled, quality.recall) == (2, 0.5)
    assert (quality.found, quality.false_alarms) == (2, 0.5), "twice the same kind is one report"
    assert measure_pairs(calls, lambda _segments: []).false_alarms == 0


def test_what_ships_is_better_than_its_baseline(tmp_path: Path) -> None:
    calls = written(tmp_path, TURNS)
    ours, trivial = measure_values(calls), measure_values(calls, baseline)
    assert (ours.rows[-1].recall, ours.false_alarms) == (0.5, 0.0)
    assert (trivial.rows[-1].recall, trivial.false_alarms) == (0.5, 0.5), "2019 is a year"
    assert [row.kind for row in measure_names(calls).rows] == ["person_name", "all"]
    assert measure_names(calls).found == 1


def test_a_label_that_is_not_in_its_turn_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        written(tmp_path, [{"speaker": "agent", "text": "Hello", "pii": [{"kind": "cvv", "text": "123"}]}])
