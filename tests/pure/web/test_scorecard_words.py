"""Scorecards in words, and what differs between two in words."""

from typing import Any

import pytest

from calltrace.db.base import Json
from calltrace.scorecards.catalogue import ready_scorecards
from calltrace.scorecards.document import Criterion, Scorecard
from calltrace.web.scorecard_diff import compared
from calltrace.web.scorecard_words import describe, lines, names_of

CUE: Json = {"by": "agent", "patterns": ["good morning"]}
OTHER: Json = {"by": "customer", "examples": ["That does not work."]}
SENTENCES: dict[str, tuple[Json, str]] = {
    "said": ({"kind": "said", "cues": [CUE]}, "Said by the agent"),
    "first": (
        {"kind": "said", "cues": [CUE], "within": {"firstSeconds": 30}},
        "Said in the first 30 seconds by the agent",
    ),
    "near": (
        {"kind": "said", "cues": [CUE, CUE], "near": {"cue": OTHER, "seconds": 20}},
        "All of this is said by the agent, within 20 seconds after the customer says “That does not work.”",
    ),
    "sides": ({"kind": "said", "cues": [CUE, OTHER]}, "All of this is said by agent and customer"),
    "never": ({"kind": "not_said", "phrases": ["100 % safe"]}, "Never said by the agent"),
    "order": (
        {"kind": "sequence", "steps": [CUE, OTHER], "maxGapSeconds": 5},
        "Said in this order, each within 5 seconds",
    ),
    "verified": (
        {"kind": "verification", "ask": CUE, "answer": OTHER, "detail": CUE},
        "The customer is identified before any detail is given",
    ),
    "hold": (
        {"kind": "hold", "ask": CUE, "bare": CUE, "back": CUE},
        "Each hold of 15 seconds or more is announced and ended",
    ),
    "share": (
        {"kind": "measure", "metric": "silence_share", "maximum": 0.2},
        "Share of silence: at most 20 %",
    ),
    "between": (
        {"kind": "measure", "metric": "agent_words_per_minute", "minimum": 110, "maximum": 170},
        "Agent's words per minute: 110 to 170",
    ),
    "question": (
        {"kind": "question", "question": "Was it solved?",
         "answers": [{"text": "Yes", "verdict": "met"}, {"text": "Half", "share": 0.5}]},
        "Was it solved?",
    ),
    "sensitive": (
        {"kind": "sensitive_data", "kinds": ["payment_card", "cvv"], "onlyBy": "customer"},
        "Not spoken, but by the customer: card number, security code",
    ),
    "mood": ({"kind": "sentiment_change", "expect": "better"}, "The customer's mood gets better in the call"),
}  # fmt: skip


def _criterion(check: Json, **changes: Any) -> Criterion:
    return Criterion.model_validate({"key": "a", "name": "A", "points": 10, "check": check, **changes})


@pytest.mark.parametrize(("check", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_every_kind_is_one_sentence(check: Json, sentence: str) -> None:
    assert describe(_criterion(check), {}).sentence == sentence


GISTS = {
    "said": "“good morning”",
    "sides": "“good morning” and “That does not work.”",
    "never": "“100 % safe”",
    "order": "“good morning”, then “That does not work.”",
    "share": "",
}


@pytest.mark.parametrize(("name", "gist"), GISTS.items())
def test_what_is_listened_for_is_told_in_a_few_words(name: str, gist: str) -> None:
    assert describe(_criterion(SENTENCES[name][0]), {}).gist == gist


def test_conditions_say_when_it_counts() -> None:
    one = _criterion(
        SENTENCES["said"][0], onlyIf={"criterion": "b", "verdict": ["met", "partly_met"]}, appliesWhen=OTHER,
        languages=["de"], threshold=0.75,
    )  # fmt: skip
    assert describe(one, {"b": "Budget"}).conditions == [
        "Only if “Budget” is met or partly met",
        "Only in calls in which the customer says “That does not work.”",
        "Only in German",
        "Goes to review below 75 % certainty",
    ]


@pytest.mark.parametrize("scorecard", ready_scorecards().values(), ids=ready_scorecards().keys())
def test_all_that_ship_are_told_without_names_of_the_program(scorecard: Scorecard) -> None:
    names = names_of(scorecard)
    told = [line for one in scorecard.criteria for line in lines(one, names)]
    written = {pattern for line in told for pattern in [line] if ": Words of " in line}
    assert not [line for line in told if "_" in line and line not in written]


def _stored(**changes: Any) -> Json:
    base: Json = {
        "key": "k", "name": "K", "sections": [
            {"name": "All", "criteria": [
                {"key": "a", "name": "A", "points": 10, "check": {"kind": "said", "cues": [CUE]}},
                {"key": "b", "name": "B", "points": 5, "check": {"kind": "said", "cues": [OTHER]}},
            ]},
        ],
    }  # fmt: skip
    return Scorecard.model_validate(base | changes).model_dump(mode="json")


def test_the_same_document_differs_in_nothing() -> None:
    assert compared(_stored(), _stored()).nothing


def test_what_differs_is_told_as_lines_that_went_and_came() -> None:
    after = _stored(name="New", pass_mark=80)
    section = after["sections"][0]
    section["criteria"][0]["points"] = 15.0
    section["criteria"][0]["check"]["cues"][0]["patterns"] = ["good evening"]
    section["criteria"][1] = {**section["criteria"][1], "key": "c", "name": "C"}
    found = compared(_stored(), after)
    assert found.whole == [
        ("gone", "Name: K"), ("new", "Name: New"), ("gone", "Pass mark: 70"), ("new", "Pass mark: 80"),
    ]  # fmt: skip
    removed, added, changed = found.criteria
    assert [(one.key, one.what) for one in (removed, added, changed)] == [
        ("b", "removed"), ("c", "added"), ("a", "changed"),
    ]  # fmt: skip
    assert changed.lines == [
        ("gone", "Points: 10"), ("new", "Points: 15"),
        ("gone", "Listened for: Words of the agent: good morning"),
        ("new", "Listened for: Words of the agent: good evening"),
    ]  # fmt: skip


def test_a_criterion_that_only_moved_is_told_by_its_place() -> None:
    after = _stored()
    after["sections"][0]["criteria"].reverse()
    assert {line for one in compared(_stored(), after).criteria for line in one.lines} == {
        ("gone", "Place: 1"), ("new", "Place: 2"), ("gone", "Place: 2"), ("new", "Place: 1"),
    }  # fmt: skip
