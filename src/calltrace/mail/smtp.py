"""Handing messages to a mail server (RFC 5321)."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
)

from calltrace.kit.smtp_url import SmtpServer
from calltrace.mail.errors import MailDelayedError, MailRefusedError
from calltrace.mail.letter import Letter

SECONDS = 30.0
"""For one message in all, from the look-up of the server's name to its last answer."""
_GOODBYE_SECONDS = 5.0
_PERMANENT = 500  # RFC 5321, section 4.2.1: 5yz is "no", 4yz is "not now"
_SECURITY = {"none": "not encrypted", "starttls": "encrypted by STARTTLS", "tls": "encrypted by TLS"}


class SmtpTransport:
    """One connection for each message: they are few, and none waits for another.

    Args:
        server: which one.
        ca_file: authorities trusted in addition to the system's.
        seconds: for one message in all.
    """

    def __init__(self, server: SmtpServer, ca_file: Path | None = None, seconds: float = SECONDS) -> None:
        self._server = server
        self._seconds = seconds
        self._tls = ssl.create_default_context()
        if ca_file is not None:
            self._tls.load_verify_locations(cafile=ca_file)

    async def deliver(self, letter: Letter) -> None:
        """Hand one message over.

        Raises:
            MailRefusedError: the server refuses this recipient or this message for good.
            MailDelayedError: anything else that went wrong.
        """
        async with self._connected() as client:
            await client.send_message(letter.message, sender=letter.sender, recipients=[letter.recipient])

    async def check(self) -> str:
        """Connect, sign in, and say how messages leave.

        Raises:
            MailDelayedError: they do not.
        """
        async with self._connected() as client:
            await client.noop()
        server = self._server
        return f"the mail server {server.host}:{server.port} answers, {_SECURITY[server.security]}"

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[SMTP]:
        server = self._server
        client = SMTP(
            hostname=server.host, port=server.port, username=server.user, password=server.password,
            use_tls=server.security == "tls", start_tls=server.security == "starttls",
            tls_context=self._tls, timeout=self._seconds,
        )  # fmt: skip
        try:
            with _translated():
                async with asyncio.timeout(self._seconds):
                    await client.connect()
                    yield client
            with suppress(SMTPException, OSError):  # the server has taken it: no goodbye undoes that
                await client.quit(timeout=_GOODBYE_SECONDS)
        finally:
            client.close()


@contextmanager
def _translated() -> Generator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except SMTPRecipientsRefused as error:
        raise _refusal(error.recipients[0].code, error.recipients[0].message) from error
    except SMTPDataError as error:
        raise _refusal(error.code, error.message) from error
    except SMTPNotSupported as error:
        raise MailRefusedError(f"The mail server cannot send this: {error.message}") from error
    except TimeoutError as error:
        raise MailDelayedError("The mail server did not answer in time.") from error
    except (SMTPException, OSError) as error:
        raise MailDelayedError(f"The mail server did not take it: {error}") from error


def _refusal(code: int, message: str) -> MailRefusedError | MailDelayedError:
    said = f"The mail server answered {code} {message}"
    return MailRefusedError(said) if code >= _PERMANENT else MailDelayedError(said)
