"""A message in the form that leaves (RFC 5322), built by the standard library: headers cannot be injected."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from calltrace.kit.smtp_url import mail_address
from calltrace.mail.errors import MailRefusedError
from calltrace.mail.models import Mail

DISPLAY_NAME = "Call Trace"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message and its envelope. ``name`` is the same each time that the same message is sent."""

    name: str
    sender: str
    recipient: str
    message: EmailMessage


def letter(mail: Mail, sender: str) -> Letter:
    """The letter of a row. Sent twice, both have one ``Message-ID``, by which receivers drop the second.

    Args:
        mail: with its body still there.
        sender: the address that it comes from.

    Raises:
        MailRefusedError: the recipient is no address, or the text is none that can be written.
    """
    assert mail.body is not None
    message = EmailMessage()
    try:
        message["From"] = mail_address(sender, DISPLAY_NAME)
        message["To"] = mail_address(mail.recipient)
        message["Subject"] = mail.subject
        message["Date"] = mail.created_at
        message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers, please
        message.set_content(mail.body)
    except ValueError as error:
        raise MailRefusedError("The message has an address or a text that cannot be sent.") from error
    return Letter(_name(mail), sender, mail.recipient, message)


def _name(mail: Mail) -> str:
    """For a file: in order of time, and unique."""
    moment: datetime = mail.created_at
    return f"{moment:%Y%m%dT%H%M%SZ}-{mail.id}"
