"""Who the server runs as. PostgreSQL refuses root, so root gives it an account of its own.

Only the server's data and socket folders change owner. Folders above them are never touched.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from calltrace.db.embedded.errors import DatabasePermissionError

_ACCOUNT_NAME = "calltrace"
_DEDICATED_ID = 65_528
"""Used when there is no account ``calltrace``: below ``nobody``, in the range that neither Debian nor
systemd gives to anyone, so that no other program's processes can read our files or signal our server."""


@dataclass(frozen=True, slots=True)
class Account:
    """A numeric user and group."""

    uid: int
    gid: int


def server_account(data_dir: Path, pgdata: Path) -> Account | None:
    """The account to start the server with; ``None`` when it is simply ours.

    Root serves a folder that belongs to a user as that user, so that both can start it.
    """
    if os.geteuid() != 0:
        return None
    for folder in (data_dir, pgdata):
        owner = _owner(folder)
        if owner and owner.uid != 0:
            return owner
    return _named(_ACCOUNT_NAME) or Account(_DEDICATED_ID, _DEDICATED_ID)


def account_for_initdb(account: Account | None) -> Account | None:
    """Like ``account``, but one that has a name: ``initdb`` looks its user up and fails without.

    Raises:
        DatabasePermissionError: the system has no account that could lend its name.
    """
    uid = account.uid if account else os.geteuid()
    if _has_name(uid):
        return account
    if account is None:
        raise DatabasePermissionError(f"User id {uid} has no name in /etc/passwd; PostgreSQL needs one.")
    lent = _named("nobody")
    if lent is None:
        raise DatabasePermissionError(
            f"Running as root, PostgreSQL needs an unprivileged account: create one named {_ACCOUNT_NAME!r}."
        )
    return lent


def give(path: Path, account: Account | None) -> None:
    """Makes the account the owner of one file or folder.

    Raises:
        DatabasePermissionError: the system does not let us, as in some containers.
    """
    if account is None:
        return
    try:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    except OSError as error:
        raise DatabasePermissionError(
            f"{path} cannot be given to user id {account.uid}, which PostgreSQL would run as"
            f" ({error.strerror}). Run calltrace as an ordinary user instead of root."
        ) from error


def give_tree(folder: Path, account: Account | None) -> None:
    """Makes the account the owner of a folder and everything in it."""
    if account is None:
        return
    for path in (folder, *folder.rglob("*")):
        give(path, account)


def owner_of(path: Path) -> int:
    """The user id that owns ``path`` itself, not what a link points to."""
    return path.lstat().st_uid


def keep_owner(path: Path) -> None:
    """A file that root made in a user's folder becomes that user's; elsewhere nothing changes."""
    folder = _owner(path.parent)
    if os.geteuid() == 0 and folder and folder.uid != 0:
        give(path, folder)


def _owner(path: Path) -> Account | None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return Account(found.st_uid, found.st_gid)


def _named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
