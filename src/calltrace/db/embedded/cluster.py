"""Making a cluster, and checking one that is there. It appears whole, or not at all."""

import os
import secrets
import shutil
import tempfile
from pathlib import Path

from calltrace.db.embedded import launch, settings
from calltrace.db.embedded.binaries import Binaries
from calltrace.db.embedded.errors import DatabaseCreateError, DatabaseStartError, DatabaseVersionError
from calltrace.db.embedded.identity import (
    Account,
    account_for_initdb,
    give,
    give_tree,
    keep_owner,
    owner_of,
)
from calltrace.db.embedded.layout import DATABASE, OWNER, SUPERUSER, Layout, Passwords, write_passwords
from calltrace.db.embedded.process import CommandError, run

_NEW = "new-"
_BUILTIN_LOCALES_SINCE = 17
_ROOMY = 100_000_000
"""Free bytes above which a failure is not blamed on the disk: a new cluster takes half of it."""


def create(layout: Layout, binaries: Binaries, account: Account | None) -> None:
    """Makes the cluster beside its place and moves it there when it is finished.

    Raises:
        DatabaseCreateError: ``initdb`` failed, the disk is full…; what was made is removed.
    """
    try:
        new = Path(tempfile.mkdtemp(prefix=_NEW, dir=layout.data_dir))
    except OSError as error:
        raise DatabaseCreateError(
            f"Nothing can be written to {layout.data_dir}: {error.strerror}."
        ) from error
    try:
        _fill(new, binaries, account)
        keep_owner(new)
        new.rename(layout.cluster)
        _sync(layout.data_dir)
    except (OSError, CommandError) as error:
        raise DatabaseCreateError(
            f"The database in {layout.data_dir} cannot be made: {_reason(error)}{_space(layout.data_dir)}"
        ) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def sweep(layout: Layout) -> None:
    """Removes what a start left behind that was killed while it made a cluster."""
    for leftover in layout.data_dir.glob(f"{_NEW}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def check(layout: Layout, binaries: Binaries, account: Account | None) -> None:
    """Refuses a cluster of another major version; one that root restored gets its owner back.

    Raises:
        DatabaseVersionError: the binaries are too new or too old for the data.
        DatabaseStartError: the folder is not a cluster.
    """
    try:
        found = (layout.pgdata / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError as error:
        raise DatabaseStartError(
            f"{layout.pgdata} is not a PostgreSQL database: {error.strerror}."
        ) from error
    if found != str(binaries.major):
        raise DatabaseVersionError(
            f"The database in {layout.data_dir} was made by PostgreSQL {found}, these programs are version"
            f" {binaries.major}. Set CALLTRACE_PG_BIN to the programs of version {found}, or back up with the"
            " old version and restore with the new one."
        )
    if account and owner_of(layout.pgdata) != account.uid:
        give_tree(layout.pgdata, account)


def _fill(new: Path, binaries: Binaries, account: Account | None) -> None:
    pgdata = new / "pgdata"
    pgdata.mkdir(mode=0o700)
    maker = account_for_initdb(account)
    give(pgdata, maker)
    initdb = [binaries.program("initdb"), "-D", launch.FOLDER]
    run([*initdb, *_initdb_options(binaries.major)], folder=pgdata, account=maker)
    settings.write(pgdata, maker)
    passwords = Passwords(owner=secrets.token_hex(24), superuser=secrets.token_hex(24))
    _single_user(pgdata, binaries, maker, [*_extensions(binaries), *_contents(passwords)])
    run([*initdb, "--sync-only"], folder=pgdata, account=maker)
    if maker != account:
        give_tree(pgdata, account)
    write_passwords(new / "passwords.json", passwords)


def _initdb_options(major: int) -> list[str]:
    # --no-sync: everything is written to disk once, at the end. No authentication that trusts: our own
    # pg_hba.conf replaces initdb's before any server listens.
    options = ["--no-sync", "--no-instructions", "--auth-local=peer", "--auth-host=reject"]
    options += ["--username", SUPERUSER, "--encoding=UTF8", "--data-checksums"]
    if major < _BUILTIN_LOCALES_SINCE:
        return [*options, "--locale=C.UTF-8"]
    return [*options, "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]


def _single_user(pgdata: Path, binaries: Binaries, account: Account | None, script: list[str]) -> None:
    # A server that only reads its standard input: passwords never travel, nothing listens yet.
    program = [binaries.program("postgres"), "--single", "-j", "-D", launch.FOLDER]
    said = run(
        [*program, "-c", "exit_on_error=on", "-c", "fsync=off", "template1"],
        folder=pgdata,
        account=account,
        stdin="".join(f"{statement};\n\n" for statement in script),
    )
    if "ERROR:" in said:
        raise CommandError(1, said)


def _extensions(binaries: Binaries) -> list[str]:
    # Into the template, by the superuser: vector is not one that the database's owner may install itself.
    control = binaries.folder.parent / "share" / "extension" / "vector.control"
    return ["CREATE EXTENSION vector"] if control.is_file() else []


def _contents(passwords: Passwords) -> list[str]:
    return [
        f"ALTER ROLE {SUPERUSER} PASSWORD '{passwords.superuser}'",
        f"CREATE ROLE {OWNER} LOGIN CREATEROLE NOSUPERUSER PASSWORD '{passwords.owner}'",
        f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
    ]


def _reason(error: OSError | CommandError) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror}."
    telling = [line for line in error.output.splitlines() if "FATAL" in line or "error" in line.lower()]
    return (telling or error.output.splitlines() or ["no reason was given"])[0].strip()


def _space(folder: Path) -> str:
    # PostgreSQL does not always name a full disk: a write that came out short is one, too.
    free = shutil.disk_usage(folder).free
    return f" (only {free // 1_000_000} MB are free there)" if free < _ROOMY else ""


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
