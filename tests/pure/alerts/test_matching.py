"""Conditions of alert rules, each on calls that it matches and calls that it does not."""

import time
from typing import Any

import pytest
from pydantic import ValidationError

from calltrace.alerts.document import MOST_WORDS_IN_ALL, Conditions
from calltrace.alerts.matching import Call, message, reasons
from calltrace.alerts.rules import checked_conditions
from calltrace.alerts.said import STEMMERS
from calltrace.evaluation.results import (
    CriterionResult,
    Evaluation,
    Evidence,
    MoodBySide,
    ScorecardRef,
    SensitiveSpan,
)
from calltrace.kit.errors import InvalidRequestError
from calltrace.speech.metrics import measure
from calltrace.speech.transcript import Attribution, Role, Segment, Transcript

LINES: list[tuple[Role, str]] = [
    ("agent", "Good morning, thank you for calling."),
    ("customer", "I have been cancelling this for weeks."),
    ("customer", "It's a rip-off; I'll speak to my lawyer"),
    ("customer", "about the terms of service."),
    ("agent", "I can't say anything about lawyers."),
]


def transcript(lines: list[tuple[Role, str]] = LINES, language: str = "en") -> Transcript:
    segments = [
        Segment(
            id=f"s{number}", speaker=role, speaker_id=f"spk-{role}", channel=0, start=number * 10.0,
            end=number * 10.0 + 5, text=text, confidence=0.9,
        )
        for number, (role, text) in enumerate(lines, 1)
    ]  # fmt: skip
    attribution = Attribution(method="channel", confidence=0.9)
    return Transcript(language=language, language_confidence=0.9, attribution=attribution, segments=segments)


PROOF = Evidence(segment_id="s1", start=10.0, end=15.0, quote="Good morning")
LINE = CriterionResult(
    key="greeting", name="Greeting", score=5, max_score=10, verdict="partly_met", confidence=0.9,
    method="rule", reason="Half.", evidence=[PROOF],
)  # fmt: skip
EVALUATION = Evaluation(
    score=59.5, summary="", passed=False, scorecard=ScorecardRef(id="x", name="y", version=1),
    criteria=[LINE], recommendations=[], sentiment=MoodBySide(customer="negative", agent=None),
    escalation=True, customer_effort_score=4,
    sensitive_data=[SensitiveSpan(kind="payment_card", segment_id="s3")],
)  # fmt: skip


def call(lines: list[tuple[Role, str]] = LINES, language: str = "en", **changes: Any) -> Call:
    heard = transcript(lines, language)
    return Call.of(EVALUATION.model_copy(update=changes), heard, 100.0, measure(heard, 100.0))


def wanted(*conditions: Any, match: str = "all") -> Conditions:
    return Conditions.model_validate({"match": match, "conditions": list(conditions)})


def keyword(*words: str, match: str = "word", speaker: str = "anyone") -> dict[str, Any]:
    return {"kind": "keyword", "words": list(words), "match": match, "speaker": speaker}


def score(operator: str, value: float) -> dict[str, Any]:
    return {"kind": "score", "operator": operator, "value": value}


HOLD: list[tuple[dict[str, Any], str]] = [
    (score("under", 60), "The score is 59.5, under 60."),
    (score("over", 59), "The score is 59.5, over 59."),
    (
        {"kind": "criterion", "key": "greeting", "verdicts": ["not_met", "partly_met"]},
        "“Greeting” is partly met.",
    ),
    ({"kind": "sentiment", "moods": ["negative"]}, "The customer sounds negative."),
    ({"kind": "duration", "operator": "over", "value": 99}, "The call lasts 100 s, over 99 s."),
    ({"kind": "silence", "measure": "longest", "value": 40}, "45 s of silence at a stretch."),
    ({"kind": "silence", "measure": "total", "value": 70}, "75 s of silence in all."),
    ({"kind": "silence", "measure": "percent", "value": 74.9}, "75 % of silence."),
    ({"kind": "escalation"}, "The call was escalated."),
    ({"kind": "sensitive_data"}, "Sensitive data was spoken: payment card."),
    ({"kind": "sensitive_data", "kinds": ["iban", "cvv", "payment_card"]},
     "Sensitive data was spoken: payment card."),
    (
        keyword("Lawyer"),
        "“Lawyer” was said by the customer at 0:30: It's a rip-off; I'll speak to my lawyer",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "why"), HOLD)
def test_a_condition_that_holds_says_why(condition: dict[str, Any], why: str) -> None:
    assert message(reasons(wanted(condition), call())) == why


@pytest.mark.parametrize(
    "condition",
    [
        score("under", 59.5), score("over", 59.5),
        {"kind": "criterion", "key": "greeting", "verdicts": ["met"]},
        {"kind": "criterion", "key": "closing", "verdicts": ["partly_met"]},
        {"kind": "sentiment", "speaker": "agent", "moods": ["positive", "neutral", "negative"]},
        {"kind": "duration", "operator": "under", "value": 100},
        {"kind": "silence", "measure": "longest", "value": 45},
        {"kind": "sensitive_data", "kinds": ["iban"]},
        keyword("law"), keyword("refund"), keyword("lawyer", speaker="agent"),
        keyword("my lawyer", match="phrase", speaker="agent"), keyword("lawyer my", match="phrase"),
    ],
)  # fmt: skip
def test_a_condition_that_does_not_hold(condition: dict[str, Any]) -> None:
    assert reasons(wanted(condition), call()) == []


def test_what_is_not_known_matches_nothing() -> None:
    bare = Call.of(
        EVALUATION.model_copy(update={"score": None, "escalation": False}), transcript([]), None, None
    )
    for condition in (
        score("under", 100), score("over", 0), {"kind": "escalation"},
        {"kind": "duration", "operator": "under", "value": 10},
        {"kind": "silence", "measure": "total", "value": 0}, keyword("lawyer"),
    ):  # fmt: skip
        assert reasons(wanted(condition), bare) == []


def test_a_proof_leads_to_its_segment() -> None:
    found = reasons(
        wanted(keyword("lawyer"), {"kind": "criterion", "key": "greeting", "verdicts": ["partly_met"]}),
        call(),
    )
    assert [(one.segment_id, one.start) for one in found] == [("s3", 30.0), ("s1", 10.0)]


@pytest.mark.parametrize(
    ("words", "match", "found"),
    [
        ("cancel", "word", False), ("cancel", "stem", True), ("cancelled", "stem", True),
        ("rip off", "phrase", True), ("rip-off", "word", True), ("it's", "word", True),
        ("LAWYER about the terms", "phrase", True),  # goes on in the customer's next segment
        ("service I can't", "phrase", False),  # somebody else goes on
        ("terms of services", "phrase", False), ("terms of services", "stem", True),
        ("lawyers", "word", True), ("lawyers", "stem", True), ("can't", "word", True),
    ],
)  # fmt: skip
def test_words_phrases_and_stems(words: str, match: str, found: bool) -> None:  # noqa: FBT001 - a table
    assert bool(reasons(wanted(keyword(words, match=match)), call())) is found


@pytest.mark.parametrize(
    ("language", "said", "looked_for"),
    [
        ("en", "They were complaining about it.", "complain"),
        ("es", "Quiero cancelar mis contratos hoy.", "contrato"),
        ("de", "Ich habe schon zwei Kündigungen geschickt.", "Kündigung"),
        ("fr", "Je parlerai à l'avocat de la famille.", "avocats"),
        ("pt", "Vou fazer várias reclamações.", "reclamação"),
        ("it", "Ho già parlato con gli avvocati.", "avvocato"),
    ],
)
def test_stems_in_six_languages(language: str, said: str, looked_for: str) -> None:
    assert language in STEMMERS
    spoken = call([("customer", said)], language)
    assert reasons(wanted(keyword(looked_for, match="stem")), spoken)
    assert not reasons(wanted(keyword(looked_for, match="word")), spoken)


def test_a_language_without_rules_has_words_as_they_are() -> None:
    spoken = call([("customer", "Vi har en advokat.")], "sv")
    assert reasons(wanted(keyword("advokat", match="stem")), spoken)
    assert not reasons(wanted(keyword("advokater", match="stem")), spoken)


def test_composed_and_decomposed_letters_are_the_same() -> None:
    spoken = call([("customer", "Die Ku\u0308ndigung.")], "de")
    assert reasons(wanted(keyword("Kündigung")), spoken)


def test_all_any_and_one_group_within() -> None:
    low, high, word = score("under", 60), score("over", 60), keyword("lawyer")
    assert len(reasons(wanted(low, word), call())) == 2
    assert reasons(wanted(low, high), call()) == []
    assert len(reasons(wanted(low, high, match="any"), call())) == 1
    either = {"kind": "group", "match": "any", "conditions": [high, word]}
    both = {"kind": "group", "match": "all", "conditions": [high, word]}
    assert len(reasons(wanted(low, either), call())) == 2
    assert reasons(wanted(low, both), call()) == []
    assert len(reasons(wanted(low, both, match="any"), call())) == 1


WRONG: list[dict[str, Any]] = [
    {"conditions": []},
    {"conditions": [{"kind": "colour"}]},
    {"match": "none", "conditions": [score("under", 1)]},
    {"conditions": [score("under", 101)]},
    {"conditions": [score("under", float("nan"))]},
    {"conditions": [keyword()]},
    {"conditions": [keyword("...")]},
    {"conditions": [keyword("two words")]},
    {"conditions": [keyword("a" * 101)]},
    {"conditions": [keyword("a", match="regex")]},
    {"conditions": [{"kind": "silence", "measure": "percent", "value": 101}]},
    {"conditions": [{"kind": "group", "conditions": []}]},
    {"conditions": [{"kind": "group", "conditions": [{"kind": "group", "conditions": [score("under", 1)]}]}]},
    {"conditions": [score("under", 1)] * 21},
    {"conditions": [{"kind": "criterion", "key": "a", "verdicts": []}]},
    {"conditions": [{"kind": "sensitive_data", "kinds": ["secrets"]}]},
    {"conditions": [{"kind": "escalation", "value": 1}]},
]


@pytest.mark.parametrize("document", WRONG)
def test_what_makes_no_sense_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Conditions.model_validate(document)


def test_a_long_segment_is_quoted_in_part() -> None:
    found = message(reasons(wanted(keyword("lawyer")), call([("unknown", "word " * 100 + "lawyer")])))
    assert found.endswith("…")
    assert len(found) < 220
    assert "by somebody" in found


def test_many_phrases_that_begin_as_everything_does_take_no_time() -> None:
    said = call([("customer", "a " * 24_999)] * 8)
    words = [f"a b{number}" for number in range(50)]
    rule = wanted({"kind": "group", "conditions": [keyword(*words, match="phrase")] * 4}, match="any")
    begun = time.process_time()
    assert not reasons(rule, said)
    assert reasons(wanted(keyword("a a a", match="phrase", speaker="customer")), said)
    assert not reasons(wanted(keyword("a a a", match="phrase", speaker="agent")), said)
    assert time.process_time() - begun < 3


def test_words_that_go_on_over_anothers_are_none() -> None:
    said = call([("customer", "I want"), ("agent", "yes"), ("customer", "to cancel"), ("customer", "it now")])
    assert not reasons(wanted(keyword("want to", match="phrase", speaker="customer")), said)
    assert reasons(wanted(keyword("cancel it now", match="phrase", speaker="customer")), said)


def test_words_of_a_rule_are_counted_in_all() -> None:
    one = keyword(*(f"w{number}" for number in range(50)))
    assert checked_conditions({"conditions": [one] * 10}).number_of_words == MOST_WORDS_IN_ALL
    with pytest.raises(InvalidRequestError, match="words and phrases in all"):
        checked_conditions({"conditions": [*([one] * 9), {"kind": "group", "conditions": [one, one]}]})
