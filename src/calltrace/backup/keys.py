"""The secret key, without which what is sealed in a backup stays sealed for good."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from calltrace.backup.errors import BackupDamagedError, RestoreRefusedError, written
from calltrace.backup.files import HashedFile, sync_folder
from calltrace.backup.manifest import FileEntry
from calltrace.kit.encryption import SecretBox, SecretUnreadableError
from calltrace.kit.errors import ConfigurationError

FILE = "secret.key"
Kept = Literal["included", "left_out", "from_setting", "not_here", "does_not_fit"]
"""What became of the key: the last three are for the operator to look after."""


@dataclass(frozen=True, slots=True)
class KeyAtHand:
    """The key of an installation: set as SECRET_KEY, else in a file of the data directory."""

    setting: str
    file: Path

    @property
    def value(self) -> str | None:
        """The key, if there is one; none is made."""
        if self.setting:
            return self.setting
        return self.file.read_text().strip() if self.file.exists() else None


def opens(key: str, sealed: list[str]) -> bool:
    """Whether a key opens all of these values."""
    try:
        box = SecretBox(key)
        for one in sealed:
            box.open(one)
    except (SecretUnreadableError, ConfigurationError):
        return False
    return True


def include(
    at_hand: KeyAtHand, state: Path, sealed: list[str], *, wanted: bool
) -> tuple[FileEntry | None, Kept]:
    """Write the key into a backup, if it is to be there and is ours to take."""
    key = at_hand.value
    if key is None:
        return None, "not_here"
    if not opens(key, sealed):
        return None, "does_not_fit"
    if at_hand.setting:
        return None, "from_setting"
    if not wanted:
        return None, "left_out"
    file = HashedFile(state / FILE)
    file.add(key.encode() + b"\n")
    return file.close(), "included"


def choose(at_hand: KeyAtHand, backed_up: Path | None, sealed: list[str]) -> str | None:
    """The key to install where the backup is restored; none if the right one is there, or none is needed.

    Raises:
        RestoreRefusedError: there is no key that opens what the backup holds.
        BackupDamagedError: the backup's own key does not.
    """
    present = at_hand.value
    if present is not None:
        if not opens(present, sealed):
            raise RestoreRefusedError(_wrong(at_hand))
        return None
    if backed_up is None:
        if sealed:
            raise RestoreRefusedError(
                "The backup holds no secret key: set CALLTRACE_SECRET_KEY to the one of the installation that"
                " was backed up."
            )
        return None
    key = backed_up.read_text().strip()
    if not opens(key, sealed):
        raise BackupDamagedError("The backup's secret key does not open what the backup holds.")
    return key


def _wrong(at_hand: KeyAtHand) -> str:
    if at_hand.setting:
        return "CALLTRACE_SECRET_KEY does not open what the backup holds: set the key that sealed it."
    return (
        f"The key in {at_hand.file} does not open what the backup holds: move that file away and try again."
    )


def install(key: str, path: Path) -> None:
    """Put the key into its place, whole and on the disk before it can be found."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = HashedFile(path.with_name(f"{FILE}.part"))
    draft.add(key.encode() + b"\n")
    draft.close()
    with written():
        os.link(draft.path, path)
        draft.path.unlink()
    sync_folder(path.parent)
