"""Where everything is, and how to connect to it.

``data_dir``: ``supervisor.lock`` and ``server.lock``, ``postgres.log``, and ``cluster/`` with the server's
own ``pgdata/`` and our ``passwords.json``. Only ``pgdata`` belongs to the server's account.
"""

import hashlib
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from calltrace.db.embedded.errors import DatabasePermissionError
from calltrace.db.embedded.identity import Account, give, keep_owner, owner_of
from calltrace.kit.document import Document

OWNER = "calltrace"
SUPERUSER = "postgres"
DATABASE = "calltrace"
PORT = 5432
"""Only part of the socket's name: nothing listens on a network."""

_SOCKET_NAME = f".s.PGSQL.{PORT}"
_LONGEST_ADDRESS = 103
"""Bytes in a Unix socket's address without its final zero: 107 on Linux, 103 on macOS and BSD."""


class Passwords(Document):
    """The two roles that can log in."""

    owner: str
    superuser: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one data directory; ``data_dir`` is absolute."""

    data_dir: Path

    @property
    def cluster(self) -> Path:
        """Everything that is made in one step on the first start."""
        return self.data_dir / "cluster"

    @property
    def pgdata(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.cluster / "pgdata"

    @property
    def passwords(self) -> Path:
        """Readable by us alone."""
        return self.cluster / "passwords.json"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the process that looks after the server."""
        return self.data_dir / "supervisor.lock"

    @property
    def server_lock(self) -> Path:
        """Held by the server's own processes, all of them."""
        return self.data_dir / "server.lock"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.data_dir / "postgres.log"

    @property
    def socket_dir(self) -> Path:
        """The folder of the server's socket: in its data, or a short one when that path is too long."""
        inside = self.pgdata / "run"
        fits = len(os.fsencode(inside / _SOCKET_NAME)) <= _LONGEST_ADDRESS
        return inside if fits else _short_folder(self.data_dir)

    @property
    def socket(self) -> Path:
        """The server's socket."""
        return self.socket_dir / _SOCKET_NAME

    def socket_argument(self) -> str:
        """The socket folder as the server is told it: relative inside its data, where it always can go."""
        folder = self.socket_dir
        return folder.name if folder.parent == self.pgdata else str(folder)


def make_private(folder: Path) -> None:
    """Makes ``folder`` for its owner alone, if there is none; what exists is left as it is."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabasePermissionError(f"{folder} cannot be made: {error.strerror}.") from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise DatabasePermissionError(f"{folder} belongs to another user (id {owner_of(folder)}).")


def make_socket_dir(layout: Layout, account: Account | None) -> None:
    """Makes the socket's folder for the server's account alone.

    Raises:
        DatabasePermissionError: somebody else made a folder of that name first.
    """
    folder = layout.socket_dir
    wanted = account.uid if account else os.geteuid()
    make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    if owner_of(folder) == os.geteuid() and not folder.is_symlink():
        give(folder, account)
    if folder.is_symlink() or owner_of(folder) != wanted:
        raise DatabasePermissionError(
            f"{folder} is needed for the database's socket, but another user made it."
        )
    folder.chmod(0o700)


def remove_socket_dir(layout: Layout) -> None:
    """Removes the socket's folder, if it is empty: outside the data directory it would be litter."""
    if layout.data_dir.is_dir():
        with suppress(OSError):
            layout.socket_dir.rmdir()


def dsn(layout: Layout, role: str, password: str) -> str:
    """A URL that asyncpg and libpq take as it is; for SQLAlchemy put ``+asyncpg`` behind the scheme."""
    folder = quote(str(layout.socket_dir), safe="")
    return f"postgresql://{role}:{password}@/{DATABASE}?host={folder}&port={PORT}"


def read_passwords(layout: Layout) -> Passwords:
    """The passwords that were made with the cluster. Raises OSError or ValueError."""
    return Passwords.model_validate_json(layout.passwords.read_bytes())


def write_passwords(path: Path, passwords: Passwords) -> None:
    """Writes them for our eyes only."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(passwords.model_dump_json())
        file.flush()
        os.fsync(fd)
    keep_owner(path)


def _short_folder(data_dir: Path) -> Path:
    # The same name on every start, so that pools reconnect after a restart; a copied or moved data
    # directory has another one.
    found = data_dir.stat()
    identity = f"{found.st_dev}:{found.st_ino}:{data_dir}".encode()
    return _short_base() / f"calltrace-{hashlib.sha256(identity).hexdigest()[:16]}"


def _short_base() -> Path:
    run = Path("/run")
    if os.geteuid() == 0 and os.access(run, os.W_OK):
        return run
    wanted = Path(tempfile.gettempdir())
    fits = len(os.fsencode(wanted)) <= _LONGEST_ADDRESS - 64
    return wanted if fits else Path("/tmp")  # noqa: S108 - the folder made there is private and checked
