"""The form of a criterion: what is typed is the document, and what is wrong is said where it was typed."""

from typing import Any, cast

import pytest

from calltrace.db.base import Json
from calltrace.scorecards.catalogue import ready_scorecards
from calltrace.scorecards.document import Criterion
from calltrace.web.criterion_form import BLANKS, LINES, at, checked, typed, without
from calltrace.web.forms import Form

BASE = {"key": "a", "name": "A", "points": "10", "check.kind": "said", "check.cues.0.by": "agent"}


def _form(**values: Any) -> Form:
    sent: dict[str, list[str]] = {
        name: value if isinstance(value, list) else [value] for name, value in values.items()
    }
    return Form(sent)


def _document(criterion: Json) -> Json:
    return {"key": "k", "name": "K", "sections": [{"name": "All", "criteria": [criterion]}]}


def _fields(document: Any, path: str = "") -> dict[str, list[str]]:
    """A criterion as the browser sends it: every field that the form shows of it."""
    leaf, below = path.rpartition(".")[2], cast("dict[str, Any]", document)
    if isinstance(document, list):
        rows = cast("list[Any]", document)
        if not rows or not isinstance(rows[0], dict):
            return {path: _sent(leaf, [str(one) for one in rows])}
        below = {str(number): one for number, one in enumerate(rows)}
    elif isinstance(document, bool):
        return {path: ["true" if leaf == "critical" else "yes"]} if document else {}
    elif not isinstance(document, dict):
        return {path: ["" if document is None else str(document)]}
    found: dict[str, list[str]] = {}
    for name, one in below.items():
        found |= _fields(one, f"{path}.{name}" if path else name)
    return found


def _sent(leaf: str, values: list[str]) -> list[str]:
    if leaf in LINES:
        return ["\r\n".join(values)]
    return [" ".join(values)] if leaf == "languages" else values


@pytest.mark.parametrize(
    "criterion",
    [one for card in ready_scorecards().values() for one in card.criteria],
    ids=lambda one: one.key,
)
def test_every_criterion_that_ships_goes_through_the_form_unchanged(criterion: Criterion) -> None:
    sent = Form(_fields(criterion.model_dump(mode="json")))
    assert Criterion.model_validate(typed(sent)) == criterion


def test_what_is_left_empty_is_not_there() -> None:
    found = typed(_form(**BASE, **{
        "check.cues.0.patterns": "one\r\n\r\n two ", "check.cues.1.by": "customer",
        "check.cues.1.examples": "", "check.within.firstSeconds": "", "appliesWhen.by": "agent",
        "onlyIf.criterion": "", "onlyIf.verdict": ["met"],
        "check.near.when": "after", "threshold": "", "critical": "",
        "csrf": "x", "step": "save",
    }))  # fmt: skip
    assert found == {
        "key": "a", "name": "A", "points": "10", "critical": False,
        "check": {"kind": "said", "cues": [{"by": "agent", "patterns": ["one", "two"]}]},
    }  # fmt: skip


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no number": ({"points": "ten"}, "points"),
    "no key": ({"key": "Not a key"}, "key"),
    "no name": ({"name": ""}, "name"),
    "no cue": ({}, "check.cues"),
    "a pattern": ({"check.cues.0.patterns": "fine\n((("}, "check.cues.0.patterns"),
    "an act of the other side": ({"check.cues.0.acts": ["state_problem"]}, "check.cues.0"),
    "both windows": (
        {"check.cues.0.patterns": "x", "check.within.firstSeconds": "1", "check.within.lastSeconds": "1"},
        "check.within",
    ),
    "near nothing": ({"check.cues.0.patterns": "x", "check.near.seconds": "5"}, "check.near.cue"),
    "a condition": ({"onlyIf.criterion": "nobody", "onlyIf.verdict": ["met"]}, "onlyIf.criterion"),
    "a verdict": ({"onlyIf.criterion": "a", "onlyIf.verdict": ["good"]}, "onlyIf.verdict"),
    "a language": ({"languages": "german"}, "languages"),
    "critical": ({"critical": "very"}, "critical"),
    "an occasion": ({"appliesWhen.patterns": "((("}, "appliesWhen.patterns"),
}


@pytest.mark.parametrize(("changes", "field"), WRONG.values(), ids=WRONG)
def test_a_fault_is_said_at_its_field(changes: dict[str, Any], field: str) -> None:
    good = {} if field.startswith("check.cues") else {"check.cues.0.patterns": "x"}
    found, mistakes = checked(_document(typed(_form(**{**BASE, **good, **changes}))), (0, 0))
    assert found is None
    assert field in mistakes.fields, mistakes
    assert field in [name for name, _detail in mistakes.summary]


def test_a_fault_elsewhere_is_said_in_the_summary_only() -> None:
    document = _document(typed(_form(**BASE, **{"check.cues.0.patterns": "x"}))) | {"passMark": 300}
    _found, mistakes = checked(document, (0, 0))
    assert mistakes.fields == {}
    assert mistakes.summary[0][1].startswith("passMark: ")


def test_a_part_is_taken_out() -> None:
    document: Json = {"check": {"cues": [{"by": "agent"}, {"by": "customer"}]}}
    assert without(document, "check.cues.0")["check"]["cues"] == [{"by": "customer"}]
    for nonsense in ("check.cues.7", "check.cues.x", "check.kind.0", "name", ""):
        assert without(document, nonsense)["check"]["cues"] == [{"by": "customer"}]


def test_what_is_not_there_reads_as_empty() -> None:
    document: Json = {"check": {"cues": [{"patterns": ["x"]}]}, "threshold": None}
    assert at(document, "check.cues.0.patterns") == ["x"]
    for path in ("check.cues.1.patterns", "check.cues.x", "threshold", "a.b", "check.cues.0.patterns.0.a"):
        assert at(document, path) == ""


def test_fields_that_no_form_has_do_no_harm() -> None:
    strange = {
        "check.kind.deeper": "x",
        "check": "y",
        "a.b": "c",
        "name.1.2.3.4.5.6.7": "d",
        "check.cues.-1.by": "e",
    }
    assert checked(_document(typed(_form(**{**BASE, **strange}))), (0, 0))[0] is None


def test_a_fault_of_another_criterion_is_told_by_its_name() -> None:
    condition = {"onlyIf.criterion": "gone", "onlyIf.verdict": ["met"]}
    other = typed(_form(**{**BASE, **condition, "name": "Other", "check.cues.0.patterns": "x"}))
    _found, mistakes = checked(_document(other), None)
    assert mistakes.summary == [("", "“Other”: There is no criterion gone.")]


def test_a_fault_of_the_settings_is_said_at_its_field() -> None:
    document = _document(typed(_form(**BASE, **{"check.cues.0.patterns": "x"})))
    document["passMark"], document["sections"][0]["weight"] = "much", "-1"
    _found, mistakes = checked(document, None)
    assert set(mistakes.fields) == {"passMark", "sections.0.weight"}


@pytest.mark.parametrize("kind", list(BLANKS))
def test_a_new_one_of_each_kind_begins_with_what_it_needs(kind: str) -> None:
    sent = Form(_fields({"points": 10, "check": {"kind": kind, **BLANKS[kind]}}))
    _found, mistakes = checked(_document(typed(sent)), (0, 0))
    assert {"name", "key"} <= set(mistakes.fields), "these have to be typed"
