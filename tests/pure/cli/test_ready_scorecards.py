"""Scorecards that ship, on the command line: listed, printed, used by their keys, without a database."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from calltrace.cli.analyze import evaluate
from calltrace.cli.scorecards import scorecards
from calltrace.kit.errors import UsageError
from calltrace.scorecards.catalogue import default_scorecard, named_scorecard, ready_scorecards, ready_text
from calltrace.scorecards.errors import ScorecardError
from calltrace.scorecards.schema import schema_text
from calltrace.scorecards.yaml import load_scorecard
from calltrace.settings import load_settings

local = typer.Typer()
local.command("evaluate")(evaluate)
SMALL = """\
key: small
name: Small
sections:
  - name: S
    criteria:
      - {key: k, name: K, points: 1, %s}
"""
QUICK = "check: {kind: measure, metric: duration_seconds, maximum: 60}"


def run(group: typer.Typer, *arguments: str) -> str:
    done = CliRunner().invoke(group, arguments, obj=load_settings())
    if done.exception is not None:
        raise done.exception
    return done.stdout


@pytest.fixture
def transcript(tmp_path: Path) -> Path:
    path = tmp_path / "call.json"
    turns = [
        ("agent", 0.0, 3.0, "Good morning, this is Nina, how can I help?"),
        ("customer", 4.0, 5.0, "Hello."),
    ]
    segments = [{"speaker": who, "start": a, "end": b, "text": text} for who, a, b, text in turns]
    path.write_text(json.dumps({"language": "en", "segments": segments}))
    return path


def test_what_ships_is_listed_without_an_organisation() -> None:
    listed = json.loads(run(scorecards, "list", "--ready", "--json"))
    assert [one["key"] for one in listed] == list(ready_scorecards())
    assert {one["criteria"] for one in listed} <= set(range(10, 15))
    assert all(key in run(scorecards, "list", "--ready") for key in ("technical_support", "sales"))


@pytest.mark.parametrize("arguments", [("list",), ("export", "sales")])
def test_without_an_organisation_only_what_ships_is_there(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="--org is missing"):
        run(scorecards, *arguments)


def test_one_that_ships_is_printed_with_its_comments_to_start_from() -> None:
    text = run(scorecards, "export", "sales", "--ready")
    assert text == ready_text("sales")
    assert text.startswith("# For calls in which something is offered")
    assert load_scorecard(text) == ready_scorecards()["sales"]
    as_json = json.loads(run(scorecards, "export", "sales", "--ready", "--json"))
    assert as_json == ready_scorecards()["sales"].model_dump(mode="json")
    with pytest.raises(UsageError, match="there are general_service_call, sales"):
        run(scorecards, "export", "marketing", "--ready")


def test_the_schema_is_printed_for_editors() -> None:
    assert run(scorecards, "schema") == schema_text()


def test_a_call_is_held_against_one_that_ships_by_its_key(transcript: Path) -> None:
    for key in ("appointment_desk", "general_service_call"):
        found = json.loads(run(local, str(transcript), "--scorecard", key, "--json"))
        assert [one["key"] for one in found["criteria"]] == [
            one.key for one in ready_scorecards()[key].criteria
        ]
    assert json.loads(run(local, str(transcript), "--json"))["scorecard"]["id"] == str(default_scorecard().id)


def test_a_file_goes_before_a_key(transcript: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(transcript.parent)
    Path("sales").write_text(SMALL % QUICK)
    found = json.loads(run(local, str(transcript), "--scorecard", "sales", "--json"))
    assert (found["scorecard"]["name"], found["score"]) == ("Small", 100)


def test_what_is_wrong_with_a_file_is_told_with_file_line_column_and_field(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(SMALL % QUICK.replace("maximum", "most"))
    with pytest.raises(ScorecardError) as refusal:
        named_scorecard(path)
    assert refusal.value.detail.startswith(f"{path}: line 6, column 87, sections.0.criteria.0.check.most: ")


@pytest.mark.parametrize("name", ["nowhere.yaml", "marketing", "."])
def test_neither_file_nor_key_names_what_there_is(name: str) -> None:
    with pytest.raises(UsageError, match="or one that ships: general_service_call, sales, collections"):
        named_scorecard(name)
