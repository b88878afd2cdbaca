"""The demo and the installation that it is started beside."""

from pathlib import Path
from typing import Any, cast

import pytest

from calltrace.cli.demo import Stage
from calltrace.cli.loopback import Loopback


def test_the_demo_sees_no_setting_of_the_folder_and_the_shell_that_it_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    production, own = tmp_path / "production", tmp_path / "demo"
    production.mkdir()
    own.mkdir()
    (production / "calltrace.toml").write_text('database_url = "postgresql://production/calls"\n')
    monkeypatch.chdir(production)
    monkeypatch.setenv("calltrace_storage_url", "s3://production/calls")  # as good as in capitals
    shown: Any = Stage(own, 1, cast("Loopback", None)).command("settings")
    values = {one["name"].removeprefix("CALLTRACE_"): one["value"] for one in shown}
    assert (values["DATABASE_URL"], values["STORAGE_URL"]) == ("", "")
    assert values["DATA_DIR"] == str(own / "data")
