"""Why a message did not leave."""

from calltrace.kit.errors import CallTraceError, UnavailableError


class MailRefusedError(CallTraceError):
    """It will never leave: the address is none, or the server refuses it for good."""

    code = "mail_refused"
    title = "The message was refused"


class MailDelayedError(UnavailableError):
    """It may leave later: the server is away or busy, or a setting has to be put right."""

    code = "mail_delayed"
    title = "The message could not be sent yet"
