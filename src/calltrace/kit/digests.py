"""The digest of a file, without reading it into memory."""

from hashlib import file_digest
from pathlib import Path


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, as 64 hex digits.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
