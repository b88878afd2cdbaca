"""``calltrace scorecards publish``, ``diff``, ``archive``, ``backtest``, and the organisation's default."""

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from calltrace.analyses.submit import Intake
from calltrace.cli.accounts import orgs
from calltrace.cli.scorecards import scorecards
from calltrace.db.session import Database
from calltrace.kit.errors import UsageError
from calltrace.pipeline.context import Platform, build_platform
from calltrace.scorecards.errors import DraftOutdatedError, ScorecardArchivedError
from calltrace.settings import load_settings
from database.analyses.factory import completed
from database.cli.conftest import Run
from database.conftest import SECRET, count
from database.scorecards.factory import YAML


def _file(folder: Path, words: str = "good morning", name: str = "Renewals") -> str:
    path = folder / "renewals.yaml"
    path.write_text(YAML.format(key="renewals", name=name, words=words))
    return str(path)


@pytest.fixture
def heard(migrated: str, own_org: str, tmp_path: Path) -> None:
    """Two calls in the organisation."""

    async def make() -> None:
        settings = load_settings(
            data_dir=tmp_path, database_url=migrated, outbound_allow_cidrs="127.0.0.1/32"
        )
        platform: Platform = build_platform(settings, migrated, SECRET, "https://calls.test")
        intake = Intake(platform.database, platform.client, platform.limits, platform.uploads, probe=False)
        for number in range(2):
            await completed(platform, intake, uuid.UUID(own_org), external_id=f"crm-{number}")
        await platform.close()

    asyncio.run(make())


def _counts(dsn: str, org: str, *tables: str) -> list[int]:
    async def ask() -> list[int]:
        database = Database(dsn, pool_size=1)
        found = [await count(database, table, uuid.UUID(org)) for table in tables]
        await database.close()
        return found

    return asyncio.run(ask())


def _json(text: str) -> Any:
    return json.loads(text)


def test_a_draft_from_a_file_is_compared_and_published(run: Run, tmp_path: Path) -> None:
    run(scorecards, "import", _file(tmp_path), "--json")
    draft = _json(run(scorecards, "import", _file(tmp_path, "hello"), "--draft", "--json"))
    assert (draft["version"], draft["status"]) == (2, "draft")
    (listed,) = _json(run(scorecards, "list", "--json"))
    assert (listed["version"], listed["status"], listed["draftVersion"]) == (1, "published", 2)
    found = _json(run(scorecards, "diff", "renewals", "1", "2", "--json"))
    assert [one["key"] for one in found["criteria"]["changed"]] == ["renewals_said"]
    text = run(scorecards, "diff", "renewals", "1", "2")
    assert "renewals_said" in text
    assert "check.cues" in text
    run(scorecards, "import", _file(tmp_path, "good evening"), "--json")
    with pytest.raises(DraftOutdatedError):
        run(scorecards, "publish", "renewals", "2")
    published = _json(run(scorecards, "publish", "renewals", "2", "--replaces", "3", "--json"))
    assert (published["version"], published["status"]) == (4, "published")


def test_archived_it_is_not_changed_until_it_is_taken_up_again(run: Run, tmp_path: Path) -> None:
    run(scorecards, "import", _file(tmp_path), "--json")
    assert _json(run(scorecards, "archive", "renewals", "--json"))["status"] == "archived"
    with pytest.raises(ScorecardArchivedError):
        run(scorecards, "import", _file(tmp_path, "hello"))
    assert _json(run(scorecards, "unarchive", "renewals", "--json"))["status"] == "published"


def test_the_organisation_has_a_default(run: Run, tmp_path: Path) -> None:
    made = _json(run(scorecards, "import", _file(tmp_path), "--json"))
    chosen = _json(run(orgs, "default-scorecard", "renewals", "--json"))
    assert chosen["scorecardId"] == made["id"]
    assert _json(run(orgs, "default-scorecard", "shipped", "--json"))["scorecardId"] is None


def test_a_file_is_tried_on_past_calls_and_stored_nowhere(
    run: Run, heard: None, tmp_path: Path, migrated: str, own_org: str
) -> None:
    del heard
    found = _json(run(scorecards, "backtest", _file(tmp_path), "--limit", "10", "--json"))
    assert (found["status"], found["scorecardId"], found["version"]) == ("completed", None, None)
    assert found["results"]["score"] == {"before": 82.0, "after": 100.0, "change": 18.0}
    assert _counts(migrated, own_org, "scorecards", "evaluations", "batch_calls") == [0, 2, 2]


def test_a_back_test_is_laid_out_for_reading(run: Run, heard: None, tmp_path: Path) -> None:
    del heard
    run(scorecards, "import", _file(tmp_path), "--json")
    run(scorecards, "import", _file(tmp_path, "nobody says this"), "--draft", "--json")
    text = run(scorecards, "backtest", "renewals", "--against", "1")
    for part in (
        "Renewals, version 2, against version 1", "2 judged, 2 compared, 0 not judged",
        "100 -> 0 (-100)", "100% -> 0%", "met -> not_met 2", "crm-1",
    ):  # fmt: skip
        assert part in text, text


def test_a_file_has_no_versions(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no versions"):
        run(scorecards, "backtest", _file(tmp_path), "--against", "1")
