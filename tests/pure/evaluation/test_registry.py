"""Every kind of criterion keeps the same promises; a kind that is forgotten somewhere fails here."""

from typing import Any, get_args

import numpy as np
import pytest

from calltrace.evaluation.criteria.registry import KINDS
from calltrace.evaluation.decision import decide
from calltrace.evaluation.hearing import Hearing, hear
from calltrace.evaluation.judges.acts import shipped_head
from calltrace.evaluation.judges.heads import fingerprint, shipped_heads
from calltrace.evaluation.judges.offline import OfflineJudge
from calltrace.meaning.embeddings import Embedder
from calltrace.scorecards.acts import ACTS_BY_SIDE
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.checks import Check
from calltrace.scorecards.document import Criterion
from calltrace.speech.transcript import Transcript

GREETS: dict[str, Any] = {"acts": ["greeting"]}
SAMPLES: dict[str, dict[str, Any]] = {
    "said": {"cues": [GREETS, {"patterns": ["thank you"]}], "within": {"first_seconds": 30}, "partial": True},
    "not_said": {"cue": {"patterns": ["not my problem"]}},
    "sequence": {"steps": [GREETS, {"acts": ["farewell"]}], "partial": True},
    "verification": {
        "ask": {"acts": ["ask_identifier"]},
        "answer": {"by": "customer", "acts": ["give_identifier"]},
        "detail": {"acts": ["give_account_detail"]},
    },
    "hold": {
        "ask": {"acts": ["hold_request"]},
        "bare": {"acts": ["hold_bare"]},
        "back": {"acts": ["hold_return"]},
    },
    "measure": {"metric": "silence_share", "maximum": 0.5},
    "question": {
        "question": "Did it end well?",
        "answers": [{"text": "well", "share": 1}, {"text": "badly", "share": 0}],
    },
    "sensitive_data": {"kinds": ["date_of_birth"], "only_by": "agent"},
    "sentiment_change": {"expect": "better"},
}


def criterion(kind: str) -> Criterion:
    check = {"kind": kind, **SAMPLES[kind]}
    return Criterion.model_validate({"key": "k", "name": "K", "points": 7, "check": check})


def heard(call: Transcript, embedder: Embedder) -> Hearing:
    return hear(call, call.segments[-1].end if call.segments else 0.0, embedder, shipped_head())


def test_the_registry_knows_exactly_the_kinds_that_a_scorecard_may_name() -> None:
    models = get_args(get_args(Check)[0])
    assert {model.model_fields["kind"].annotation.__args__[0]: model for model in models} == {
        name: kind.parameters for name, kind in KINDS.items()
    }
    assert set(SAMPLES) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_has_a_schema_that_describes_its_parameters(kind: str) -> None:
    schema = KINDS[kind].parameters.model_json_schema()
    assert schema["properties"]["kind"]["const"] == kind
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_scores_in_range_with_evidence_inside_the_call(
    kind: str, good_call: Transcript, bad_call: Transcript, embedder: Embedder
) -> None:
    judge = OfflineJudge(shipped_heads())
    for call in (good_call, bad_call):
        hearing = heard(call, embedder)
        belief = judge.judge(criterion(kind), hearing)
        result = decide(criterion(kind), belief, hearing, default_scorecard())
        segments = {segment.id: segment for segment in call.segments}
        assert abs(belief.met + belief.not_met + belief.not_applicable - 1) < 1e-9
        assert 0 <= result.score <= result.max_score <= 7
        assert 0 <= result.confidence <= 1
        assert result.reason
        assert all(quote.quote in segments[quote.segment_id].text for quote in result.evidence)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_survives_a_call_without_segments(
    kind: str, good_call: Transcript, embedder: Embedder
) -> None:
    empty = good_call.model_copy(update={"segments": []})
    opinion = KINDS[kind].examine(criterion(kind).check, heard(empty, embedder))
    assert 0 <= opinion.met <= 1
    assert opinion.proof == ()


def test_each_criterion_of_the_default_scorecard_is_calibrated() -> None:
    trained = shipped_heads().criteria
    assert {c.key for c in default_scorecard().criteria if fingerprint(c) not in trained} == set()


def test_a_changed_check_has_another_fingerprint_and_a_changed_name_has_not() -> None:
    greeting = default_scorecard().criteria[0]
    renamed = greeting.model_copy(update={"key": "hello", "name": "Hello", "points": 3.0})
    stricter = greeting.model_copy(update={"check": criterion("said").check})
    assert fingerprint(renamed) == fingerprint(greeting)
    assert fingerprint(stricter) != fingerprint(greeting)


def test_the_recogniser_knows_exactly_the_acts_that_a_scorecard_may_name() -> None:
    assert {side: head.names for side, head in shipped_head().items()} == ACTS_BY_SIDE


def test_acts_are_probabilities_and_nobody_acts_on_the_other_sides_turns(
    good_call: Transcript, embedder: Embedder
) -> None:
    hearing = heard(good_call, embedder)
    for side, acts in hearing.acts.items():
        table = np.stack(list(acts.values()))
        others = np.array([segment.speaker != side for segment in hearing.segments])
        assert ((table >= 0) & (table <= 1)).all()
        assert (table[:, others] == 0).all()
