"""The command line itself, before any command."""

import subprocess
import sys
from pathlib import Path

import pytest
import structlog
import typer
from typer.main import get_command

from calltrace import __version__
from calltrace.cli import main


def test_what_a_command_logs_does_not_stand_in_its_results(capsys: pytest.CaptureFixture[str]) -> None:
    main.start(typer.Context(get_command(main.app)))
    structlog.get_logger("test").warning("something_is_odd")
    told = capsys.readouterr()
    assert told.out == ""
    assert "something_is_odd" in told.err


def test_the_version_is_told_without_reading_what_commands_need(tmp_path: Path) -> None:
    asked = (
        "import sys; from calltrace.cli.main import run; sys.argv[1:] = ['--version']\n"
        "try:\n    run()\nfinally:\n    print([one for one in sys.modules if one.startswith('sqlalchemy')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n") == [f"calltrace {__version__}", "[]", ""]
