"""The benchmark's own arithmetic, on calls and labels written here."""

import json
from pathlib import Path

import pytest

from calltrace.evaluation.bench import measure
from calltrace.evaluation.judges.trained import shipped
from calltrace.evaluation.labelled import read_calls
from calltrace.evaluation.quality import calibration, kappa, pooled, signal_accuracy
from calltrace.evaluation.results import CriterionResult, Verdict
from calltrace.kit.errors import UsageError
from calltrace.speech.transcript import Transcript

LABELS = {
    "greeting": "met",
    "recording_disclosure": "met",
    "prohibited_phrases": "met",
    "hold_procedure": "met",
}


def write(path: Path, call: Transcript, **extra: object) -> Path:
    segments = [
        segment.model_dump(include={"id", "speaker", "start", "end", "text"}) for segment in call.segments
    ]
    value = {"id": "w1-01", "language": "en", "labels": LABELS, "segments": segments, **extra}
    path.write_text(json.dumps([value]), "utf-8")
    return path


def test_a_benchmark_counts_every_labelled_verdict(tmp_path: Path, good_call: Transcript) -> None:
    signals = {"escalation": False, "paymentCard": False, "customerSentiment": "positive"}
    calls = read_calls([write(tmp_path / "calls.json", good_call, signals=signals)])
    outcomes = measure(calls, shipped())
    rows = pooled(outcomes)
    assert {row.key for row in rows} == {*LABELS, "all"}
    assert rows[-1].n == len(LABELS)
    assert rows[-1].f1 == 1
    assert rows[-1].evidence_validity == 1
    assert signal_accuracy(outcomes)["escalation"] == 1
    assert sum(one.n for one in calibration(outcomes)) == len(LABELS)


@pytest.mark.parametrize(
    ("verdict", "score", "maximum", "guess"),
    [
        ("met", 10, 10, "met"),
        ("needs_review", 10, 10, "met"),
        ("needs_review", 4, 10, "partly_met"),
        ("needs_review", 0, 10, "not_met"),
        ("needs_review", 0, 0, "not_applicable"),
    ],
)
def test_the_points_of_a_result_under_review_tell_its_best_guess(
    verdict: Verdict, score: float, maximum: float, guess: str
) -> None:
    result = CriterionResult(
        key="k",
        name="K",
        score=score,
        max_score=maximum,
        verdict=verdict,
        confidence=0.5,
        method="embedding",
        reason="",
    )
    assert result.best_guess == guess


def test_kappa_is_agreement_beyond_chance() -> None:
    assert kappa([(True, True), (False, False)]) == 1
    assert kappa([(True, True), (False, True)]) == 0
    assert kappa([(True, False), (False, True)]) == -1
    assert kappa([(True, True)]) == 0
    assert kappa([]) == 0


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"id": "x"}]'])
def test_a_file_of_another_format_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=r"other\.json|no labelled calls"):
        read_calls([path])


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no labelled calls"):
        read_calls([tmp_path])
