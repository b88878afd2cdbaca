"""What differs between two versions, as data."""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.diff import difference

NONE: dict[str, Any] = {"added": [], "removed": [], "changed": []}


def _document(**fields: Any) -> dict[str, Any]:
    return default_scorecard().model_dump(mode="json") | fields


def _first(document: dict[str, Any]) -> dict[str, Any]:
    return document["sections"][0]["criteria"][0]


def test_the_same_words_under_another_number_do_not_differ() -> None:
    assert difference(_document(), _document(version=7)) == {
        "scorecard": [], "sections": NONE, "criteria": NONE
    }  # fmt: skip


def test_fields_of_the_whole_and_of_a_criterion_are_named_with_both_values() -> None:
    before, after = _document(), _document(passMark=55.0)
    _first(after)["points"] = 99.0
    _first(after)["check"]["by"] = "anyone else"
    found = difference(before, after)
    assert found["scorecard"] == [{"field": "passMark", "before": before["passMark"], "after": 55.0}]
    (changed,) = found["criteria"]["changed"]
    assert changed["key"] == _first(before)["key"]
    assert {one["field"]: (one["before"], one["after"]) for one in changed["fields"]} == {
        "points": (_first(before)["points"], 99.0),
        "check.by": (_first(before)["check"].get("by"), "anyone else"),
    }


def test_criteria_come_and_go_by_their_keys() -> None:
    before, after = _document(), _document()
    gone = after["sections"][0]["criteria"].pop(0)
    new = copy.deepcopy(_first(after)) | {"key": "another", "name": "Another"}
    after["sections"][-1]["criteria"].append(new)
    found = difference(before, after)["criteria"]
    assert found == {
        "added": [{"key": "another", "name": "Another"}],
        "removed": [{"key": gone["key"], "name": gone["name"]}],
        "changed": [],
    }


def test_another_section_and_another_place_are_changes() -> None:
    before, after = _document(), _document()
    moved = after["sections"][0]["criteria"].pop(0)
    after["sections"][1]["criteria"].append(moved)
    fields = {one["key"]: one["fields"] for one in difference(before, after)["criteria"]["changed"]}
    names = [section["name"] for section in before["sections"]]
    assert {"field": "section", "before": names[0], "after": names[1]} in fields[moved["key"]]
    swapped = _document()
    swapped["sections"][0]["criteria"].reverse()
    places = [one["fields"] for one in difference(before, swapped)["criteria"]["changed"]]
    assert places
    assert all(fields[0]["field"] == "place" for fields in places)


def test_sections_come_go_and_change() -> None:
    before, after = _document(), _document()
    after["sections"][0]["name"] = "Renamed"
    found = difference(before, after)["sections"]
    assert (found["added"], found["removed"]) == (
        [{"name": "Renamed"}], [{"name": before["sections"][0]["name"]}]
    )  # fmt: skip
    weighted = _document()
    weighted["sections"][1]["weight"] = 3.0
    (changed,) = difference(before, weighted)["sections"]["changed"]
    assert changed["fields"] == [{"field": "weight", "before": None, "after": 3.0}]


@given(st.permutations(range(4)), st.integers(1, 999))
def test_backwards_is_the_same_with_its_sides_changed(order: list[int], points: int) -> None:
    before, after = _document(), _document()
    criteria = after["sections"][0]["criteria"]
    after["sections"][0]["criteria"] = [criteria[n] for n in order if n < len(criteria)] + criteria[4:]
    _first(after)["points"] = float(points)
    there, back = difference(before, after)["criteria"], difference(after, before)["criteria"]
    assert (there["added"], there["removed"]) == (back["removed"], back["added"])

    def sides(found: dict[str, Any], one: str, other: str) -> set[tuple[str, str, Any, Any]]:
        return {
            (changed["key"], field["field"], str(field[one]), str(field[other]))
            for changed in found["changed"]
            for field in changed["fields"]
        }

    assert sides(there, "before", "after") == sides(back, "after", "before")
