"""``calltrace scorecards``, ``queues`` and ``agents``, in this process against the real database."""

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from calltrace.cli.catalog import agents, projects, queues
from calltrace.cli.people import users
from calltrace.cli.scorecards import scorecards
from calltrace.kit.errors import CallTraceError, InvalidRequestError, NotFoundError, UsageError
from calltrace.scorecards.errors import ScorecardError
from calltrace.settings import load_settings
from database.cli.conftest import Run, new_organisation
from database.scorecards.factory import YAML

RENEWALS = YAML.format(key="renewals", name="Renewals", words="good morning")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "renewals.yaml"
    path.write_text(RENEWALS)
    return path


def _json(text: str) -> Any:
    return json.loads(text)


@pytest.mark.accepts("CT-046")
def test_a_file_becomes_the_scorecard_of_a_queue(run: Run, file: Path) -> None:
    queue = _json(run(queues, "create", "Sales", "--external-id", "q-1", "--json"))
    made = _json(run(scorecards, "import", str(file), "--queue", "Sales", "--json"))
    assert (made["key"], made["externalId"], made["version"]) == ("renewals", "renewals", 1)
    assert made["queueId"] == queue["id"]
    [listed] = _json(run(queues, "list", "--json"))
    assert listed == queue | {"scorecardId": made["id"], "updatedAt": listed["updatedAt"]}
    other = _json(run(queues, "create", "Other", "--scorecard", "Renewals", "--json"))
    assert other["scorecardId"] == made["id"]


def test_one_that_ships_is_stored_by_its_key_and_only_once(run: Run) -> None:
    first = _json(run(scorecards, "import", "technical_support", "--json"))
    assert (first["key"], first["name"], first["version"]) == (
        "technical_support", "Technical support call", 1,
    )  # fmt: skip
    assert _json(run(scorecards, "import", "technical_support", "--json")) == first


def test_what_is_exported_can_be_imported_as_the_next_version(run: Run, file: Path) -> None:
    made = _json(run(scorecards, "import", str(file), "--json"))
    exported = run(scorecards, "export", "Renewals")
    assert yaml.safe_load(exported)["id"] == made["id"]
    changed = exported.replace("key: renewals\n", "key: renewed\n").replace("points: 10", "points: 20")
    file.write_text(changed)  # the id says which one it is, whatever the key has become
    again = _json(run(scorecards, "import", str(file), "--json"))
    assert (again["id"], again["version"], again["key"]) == (made["id"], 2, "renewed")
    assert _json(run(scorecards, "import", str(file), "--json"))["version"] == 2  # nothing changed
    first = _json(run(scorecards, "export", made["id"], "--version", "1", "--json"))
    assert (first["version"], first["sections"][0]["criteria"][0]["points"]) == (1, 10)


def test_a_file_without_an_id_is_known_by_its_key(run: Run, file: Path) -> None:
    made = _json(run(scorecards, "import", str(file), "--json"))
    file.write_text(RENEWALS.replace("points: 10", "points: 30"))
    assert _json(run(scorecards, "import", str(file), "--json"))["version"] == 2
    file.write_text(YAML.format(key="other", name="Other", words="hello"))
    other = _json(run(scorecards, "import", str(file), "--json"))
    listed = _json(run(scorecards, "list", "--json"))
    assert [(one["id"], one["version"]) for one in listed] == [(other["id"], 1), (made["id"], 2)]


def test_another_organisations_export_is_a_new_scorecard_here(
    run: Run, file: Path, migrated: str, tmp_path: Path
) -> None:
    elsewhere = asyncio.run(new_organisation(migrated))
    settings = load_settings(data_dir=tmp_path, database_url=migrated)
    arguments = ["import", str(file), "--org", elsewhere, "--json"]
    theirs = _json(CliRunner().invoke(scorecards, arguments, obj=settings).stdout)
    file.write_text(f"id: {theirs['id']}\n{RENEWALS}")
    ours = _json(run(scorecards, "import", str(file), "--json"))
    assert (ours["version"], ours["id"] != theirs["id"]) == (1, True)


def test_what_is_wrong_with_a_file_is_told_with_its_line(run: Run, file: Path) -> None:
    file.write_text(RENEWALS.replace("points: 10", "points: -1"))
    with pytest.raises(ScorecardError) as refusal:
        run(scorecards, "import", str(file))
    assert refusal.value.detail.startswith(f"{file}: line 6, column 45, sections.0.criteria.0.points: ")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ScorecardError, match="UTF-8"):
        run(scorecards, "import", str(file))


def test_what_does_not_exist_is_told_and_nothing_is_stored(run: Run, file: Path) -> None:
    wrong: list[tuple[typer.Typer, tuple[str, ...], type[CallTraceError]]] = [
        (scorecards, ("import", str(file), "--queue", "nothing"), NotFoundError),
        (scorecards, ("import", str(file.parent / "missing.yaml")), UsageError),
        (scorecards, ("export", "nothing"), NotFoundError),
        (queues, ("create", "x", "--scorecard", "nothing"), NotFoundError),
    ]
    for group, arguments, error in wrong:
        with pytest.raises(error):
            run(group, *arguments)
    assert _json(run(scorecards, "list", "--json")) == _json(run(queues, "list", "--json")) == []


def test_a_name_that_two_have_is_not_guessed(run: Run, file: Path) -> None:
    for key in ("one", "two"):
        file.write_text(YAML.format(key=key, name="Renewals", words="hello"))
        run(scorecards, "import", str(file))
        run(queues, "create", "Sales")
    for arguments in (("export", "Renewals"), ("import", str(file), "--queue", "Sales")):
        with pytest.raises(NotFoundError, match=r"^2 "):
            run(scorecards, *arguments)


def test_agents_are_made_and_listed(run: Run) -> None:
    made = [_json(run(agents, "create", f"Jane {n}", "--external-id", f"hr-{n}", "--json")) for n in range(2)]
    assert _json(run(agents, "list", "--json")) == made[::-1]
    assert "Jane 1" in run(agents, "list")


def test_a_user_is_an_agent_or_none(run: Run) -> None:
    email = f"{uuid.uuid4()}@x.test"
    agent = _json(run(agents, "create", "Jane", "--json"))["id"]
    made = _json(run(users, "create", email, "--role", "agent", "--json"))
    bound = {"id": made["id"], "email": email, "role": "agent"}
    assert _json(run(users, "set-agent", email, "--agent", agent, "--json")) == bound | {"agentId": agent}
    assert _json(run(users, "set-agent", email, "--json")) == bound | {"agentId": None}
    with pytest.raises(InvalidRequestError):
        run(users, "set-agent", email, "--agent", str(uuid.uuid4()))
    with pytest.raises(UsageError):
        run(users, "set-agent", email, "--agent", "Jane")
    with pytest.raises(NotFoundError):
        run(users, "set-agent", "nobody@x.test", "--agent", agent)


@pytest.mark.parametrize("group", [projects, queues], ids=["projects", "queues"])
def test_one_is_put_away_and_taken_out_again(run: Run, group: typer.Typer) -> None:
    made = _json(run(group, "create", "Spring", "--json"))
    away = _json(run(group, "archive", made["id"], "--json"))
    assert away["archivedAt"]
    assert [one["archivedAt"] for one in _json(run(group, "list", "--json"))] == [away["archivedAt"]]
    assert _json(run(group, "unarchive", made["id"], "--json"))["archivedAt"] is None
    for text in ("nonsense", str(uuid.uuid4())):
        with pytest.raises(NotFoundError):
            run(group, "archive", text)
