"""The published JSON schema: no older than the document, and of one mind with the import."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from calltrace.evaluation.criteria.registry import KINDS
from calltrace.scorecards.catalogue import ready_scorecards, ready_text
from calltrace.scorecards.schema import json_schema, schema_text

PUBLISHED = Path(__file__).parents[3] / "docs" / "scorecard.schema.json"
VALIDATOR = jsonschema_rs.validator_for(json_schema())


def test_the_published_schema_is_what_the_document_says_today() -> None:
    """If not: python scripts/make_scorecard_schema.py."""
    assert PUBLISHED.read_text("utf-8") == schema_text()


@pytest.mark.parametrize("key", ready_scorecards())
def test_what_ships_is_valid_by_the_schema(key: str) -> None:
    VALIDATOR.validate(yaml.safe_load(ready_text(key)))


def test_every_kind_is_in_it() -> None:
    check = json_schema()["$defs"]["Criterion"]["properties"]["check"]
    assert set(check["discriminator"]["mapping"]) == set(KINDS)


def small(**changes: Any) -> dict[str, Any]:
    said = {"kind": "said", "cues": [{"patterns": ["hello"]}]}
    criterion = {"key": "k", "name": "K", "points": 1, "check": said, **changes}
    return {"key": "card", "name": "Card", "sections": [{"name": "S", "criteria": [criterion]}]}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"critical": "section"},
        {"only_if": {"criterion": "other", "verdict": ["met", "not_met"]}},
        {"check": {"kind": "not_said", "phrases": ["never"]}},
    ],
)
def test_it_lets_pass_what_is_right(changes: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(small(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"points": 0},
        {"pionts": 3},
        {"critical": "whole"},
        {"threshold": 2},
        {"languages": ["english"]},
        {"only_if": {"criterion": "other", "verdict": "needs_review"}},
        {"check": {"kind": "sung"}},
        {"check": {"kind": "measure", "metric": "mood", "minimum": 1}},
        {"appliesWhen": {"patterns": ["x"]}},
    ],
)
def test_it_tells_an_editor_what_is_wrong(changes: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(small(**changes))
