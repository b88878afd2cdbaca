"""Where messages go without a mail server: each is a file that only the operator can read."""

import asyncio
import os
from email.policy import SMTP, SMTPUTF8
from pathlib import Path

from calltrace.mail.errors import MailDelayedError
from calltrace.mail.letter import Letter


class FileOutbox:
    """A folder of ``.eml`` files, as mail programs open them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, letter: Letter) -> None:
        """Write one message: whole or not at all, and one file however often it is sent.

        Raises:
            MailDelayedError: the disk is full or the folder cannot be written.
        """
        international = not letter.recipient.isascii() or not letter.sender.isascii()
        content = letter.message.as_bytes(policy=SMTPUTF8 if international else SMTP)  # RFC 6532
        try:
            await asyncio.to_thread(_write, self._folder, f"{letter.name}.eml", content)
        except OSError as error:
            raise MailDelayedError(f"The outbox cannot be written: {error.strerror}.") from error

    async def check(self) -> str:
        """Say where messages go.

        Raises:
            MailDelayedError: they cannot be written there.
        """
        try:
            await asyncio.to_thread(_prepare, self._folder)
        except OSError as error:
            raise MailDelayedError(f"The outbox cannot be written: {error.strerror}.") from error
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise MailDelayedError(f"The outbox {self._folder} cannot be written.")
        return f"SMTP_URL is not set: each mail is a file in {self._folder}"


def _prepare(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write(folder: Path, name: str, content: bytes) -> None:
    _prepare(folder)
    unfinished = folder / f".{name}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(unfinished, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / name)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
