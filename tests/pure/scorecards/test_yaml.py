"""Scorecards as files: what is read, what is refused, and how clearly."""

import re
from pathlib import Path
from uuid import UUID

import pytest

from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.errors import ScorecardError
from calltrace.scorecards.yaml import MAX_BYTES, dump_scorecard, load_scorecard

SMALL = """\
key: renewals
name: Renewals
sections:
  - name: Offer
    criteria:
      - key: offer
        name: Makes the offer
        points: 10
        check:
          kind: said
          cues:
            - examples: ["We would like to offer you a better plan"]
"""

EXPECTED = {
    "greeting": 10,
    "recording_disclosure": 10,
    "identity_verification": 15,
    "purpose_declaration": 5,
    "need_discovery": 10,
    "empathy": 10,
    "hold_procedure": 10,
    "resolution": 15,
    "closing": 5,
    "prohibited_phrases": 10,
}


def test_the_default_scorecard_has_the_documented_keys_and_points() -> None:
    assert {criterion.key: criterion.points for criterion in default_scorecard().criteria} == EXPECTED


def test_only_prohibited_phrases_are_critical_and_only_the_recording_notice_is_a_disclosure() -> None:
    criteria = default_scorecard().criteria
    assert [criterion.key for criterion in criteria if criterion.critical] == ["prohibited_phrases"]
    assert [criterion.key for criterion in criteria if criterion.disclosure] == ["recording_disclosure"]


def test_the_default_scorecard_has_the_same_id_everywhere() -> None:
    assert default_scorecard().id == UUID("62708881-cb81-5c58-9f4c-40933e54907f")


def test_a_scorecard_survives_a_round_trip() -> None:
    for scorecard in (default_scorecard(), load_scorecard(SMALL)):
        assert load_scorecard(dump_scorecard(scorecard)) == scorecard


def test_a_scorecard_keeps_its_id_when_its_key_changes() -> None:
    first = load_scorecard(SMALL)
    renamed = load_scorecard(dump_scorecard(first).replace("key: renewals", "key: renewed"))
    assert renamed.id == first.id


def test_bytes_with_a_byte_order_mark_are_read() -> None:
    assert load_scorecard(SMALL.encode("utf-8-sig")).key == "renewals"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "points: 10",
            "points: -1",
            "line 8, column 9, sections.0.criteria.0.points: Input should be greater than 0",
        ),
        ("points: 10", "pionts: 10", "pionts"),
        ("kind: said", "kind: sung", "line 10, column 11, sections.0.criteria.0.check.kind: sung is no kind"),
        ("key: offer", "key: Offer!", "line 6, column 9, sections.0.criteria.0.key"),
        ("examples: [", "acts: [", "unknown acts for agent"),
        ("- examples: [", "- patterns: ['(((']\n              examples: [", "a pattern is words"),
        ("- examples: [", f"- patterns: ['{'(a|b) ' * 24}']\n              examples: [", "at most 1024 ways"),
        ("name: Renewals", "name: A\nname: B", "line 3, column 1, name: name is given twice"),
        (
            "name: Renewals",
            "name: &a Renewals\ndescription: *a",
            "line 3, column 14: anchors and aliases are not allowed",
        ),
        ("name: Renewals", "name: [", "line 4, column 3"),
        ("kind: said", "type: said", "line 9, column 9, sections.0.criteria.0.check: kind is missing"),
        (
            "points: 10",
            "points: ten",
            "line 8, column 9, sections.0.criteria.0.points: Input should be a valid number",
        ),
        (
            "points: 10",
            "points: .nan",
            "line 8, column 9, sections.0.criteria.0.points: Input should be a finite",
        ),
        (
            "points: 10",
            "points: 10\n        critical: perhaps",
            "line 9, column 9, sections.0.criteria.0.critical",
        ),
        (
            "name: Renewals",
            "name: no",
            "line 2, column 1, name: this has to be text: yes, no, true and false",
        ),
        (
            "name: Renewals",
            "name: A\nlanguages: [de, no]",
            "line 3, column 17, languages.1: this has to be text",
        ),
        ("name: Renewals", "name: 2020-99-99", "line 2, column 7: this reads like a value of type timestamp"),
        (
            "name: Renewals",
            f"name: A\nversion: {'9' * 5000}",
            "line 3, column 10: this reads like a value of type int",
        ),
        ("name: Renewals", "name: A\n7: b", "line 3, column 1, 7: Keys should be strings"),
        ("name: Renewals", "name: A\n? [a]\n: b", "line 3, column 3: found unhashable key"),
        ("name: Renewals", "name: " + "[" * 30 + "]" * 30, "line 2, column 27, name.0.0: nested too deeply"),
        ("name: Renewals", "name: A\x07", "line 2, column 8: YAML does not allow this character"),
        ("name: Renewals", "\tname: A", "line 2, column 1: found character"),
        (
            "points: 10",
            "points: 10\n        only_if: {criterion: ofer, verdict: met}",
            "line 9, column 19, sections.0.criteria.0.only_if.criterion: there is no criterion ofer",
        ),
        (
            "points: 10",
            "points: 10\n        only_if: {criterion: offer, verdict: met}",
            "line 9, column 19, sections.0.criteria.0.only_if.criterion: conditions go in a circle: offer",
        ),
        (
            "name: Renewals",
            r'name: "a\0b"',
            "line 2, column 7, name: holds a character that cannot be stored",
        ),
        (
            "name: Renewals",
            r'name: "a\ud800b"',
            "line 2, column 7, name: holds a character that cannot be stored",
        ),
    ],
)
def test_a_wrong_scorecard_is_refused_with_the_place(old: str, new: str, message: str) -> None:
    with pytest.raises(ScorecardError, match=re.escape(message)) as refusal:
        load_scorecard(SMALL.replace(old, new, 1))
    assert refusal.value.code == "invalid_scorecard"


def test_every_fault_is_told_with_its_place() -> None:
    wrong = SMALL.replace("points: 10", "pionts: 10").replace("key: renewals", "key: Renewals!")
    with pytest.raises(ScorecardError, match=r"\(and 2 more\)") as refusal:
        load_scorecard(wrong)
    assert {(one.pointer, one.detail.partition(":")[0]) for one in refusal.value.errors} == {
        ("/sections/0/criteria/0/pionts", "line 8, column 9"),
        ("/sections/0/criteria/0", "line 6, column 9"),
        ("/key", "line 1, column 1"),
    }


def test_python_objects_in_yaml_are_refused(tmp_path: Path) -> None:
    target = tmp_path / "made"
    with pytest.raises(ScorecardError):
        load_scorecard(f"key: !!python/object/apply:os.mkdir ['{target}']")
    assert not target.exists()


@pytest.mark.parametrize("text", ["", "- a", "42", "\x00", "key: " + "[" * 3000, "{}", "key: 2020-99-99"])
def test_anything_else_is_a_scorecard_error_and_nothing_worse(text: str) -> None:
    with pytest.raises(ScorecardError):
        load_scorecard(text)


def test_a_huge_file_is_refused_unread() -> None:
    with pytest.raises(ScorecardError, match="at most"):
        load_scorecard("#" * (MAX_BYTES + 1))


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(ScorecardError, match="line 2, column 7: a scorecard is a UTF-8"):
        load_scorecard(b"key: a\nname: \xff")


def test_weights_are_for_all_sections_or_none() -> None:
    two = SMALL + "  - name: Other\n    weight: 2\n    criteria:\n" + _second_criterion()
    with pytest.raises(ScorecardError, match="weight"):
        load_scorecard(two)


def test_criterion_keys_must_differ() -> None:
    two = SMALL + "  - name: Other\n    criteria:\n" + _second_criterion().replace("other", "offer")
    with pytest.raises(ScorecardError, match="must differ: offer"):
        load_scorecard(two)


def _second_criterion() -> str:
    lines = SMALL[SMALL.index("      - key") :]
    return lines.replace("key: offer", "key: other")


def test_a_scorecard_that_would_take_minutes_to_evaluate_is_refused() -> None:
    phrases = ", ".join(f"say number {n}" for n in range(100))
    cues = "\n".join(f"            - patterns: [{phrases}]" for _ in range(6))
    criteria = "".join(
        f"      - key: k{n}\n        name: N\n        points: 1\n        check:\n"
        f"          kind: said\n          cues:\n{cues}\n"
        for n in range(4)
    )
    with pytest.raises(ScorecardError, match="at most 2000 patterns and examples in all; here are 2400"):
        load_scorecard(SMALL[: SMALL.index("      - key")] + criteria)


@pytest.mark.parametrize("value", ['!!int ""', '!!float ""', '!!bool "x"', '!!timestamp "x"'])
def test_a_value_that_is_not_of_its_own_tag_is_refused_with_its_place(value: str) -> None:
    with pytest.raises(ScorecardError, match=r"line 3, column 12: this reads like a value of type"):
        load_scorecard(f"key: a\nname: A\npass_mark: {value}\nsections: []\n")
