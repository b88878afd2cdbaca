"""The scorecards that ship: whole, documented, and right about calls written for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from calltrace.evaluation.judges.heads import fingerprint, shipped_heads
from calltrace.evaluation.results import Evaluation
from calltrace.evaluation.service import evaluate
from calltrace.meaning.embeddings import Embedder
from calltrace.scorecards.catalogue import default_scorecard, ready_scorecards
from calltrace.scorecards.checks import cues_of
from calltrace.scorecards.document import Scorecard
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]
READY = ready_scorecards()
CALLS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "ready_calls.yaml").read_text("utf-8"))
OTHERS = [key for key in READY if key != default_scorecard().key]
SIX = ["en", "es", "de", "fr", "pt", "it"]


def test_five_ship_and_the_service_call_is_the_default() -> None:
    assert list(READY) == [
        "general_service_call", "sales", "collections", "technical_support", "appointment_desk",
    ]  # fmt: skip
    assert {key: scorecard.key for key, scorecard in READY.items()} == {key: key for key in READY}
    assert READY["general_service_call"] == default_scorecard()


@pytest.mark.parametrize("key", READY)
def test_each_is_ready_to_start_with(key: str) -> None:
    scorecard = READY[key]
    assert 10 <= len(scorecard.criteria) <= 14
    assert all(criterion.advice and criterion.name for criterion in scorecard.criteria)
    assert scorecard.description
    assert sum(criterion.critical is True for criterion in scorecard.criteria) <= 2


@pytest.mark.parametrize("key", OTHERS)
def test_each_uses_many_kinds_and_weights_in_six_languages(key: str) -> None:
    scorecard = READY[key]
    assert scorecard.languages == SIX
    assert len({criterion.check.kind for criterion in scorecard.criteria}) >= 3
    assert sum(section.weight or 0 for section in scorecard.sections) == 100
    for criterion in scorecard.criteria:
        for cue in cues_of(criterion.check):
            assert not cue.examples or len(cue.examples) >= 6 or cue.acts or cue.patterns


@pytest.mark.parametrize("key", OTHERS)
def test_what_is_taken_from_the_service_call_keeps_its_calibration(key: str) -> None:
    service = {fingerprint(criterion) for criterion in default_scorecard().criteria}
    assert service <= set(shipped_heads().criteria)
    shared = [criterion.key for criterion in READY[key].criteria if fingerprint(criterion) in service]
    assert {"greeting", "prohibited_phrases"} <= set(shared)
    assert len(shared) >= 4


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_judged_as_a_person_would(make_call: MakeCall, embedder: Embedder, name: str) -> None:
    case = CALLS[name]
    call = make_call(*case["turns"], language=case["language"])
    found = _judged(call, READY[case["scorecard"]], embedder)
    wanted = {key: verdict for verdict, keys in case["wanted"].items() for key in keys}
    lines = {one.key: one for one in found.criteria if one.key in wanted}
    unsure = {
        key for key, one in lines.items() if one.verdict == "needs_review" and one.verdict != wanted[key]
    }
    said = {key: one.best_guess if key in unsure else one.verdict for key, one in lines.items()}
    assert said == wanted
    assert len(unsure) <= len(wanted) / 3, "most of it is decided without a person"
    segments = {segment.id: segment.text for segment in call.segments}
    assert all(quote.quote in segments[quote.segment_id] for one in found.criteria for quote in one.evidence)


def test_a_failed_section_and_a_failed_call(make_call: MakeCall, embedder: Embedder) -> None:
    asked = make_call(*CALLS["tech_pt"]["turns"], language="pt")
    support = _judged(asked, READY["technical_support"], embedder)
    assert "Close and conduct earns nothing because of: Never asks for a password." in support.summary
    threatened = _judged(make_call(*CALLS["coll_bad"]["turns"]), READY["collections"], embedder)
    assert (threatened.score, threatened.passed) == (0, False)
    assert "The whole scorecard fails because of: No threats" in threatened.summary


def _judged(call: Transcript, scorecard: Scorecard, embedder: Embedder) -> Evaluation:
    return evaluate(call, scorecard, duration=call.segments[-1].end, embedder=embedder, marks=[])
