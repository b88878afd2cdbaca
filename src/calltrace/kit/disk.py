"""A full disk on this machine, told apart from faults: it passes, and a person can see what to do."""

import errno
from collections.abc import Generator
from contextlib import contextmanager

from calltrace.kit.errors import ProcessingError

_FULL = {errno.ENOSPC, errno.EDQUOT}


class DiskFullError(ProcessingError):
    """The worker's own disk has no room for the recording or for what is made of it."""

    code = "worker_disk_full"
    status = 503
    title = "The worker has no room on its disk"
    retryable = True


def is_full(error: BaseException) -> bool:
    """Whether an error says that there is no room."""
    return isinstance(error, OSError) and error.errno in _FULL


@contextmanager
def room_needed() -> Generator[None]:
    """Work that writes files; other errors pass unchanged.

    Raises:
        DiskFullError: there is no room, or the quota is used up.
    """
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise DiskFullError("There is no room on the disk for the recording.") from error
        raise
