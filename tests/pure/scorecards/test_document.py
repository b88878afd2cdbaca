"""What a scorecard document may say, and that documents from before say the same as ever."""

from typing import Any

import pytest
from pydantic import ValidationError

from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.checks import AnyCheck, NotSaid, Question, Said, Sequence, cues_of, spoken
from calltrace.scorecards.cues import speaks
from calltrace.scorecards.document import Criterion, Scorecard
from calltrace.scorecards.patterns import compile_pattern, phrase_pattern, plain
from calltrace.scorecards.yaml import dump_scorecard, load_scorecard

WORDS: dict[str, Any] = {"patterns": ["good morning"]}
SAID: dict[str, Any] = {"kind": "said", "cues": [WORDS]}
ANSWERS = [{"text": "it was", "share": 1}, {"text": "it was not", "verdict": "not_met"}]


def criterion(key: str = "k", **more: Any) -> dict[str, Any]:
    return {"key": key, "name": key, "points": 5, "check": SAID, **more}


def scorecard(*criteria: dict[str, Any], **more: Any) -> Scorecard:
    sections = [{"name": "S", "criteria": list(criteria)}]
    return Scorecard.model_validate({"key": "card", "name": "Card", "sections": sections, **more})


def check(**values: Any) -> AnyCheck:
    return Criterion.model_validate(criterion(check=values)).check


def test_what_was_stored_before_is_read_and_stored_as_it_was() -> None:
    """A version's document never changes, and the trained heads know a check by what it says."""
    stored = default_scorecard().model_dump(mode="json")
    first = stored["sections"][0]["criteria"][0]
    assert set(first) == {
        "key", "name", "points", "critical", "bonus", "disclosure", "appliesWhen", "check", "advice",
    }  # fmt: skip
    assert set(first["check"]) == {"kind", "cues", "within", "partial"}
    assert set(first["check"]["cues"][0]) == {
        "by", "acts", "notActs", "patterns", "examples", "counterExamples",
    }  # fmt: skip
    assert Scorecard.model_validate(stored) == default_scorecard()


def test_everything_new_survives_a_round_trip() -> None:
    near = {"cue": {"by": "customer", "languages": ["de"], "patterns": ["hilfe"]}, "seconds": 20}
    made = scorecard(
        criterion("a", critical="section", threshold=0.8, languages=["de", "en"]),
        criterion("b", only_if={"criterion": "a", "verdict": ["met", "partly_met"]}),
        criterion("c", check={**SAID, "near": near}),
        criterion("d", check={"kind": "not_said", "phrases": ["100 % safe!"]}),
        criterion("e", check={"kind": "sequence", "steps": [WORDS, WORDS], "max_gap_seconds": 9}),
        criterion("f", check={"kind": "question", "question": "Was it good?", "answers": ANSWERS}),
        criterion("g", check={"kind": "sensitive_data", "kinds": ["cvv"], "only_by": "customer"}),
        criterion("h", check={"kind": "sentiment_change", "expect": "better"}),
    )
    assert load_scorecard(dump_scorecard(made)) == made
    assert Scorecard.model_validate(made.model_dump(mode="json")) == made


@pytest.mark.parametrize(("value", "read"), [(True, True), (False, False), ("section", "section")])
def test_critical_is_yes_no_or_the_section(value: object, read: object) -> None:
    assert Criterion.model_validate(criterion(critical=value)).critical is read or read == "section"


def asked(*answers: dict[str, Any]) -> dict[str, Any]:
    return {"check": {"kind": "question", "question": "Was it good?", "answers": list(answers)}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"critical": "whole"},
        {"threshold": 1.5},
        {"languages": ["english"]},
        {"only_if": {"criterion": "k", "verdict": "needs_review"}},
        {"only_if": {"criterion": "a", "verdict": []}},
        {"check": {"kind": "said", "cues": [WORDS], "near": {"cue": WORDS}}},
        {"check": {"kind": "said", "cues": [WORDS], "near": {"cue": WORDS, "seconds": 0}}},
        {"check": {"kind": "not_said"}},
        {"check": {"kind": "not_said", "phrases": ["!?"]}},
        {"check": {"kind": "sequence", "steps": [WORDS, WORDS], "max_gap_seconds": -1}},
        {"check": {"kind": "measure", "metric": "mood", "minimum": 1}},
        asked(ANSWERS[0]),
        asked(ANSWERS[0], ANSWERS[0]),
        asked({"text": "", "share": 1}, *ANSWERS),
        asked({"text": "a", "share": 2}, *ANSWERS),
        asked({"text": "a"}, *ANSWERS),
        asked({"text": "a", "verdict": "met", "share": 1}, *ANSWERS),
        asked({"text": "a", "verdict": "partly_met"}, *ANSWERS),
        asked({"text": "a", "share": 0}, {"text": "b", "verdict": "not_applicable"}),
        asked({"text": "a", "share": 0.5}, {"text": "b", "share": 0.5}),
        {"check": {"kind": "sensitive_data", "kinds": ["shoe_size"]}},
        {"check": {"kind": "sensitive_data", "kinds": []}},
        {"check": {"kind": "sentiment_change", "expect": "worse"}},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Criterion.model_validate(criterion(**wrong))


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"a": "b", "b": "a"}, "conditions go in a circle: a -> b -> a"),
        ({"a": "a"}, "conditions go in a circle: a -> a"),
        ({"a": "b", "b": "c", "c": "b"}, "conditions go in a circle: b -> c -> b"),
        ({"a": "z"}, "there is no criterion z"),
    ],
)
def test_conditions_name_other_criteria_and_never_go_in_a_circle(
    conditions: dict[str, str], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        scorecard(*(_conditional(key, conditions.get(key)) for key in "abc"))


def test_criteria_are_judged_after_what_they_depend_on_wherever_they_stand() -> None:
    made = scorecard(_conditional("a", "b"), _conditional("b", "c"), _conditional("c", None))
    assert [one.key for one in made.in_order] == ["c", "b", "a"]
    assert [one.key for one in made.criteria] == ["a", "b", "c"]


def _conditional(key: str, on: str | None) -> dict[str, Any]:
    return criterion(key, only_if={"criterion": on, "verdict": "met"} if on else None)


@pytest.mark.parametrize(
    ("phrase", "said", "found"),
    [
        ("100 % safe", "It is 100% safe, believe me.", True),
        ("100 % safe", "It is 100 safe deposits.", True),
        ("Don't worry!", "Oh, don\u2019t worry about that", True),
        ("you can't lose", "You cannot lose", False),
        ("c'est garanti", "C\u2019EST GARANTI.", True),
        ("Sie gehen ins Gefängnis", "sie gehen ins gefangnis", True),
        ("call*", "He is calling you", True),
        ("final offer", "The final, last offer", False),
    ],
)
def test_a_phrase_is_found_as_it_is_spoken(phrase: str, said: str, *, found: bool) -> None:
    assert bool(compile_pattern(phrase_pattern(phrase)).search(plain(said))) is found


def test_phrases_count_among_what_is_looked_for() -> None:
    listed = check(kind="not_said", phrases=["a b", "c d"], cue=WORDS)
    assert isinstance(listed, NotSaid)
    assert [cue.patterns for cue in cues_of(listed)] == [["good morning"], ["a b", "c d"]]
    assert scorecard(criterion(check={"kind": "not_said", "phrases": ["x"] * 7})).phrases == 7


def test_the_cue_of_a_neighbour_counts_too() -> None:
    assert scorecard(criterion(check={**SAID, "near": {"cue": WORDS, "seconds": 5}})).phrases == 2


@pytest.mark.parametrize(
    ("languages", "language", "meant"),
    [
        ([], "fr", True), (["de"], "de", True), (["de"], "de-AT", True), (["de"], "DE_ch", True),
        (["de"], "fr", False), (["de"], "und", True), (["de"], "", True),
    ],
)  # fmt: skip
def test_a_language_is_one_of_those_that_are_meant(
    languages: list[str], language: str, *, meant: bool
) -> None:
    assert speaks(languages, language) is meant


def test_cues_for_other_languages_are_left_out() -> None:
    german = {**WORDS, "languages": ["de"]}
    both = check(kind="said", cues=[WORDS, german])
    assert isinstance(both, Said)
    assert spoken(both, "de") == both
    left = spoken(both, "en")
    assert isinstance(left, Said)
    assert left.cues == both.cues[:1]
    steps = spoken(check(kind="sequence", steps=[german, WORDS]), "en")
    assert isinstance(steps, Sequence)
    assert len(steps.steps) == 1
    listed = spoken(check(kind="not_said", cue=german, phrases=["x"]), "en")
    assert isinstance(listed, NotSaid)
    assert (listed.cue, listed.phrases) == (None, ["x"])


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "said", "cues": [{**WORDS, "languages": ["de"]}]},
        {"kind": "said", "cues": [WORDS], "near": {"cue": {**WORDS, "languages": ["de"]}, "seconds": 5}},
        {"kind": "not_said", "cue": {**WORDS, "languages": ["de"]}},
        {"kind": "verification", "ask": WORDS, "answer": {**WORDS, "languages": ["de"]}, "detail": WORDS},
    ],
)
def test_without_a_cue_that_is_needed_nothing_is_left(values: dict[str, Any]) -> None:
    assert spoken(check(**values), "fr") is None
    assert spoken(check(**values), "de") == check(**values)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ({"share": 1}, "met"), ({"share": 0}, "not_met"), ({"share": 0.25}, "partly_met"),
        ({"verdict": "met"}, "met"), ({"verdict": "not_applicable"}, "not_applicable"),
    ],
)  # fmt: skip
def test_an_answer_is_a_verdict(answer: dict[str, Any], meaning: str) -> None:
    values = [{"text": "this", **answer}, {"text": "that", "share": 0.5}]
    made = check(kind="question", question="Was it good?", answers=values)
    assert isinstance(made, Question)
    assert made.answers[0].meaning == meaning


def test_an_answer_that_every_question_has_already_is_refused() -> None:
    values = [{"text": "yes", "share": 1}, {"text": " Unsure", "share": 0}]
    with pytest.raises(ValidationError, match="is an answer of every question already"):
        check(kind="question", question="Was it good?", answers=values)


def test_the_list_of_kinds_is_closed() -> None:
    with pytest.raises(ValidationError):
        check(kind="guess")
