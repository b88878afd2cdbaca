"""The manifest: what belongs to a backup, with the size and hash of every file. Written last.

It carries a hash of itself, so that a changed one is told from a true one.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from calltrace import __version__
from calltrace.backup.errors import BackupDamagedError, BackupNewerError
from calltrace.kit.document import Document

FORMAT = 1
FILE = "manifest.json"
NAME = r"^[a-z0-9][a-z0-9_.-]*$"
"""Of everything that a manifest names: nothing leads out of the folder."""


class FileEntry(Document):
    """One file of the state; ``sha256`` in hexadecimal, of the file as it lies there."""

    name: str = Field(pattern=NAME)
    bytes: int
    sha256: str


class TableEntry(Document):
    """One table; the file holds PostgreSQL's binary COPY format, compressed by gzip."""

    table: str = Field(pattern=NAME)
    columns: list[str]
    rows: int
    file: FileEntry


class ObjectsEntry(Document):
    """The list of stored objects: a file with a line of JSON (``ObjectEntry``) for each, ordered by name."""

    file: FileEntry
    total: int
    bytes: int


class ObjectEntry(Document):
    """One object of the store, kept as it was there: sealed.

    Attributes:
        key: its name in the store.
        name: the file in ``objects/``: the SHA-256 of the key, for what can change followed by the run.
    """

    key: str
    name: str = Field(pattern=r"^[0-9a-f]{64}(-[0-9a-z]+)?$")
    bytes: int
    sha256: str

    def path(self, root: Path) -> Path:
        """Where it lies in a backup's folder."""
        return root / "objects" / self.name[:2] / self.name


class Manifest(Document):
    """One consistent state of an installation.

    Attributes:
        created_at: the moment of the state, ISO-8601.
        version, revision: of the software that made the backup, and of the schema.
        installation: the id of its first organisation, which tells installations apart.
        state: the folder that holds everything but the objects.
        tables: in the order in which they can be filled.
        secret_key: the file with the key, if it was included.
        sealed_samples: sealed values by which a key can be tried.
    """

    format: int = FORMAT
    created_at: str
    version: str = __version__
    revision: str
    installation: str | None
    state: str = Field(pattern=NAME)
    tables: list[TableEntry]
    objects: ObjectsEntry
    secret_key: FileEntry | None
    sealed_samples: list[str]

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(one.rows for one in self.tables)

    @property
    def files(self) -> list[FileEntry]:
        """Every file of the state's folder."""
        key = [self.secret_key] if self.secret_key else []
        return [*(one.file for one in self.tables), self.objects.file, *key]

    def encode(self) -> bytes:
        """The manifest with its own hash."""
        content = self.model_dump(mode="json")
        return json.dumps({**content, "checksum": _checksum(content)}, indent=1).encode()


def read(root: Path) -> Manifest:
    """The manifest of a backup's folder.

    Raises:
        BackupDamagedError: there is none, or it is cut short or was changed.
        BackupNewerError: its format is of a later version.
    """
    try:
        found = json.loads((root / FILE).read_bytes())
    except FileNotFoundError:
        raise BackupDamagedError(f"{root} holds no complete backup: there is no {FILE}.") from None
    except (OSError, ValueError) as error:
        raise BackupDamagedError(f"{root / FILE} cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise BackupDamagedError(f"{root / FILE} is no manifest of a backup.")
    return _checked(root, found)  # pyright: ignore[reportUnknownArgumentType] - whatever the JSON holds


def _checked(root: Path, found: dict[str, Any]) -> Manifest:
    if found.pop("checksum", None) != _checksum(found):
        raise BackupDamagedError(f"{root / FILE} was changed: it does not agree with its own checksum.")
    if found.get("format") != FORMAT:
        raise BackupNewerError(
            f"The backup was made by Call Trace {found.get('version')}, in a format that {__version__}"
            " does not know: restore it with that version or a newer one."
        )
    try:
        return Manifest.model_validate(found)
    except ValidationError as error:
        raise BackupDamagedError(f"{root / FILE} is no manifest of a backup.") from error


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def is_run(name: str) -> bool:
    """Whether a folder's name is that of a state."""
    return re.fullmatch(r"state-[0-9a-z]+", name) is not None
