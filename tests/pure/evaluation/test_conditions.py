"""Which criteria apply: what became of others, and the languages that they are meant for."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calltrace.evaluation.conditions import judged
from calltrace.evaluation.criteria.base import Opinion, Spot
from calltrace.evaluation.hearing import Hearing, hear
from calltrace.evaluation.judges.acts import shipped_head
from calltrace.evaluation.judges.protocol import Belief
from calltrace.evaluation.results import CriterionResult, Evaluation
from calltrace.evaluation.scoring import total
from calltrace.evaluation.service import evaluate
from calltrace.meaning.embeddings import Embedder
from calltrace.scorecards.document import Criterion, Scorecard
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]
YES: dict[str, Any] = {"kind": "said", "cues": [{"patterns": ["good morning"]}]}
NO: dict[str, Any] = {"kind": "said", "cues": [{"patterns": ["zebra"]}]}
ASK: dict[str, Any] = {
    "kind": "question",
    "question": "Did it end well?",
    "answers": [{"text": "well", "share": 1}, {"text": "badly", "share": 0}],
}


def criterion(key: str, check: dict[str, Any], on: str | None = None, verdict: Any = "met") -> dict[str, Any]:
    only_if = {"criterion": on, "verdict": verdict} if on else None
    return {"key": key, "name": key.upper(), "points": 10, "check": check, "only_if": only_if}


def card(*criteria: dict[str, Any], **more: Any) -> Scorecard:
    sections = [{"name": "S", "criteria": list(criteria)}]
    return Scorecard.model_validate({"key": "card", "name": "Card", "sections": sections, **more})


@pytest.fixture
def call(make_call: MakeCall) -> Transcript:
    return make_call(("a", 0.0, 2.0, "Good morning, this is Ruth."), ("c", 2.5, 4.0, "Hello."))


def judge(call: Transcript, scorecard: Scorecard) -> dict[str, CriterionResult]:
    return {one.key: one for one in _evaluated(call, scorecard).criteria}


def _evaluated(call: Transcript, scorecard: Scorecard) -> Evaluation:
    return evaluate(call, scorecard, duration=4.0)


@pytest.mark.parametrize(
    ("on", "verdict", "became"),
    [
        (YES, "met", "met"), (YES, "not_met", "not_applicable"), (NO, "not_met", "met"),
        (NO, ["met", "partly_met"], "not_applicable"), (NO, ["met", "not_met"], "met"),
    ],
)  # fmt: skip
def test_a_criterion_applies_where_another_has_the_verdict(
    call: Transcript, on: dict[str, Any], verdict: Any, became: str
) -> None:
    results = judge(call, card(criterion("second", YES, "first", verdict), criterion("first", on)))
    assert list(results) == ["second", "first"]  # in the order of the scorecard, whatever depends on what
    assert results["second"].verdict == became
    assert (results["second"].max_score == 0) == (became == "not_applicable")


def test_why_it_does_not_apply_is_said(call: Transcript) -> None:
    results = judge(call, card(criterion("first", NO), criterion("second", YES, "first")))
    assert results["second"].reason == "It does not apply, as \u201cFIRST\u201d is not met."


def test_what_hangs_on_an_open_question_waits_for_its_answer(call: Transcript) -> None:
    results = judge(call, card(criterion("first", ASK), criterion("second", YES, "first")))
    assert (results["second"].verdict, results["second"].max_score) == ("needs_review", 0)
    assert "depends on \u201cFIRST\u201d" in results["second"].reason


def test_a_condition_that_is_a_best_guess_makes_a_best_guess(make_call: MakeCall) -> None:
    """Nobody knows who said it, so whether the first is met is for a person, and so is what hangs on it."""
    call = make_call(("?", 0.0, 2.0, "Good morning."), ("a", 2.5, 4.0, "Zebra."))
    results = judge(call, card(criterion("first", YES), criterion("second", NO, "first")))
    assert results["first"].verdict == results["second"].verdict == "needs_review"
    assert results["second"].score == 10
    assert results["second"].confidence <= results["first"].confidence
    assert [one.quote for one in results["second"].evidence] == ["Zebra."]


def test_conditions_go_on_through_several_criteria(call: Transcript) -> None:
    chain = [criterion("a", NO), criterion("b", YES, "a"), criterion("c", YES, "b", "not_applicable")]
    results = judge(call, card(*chain))
    assert [one.verdict for one in results.values()] == ["not_met", "not_applicable", "met"]


def test_it_stands_beside_the_occasion(call: Transcript) -> None:
    second = {**criterion("second", YES, "first"), "applies_when": {"patterns": ["zebra"]}}
    assert judge(call, card(criterion("first", YES), second))["second"].verdict == "not_applicable"


def test_a_criterion_is_for_its_languages(make_call: MakeCall) -> None:
    german = {**criterion("german", YES), "languages": ["de"]}
    turns = (("a", 0.0, 2.0, "Good morning."), ("c", 2.5, 4.0, "Hello."))
    results = judge(make_call(*turns, language="en"), card(german, criterion("any", YES)))
    assert (results["german"].verdict, results["any"].verdict) == ("not_applicable", "met")
    assert results["german"].reason == "It does not apply to calls in this language (en)."
    assert judge(make_call(*turns, language="de"), card(german))["german"].verdict == "met"


def test_a_cue_is_for_its_languages(make_call: MakeCall) -> None:
    cues = [{"patterns": ["good morning"]}, {"patterns": ["guten morgen"], "languages": ["de"]}]
    scorecard = card(criterion("both", {"kind": "said", "cues": cues}))
    turns = (("a", 0.0, 2.0, "Good morning."), ("c", 2.5, 4.0, "Hello."))
    assert judge(make_call(*turns, language="en"), scorecard)["both"].verdict == "met"
    assert judge(make_call(*turns, language="de"), scorecard)["both"].verdict == "not_met"


def test_a_scorecard_in_a_foreign_language_says_so(make_call: MakeCall) -> None:
    turns = (("a", 0.0, 2.0, "Good morning."), ("c", 2.5, 4.0, "Hello."))
    quick = {"kind": "measure", "metric": "duration_seconds", "maximum": 60}
    scorecard = card(criterion("said", YES), criterion("quick", quick), languages=["en", "de"])
    foreign = _evaluated(make_call(*turns, language="fr"), scorecard)
    said, measured = foreign.criteria
    assert (said.verdict, said.score) == ("needs_review", 10)
    assert said.confidence <= 0.6
    assert said.reason.endswith("meant for en, de and the call is in fr: a person must confirm it.")
    assert measured.verdict == "met"
    assert "the call is in fr" in foreign.summary
    at_home = _evaluated(make_call(*turns, language="de"), scorecard)
    assert {one.verdict for one in at_home.criteria} == {"met"}
    assert "the call is in" not in at_home.summary


@pytest.mark.parametrize(("threshold", "verdict"), [(0.99, "needs_review"), (0.9, "met"), (None, "met")])
def test_a_criterion_has_a_threshold_of_its_own(
    call: Transcript, threshold: float | None, verdict: str
) -> None:
    """A pattern is sure to 0.97."""
    one = {**criterion("k", YES), "threshold": threshold}
    assert judge(call, card(one))["k"].verdict == verdict
    assert judge(call, card(one, review_threshold=0.98))["k"].verdict == (
        "met" if threshold == 0.9 else "needs_review"
    )


@pytest.mark.parametrize(("critical", "failed"), [(True, "whole call"), ("section", "its section")])
def test_what_an_unsure_breach_would_fail_is_said(make_call: MakeCall, critical: Any, failed: str) -> None:
    call = make_call(("a", 0.0, 2.0, "Zebra!"), ("c", 2.5, 4.0, "Hello."))
    check = {"kind": "not_said", "phrases": ["zebra"]}
    one = {**criterion("k", check), "critical": critical}
    unsure = judge(call, card(one, critical_threshold=0.98))["k"]
    assert (unsure.verdict, failed in unsure.reason) == ("needs_review", True)
    sure = _evaluated(call, card(one, criterion("other", NO)))
    assert (sure.criteria[0].verdict, sure.score) == ("not_met", 0)
    assert ("S earns nothing because of: K." in sure.summary) == (critical == "section")


class Fixed:
    """Believes what it was told of each criterion: the same for everybody who asks."""

    name = "fixed-1"

    def __init__(self, met: dict[str, float]) -> None:
        self._met = met

    def judge(self, criterion: Criterion, hearing: Hearing) -> Belief:
        met = self._met[criterion.key]
        quote = (Spot(0),) if hearing.size else ()
        return Belief(met, 1 - met, 0.0, Opinion(met, {}, ("yes.", "no.", "none."), quote, quote))


@pytest.fixture(scope="module")
def hearing(embedder: Embedder, make_call: MakeCall) -> Hearing:
    call = make_call(("a", 0.0, 2.0, "Good morning."), ("c", 2.5, 4.0, "Hello."))
    return hear(call, 4.0, embedder, shipped_head())


KEYS = [f"k{number}" for number in range(5)]
DECIDED = st.sampled_from(["met", "partly_met", "not_met", "not_applicable"])


@st.composite
def conditional(draw: st.DrawFn) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """Criteria that hang on any of those before, and what is believed of each."""
    criteria = [
        criterion(
            key,
            YES,
            draw(st.sampled_from([None, *KEYS[:number]])),
            draw(st.lists(DECIDED, min_size=1, max_size=3, unique=True)),
        )
        for number, key in enumerate(KEYS)
    ]
    return criteria, {key: draw(st.sampled_from([0.0, 0.3, 0.45, 0.55, 0.8, 1.0])) for key in KEYS}


@settings(max_examples=80, deadline=None)
@given(case=conditional(), chance=st.permutations(KEYS))
def test_the_order_of_conditional_criteria_is_irrelevant(
    hearing: Hearing, case: tuple[list[dict[str, Any]], dict[str, float]], chance: Sequence[str]
) -> None:
    criteria, believed = case
    mixed = sorted(criteria, key=lambda one: chance.index(one["key"]))
    first, second = (_by_key(hearing, card(*some), Fixed(believed)) for some in (criteria, mixed))
    assert first == second
    assert list(second) == list(chance)
    assert total(card(*criteria), first).score == total(card(*mixed), second).score


@settings(max_examples=80, deadline=None)
@given(case=conditional())
def test_a_condition_that_does_not_hold_leaves_nothing_to_earn(
    hearing: Hearing, case: tuple[list[dict[str, Any]], dict[str, float]]
) -> None:
    criteria, believed = case
    results = _by_key(hearing, card(*criteria), Fixed(believed))
    for one in criteria:
        found = results[one["key"]]
        assert 0 <= found.score <= found.max_score <= 10
        if one["only_if"] is None:
            continue
        other = results[one["only_if"]["criterion"]]
        if other.verdict == "needs_review":
            assert found.verdict in ("needs_review", "not_applicable")
        elif other.verdict not in one["only_if"]["verdict"]:
            assert (found.verdict, found.max_score) == ("not_applicable", 0)
        else:
            assert found.max_score == 10


def _by_key(hearing: Hearing, scorecard: Scorecard, judge: Fixed) -> dict[str, CriterionResult]:
    return {one.key: one for one in judged(scorecard, hearing, judge)}
