"""The way that messages leave, chosen by the settings."""

from typing import Protocol
from urllib.parse import urlsplit

from calltrace.kit.smtp_url import is_address, parse_smtp_url
from calltrace.mail.letter import Letter
from calltrace.mail.outbox import FileOutbox
from calltrace.mail.smtp import SmtpTransport
from calltrace.settings import Settings


class Transport(Protocol):
    """A way out."""

    async def deliver(self, letter: Letter) -> None:
        """Hand one message over; raises MailRefusedError or MailDelayedError."""
        ...

    async def check(self) -> str:
        """Say how messages leave; raises MailDelayedError when they cannot."""
        ...


def transport(settings: Settings) -> Transport:
    """By SMTP when SMTP_URL is set, else as files in the data directory."""
    if settings.smtp_url:
        return SmtpTransport(parse_smtp_url(settings.smtp_url), settings.outbound_ca_file)
    return FileOutbox(settings.data_dir.absolute() / "outbox")


def sender(settings: Settings) -> str:
    """Who messages come from: ``from`` of SMTP_URL, else its user if that is an address, else this host."""
    server = parse_smtp_url(settings.smtp_url) if settings.smtp_url else None
    if server and server.sender:
        return server.sender
    if server and server.user and is_address(server.user):
        return server.user
    host = urlsplit(settings.public_url).hostname or "localhost"
    return f"calltrace@{host if host[-1].isalpha() else 'localhost'}"
