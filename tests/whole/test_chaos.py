"""The short form of `make chaos`: a few kills of each kind, then everything is looked at."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.processes import KINDS

TESTS = Path(__file__).parents[1]


@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path) -> None:
    """In a process of its own: it adopts whatever loses its parent, and looks that nothing lives on."""
    command = [sys.executable, "-m", "chaos", "--quick", "--rounds", "2", "--seconds", "120", "--seed", "3"]
    done = subprocess.run(
        [*command, "--json", "--keep", str(tmp_path)], cwd=TESTS, capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert report["violations"] == []
    assert done.returncode == 0
    assert report["kills"].keys() >= KINDS.keys() - {"decode child"}, (
        "decoders live shortly: one may be missed"
    )
    assert report["events"] >= report["submissions"]
