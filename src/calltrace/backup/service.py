"""Making a backup: the database first, then the objects that it names, then the manifest."""

import time
from dataclasses import dataclass

from calltrace.backup import keys, objects, snapshot
from calltrace.backup.errors import BackupFailedError, written
from calltrace.backup.folder import BackupFolder
from calltrace.backup.keys import Kept, KeyAtHand
from calltrace.backup.manifest import Manifest
from calltrace.backup.objects import Counts
from calltrace.backup.snapshot import Moved
from calltrace.kit import clock
from calltrace.storage import ObjectStore

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator can choose.

    Attributes:
        secret_key: whether the key is included.
        allow_missing: whether recordings that are gone from the store do not matter.
    """

    secret_key: bool = True
    allow_missing: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that is complete.

    Attributes:
        erased: objects of calls that were erased while the backup was made.
        lost: objects that rows name and the store does not have.
    """

    manifest: Manifest
    counts: Counts
    erased: int
    lost: list[str]
    key: Kept
    seconds: float


async def back_up(
    dsn: str, store: ObjectStore, folder: BackupFolder, key: KeyAtHand, options: Options, moved: Moved
) -> Made:
    """Put the installation's state of this moment in the place of the one that the folder holds.

    Raises:
        BackupFailedError: the old state is still valid.
        OSError, asyncpg errors: the database went away; the same.
    """
    try:
        made = await _back_up(dsn, store, folder, key, options, moved)
    except BaseException:
        folder.abandon()
        raise
    with written():
        folder.clear_up(made.manifest)
    return made


async def _back_up(
    dsn: str, store: ObjectStore, folder: BackupFolder, key: KeyAtHand, options: Options, moved: Moved
) -> Made:
    started = time.monotonic()
    previous = folder.previous()
    folder.begin()
    taken = await snapshot.take(dsn, folder.state, moved)
    _refuse_stranger(folder, previous, taken.installation)
    listed, counts = await objects.gather(store, folder, taken, previous, moved)
    lost = await snapshot.still_named(dsn, counts.absent) if counts.absent else []
    if lost and not options.allow_missing:
        raise BackupFailedError(_lost(lost))
    taken.wanted.unlink()
    secret, kept = keys.include(key, folder.state, taken.sealed_samples, wanted=options.secret_key)
    made = Manifest(
        created_at=clock.iso(taken.moment), revision=taken.revision, installation=taken.installation,
        state=folder.state.name, tables=taken.tables, objects=listed, secret_key=secret,
        sealed_samples=taken.sealed_samples,
    )  # fmt: skip
    folder.publish(made)
    return Made(made, counts, len(counts.absent) - len(lost), lost, kept, time.monotonic() - started)


def _refuse_stranger(folder: BackupFolder, previous: Manifest | None, installation: str | None) -> None:
    """A mistaken DATA_DIR or DATABASE_URL must not put an empty state in the place of a full one."""
    if previous and previous.installation not in {None, installation}:
        raise BackupFailedError(
            f"{folder.root} holds the backup of another installation: name another folder."
        )


def _lost(keys_of: list[str]) -> str:
    shown = ", ".join(keys_of[:_SHOWN]) + (", …" if len(keys_of) > _SHOWN else "")
    return (
        f"{len(keys_of)} recordings are not in the object store ({shown}): is STORAGE_URL the one that the"
        " platform runs with? --allow-missing backs up without them."
    )
