"""The machine's evaluation and people's words make the one that is shown."""

import pytest

from calltrace.evaluation.human import Word, only_suggested, with_words
from calltrace.evaluation.results import Settled
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.document import Scorecard
from database.reviews.factory import Line, judged

SCORECARD = default_scorecard()
KEYS = [one.key for one in SCORECARD.criteria]


def _word(verdict: Settled | None, revision: int = 1) -> Word:
    decision = "overridden" if verdict else "undone"
    return Word(decision, verdict, None, "Because.", (), "2026-06-19T12:00:00.000Z", revision)


def test_without_words_nothing_changes() -> None:
    machine = judged({"greeting": Line("not_met")})
    assert with_words(machine, SCORECARD, {}) == machine


def test_what_is_shown_can_be_stored_and_read_again_and_undone_without_a_trace() -> None:
    machine = judged({"greeting": Line("not_met"), "empathy": Line("needs_review", "met")})
    shown = with_words(machine, SCORECARD, {"greeting": _word("met"), "empathy": _word("not_applicable")})
    assert type(shown).model_validate_json(shown.model_dump_json()) == shown
    undone = with_words(machine, SCORECARD, {"greeting": _word(None, 2), "empathy": _word(None, 2)})
    assert [one.model_copy(update={"human": None}) for one in undone.criteria] == machine.criteria
    assert undone.model_copy(update={"criteria": machine.criteria}) == machine


def test_the_published_shape_is_as_it_was_where_no_person_did_anything() -> None:
    document = judged().model_dump(mode="json")
    assert not {"machine", "formerOverrides"} & set(document)
    assert not {"machine", "human", "suggested"} & set(document["criteria"][0])


def test_a_call_in_which_nothing_was_heard_has_a_score_once_all_is_decided() -> None:
    machine = judged(dict.fromkeys(KEYS, Line("needs_review"))).model_copy(
        update={"score": None, "passed": None}
    )
    some = with_words(machine, SCORECARD, {key: _word("met") for key in KEYS[1:]})
    assert (some.score, some.passed) == (None, None)
    every = with_words(machine, SCORECARD, {key: _word("met") for key in KEYS})
    assert (every.score, every.passed) == (100, True)


def test_a_summary_in_other_words_is_left_alone() -> None:
    machine = judged({"greeting": Line("not_met")}).model_copy(update={"summary": "Written otherwise."})
    assert with_words(machine, SCORECARD, {"greeting": _word("met")}).summary == "Written otherwise."


@pytest.mark.parametrize("verdict", ["not_met", "met"])
def test_a_suggestion_keeps_its_points_and_fails_nobody(verdict: Settled) -> None:
    machine = judged({"prohibited_phrases": Line(verdict)})
    shown = only_suggested(machine, SCORECARD, {"prohibited_phrases", "unknown"})
    line = next(one for one in shown.criteria if one.key == "prohibited_phrases")
    assert (line.verdict, line.best_guess, line.suggested) == ("needs_review", verdict, True)
    assert shown.score is not None
    assert (shown.score > 0, machine.score == 0) == (True, verdict == "not_met")
    overridden = with_words(shown, SCORECARD, {"prohibited_phrases": _word("met")})
    assert overridden.score == 100


def test_what_depends_on_a_suggestion_is_one_too() -> None:
    card = default_scorecard().model_dump(mode="json", exclude_unset=True)
    card["sections"][-1]["criteria"][-1]["only_if"] = {"criterion": "greeting", "verdict": "met"}
    scorecard = Scorecard.model_validate(card)
    last = scorecard.criteria[-1].key
    shown = only_suggested(judged(), scorecard, {"greeting"})
    suggested = {one.key: one.reason for one in shown.criteria if one.suggested}
    assert suggested.keys() == {"greeting", last}
    assert "it depends on greeting" in suggested[last]
