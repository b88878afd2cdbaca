"""What can stand in the way of a backup or of a restore."""

from collections.abc import Generator
from contextlib import contextmanager

from calltrace.kit.errors import CallTraceError


class BackupFailedError(CallTraceError):
    """No backup was made; the one that the folder held before is still valid."""

    code = "backup_failed"
    title = "The backup could not be made"


class BackupDamagedError(CallTraceError):
    """The folder holds no backup, half of one, or one that was changed: nothing of it is restored."""

    code = "backup_damaged"
    title = "The backup is incomplete or damaged"


class BackupNewerError(CallTraceError):
    """The backup was made by a version of the software that this one knows nothing of."""

    code = "backup_newer"
    title = "The backup is of a newer version"


class RestoreRefusedError(CallTraceError):
    """There is something where the backup should go; it was left as it is."""

    code = "restore_refused"
    title = "The backup cannot be restored here"


class RestoreFailedError(CallTraceError):
    """The restore broke off before anything could be seen of it: the same command can be given again."""

    code = "restore_failed"
    title = "The backup could not be restored"


@contextmanager
def written() -> Generator[None]:
    """Work that writes into the backup's folder.

    Raises:
        BackupFailedError: for every error of the file system, a full disk among them.
    """
    try:
        yield
    except OSError as error:
        raise BackupFailedError(f"The backup cannot be written: {error}.") from error
