"""Forms that work once.

Their answer shows a secret. It must not come from a redirect, whose target could be asked for again; and
a reload, which sends the form again, must not make a second secret.
"""

import uuid
from datetime import UTC, datetime, timedelta

from calltrace.accounts import limits
from calltrace.accounts import once as accounts
from calltrace.accounts.sessions import SignedIn
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.ids import as_uuid, uuid7
from calltrace.kit.signatures import hmac_hex, same
from calltrace.web.errors import FormSentBeforeError, FormTooOldError

GOOD_FOR = timedelta(hours=12)


def ticket(who: SignedIn) -> str:
    """The value of a form's hidden field ``once``: a number with its time in it, sealed for the session."""
    number = uuid7()
    return f"{number}.{_seal(who, number)}"


async def use(database: Database, who: SignedIn, presented: str) -> None:
    """Let a form do its work.

    Raises:
        FormSentBeforeError: it did so already.
        FormTooOldError: it is older than GOOD_FOR, or of another session.
    """
    text, _, seal = presented.partition(".")
    number = as_uuid(text)
    if number is None or not same(seal, _seal(who, number)):
        raise FormTooOldError("The form belongs to a session that has ended.")
    until = datetime.fromtimestamp((number.int >> 80) / 1000, UTC) + GOOD_FOR
    if until <= clock.now():
        raise FormTooOldError("The form was opened too long ago.")
    if not await accounts.first(database, limits.subject("form", number), until):
        raise FormSentBeforeError("Nothing was done a second time, and a secret is shown only once.")


def _seal(who: SignedIn, number: uuid.UUID) -> str:
    return hmac_hex(who.csrf_token, f"once.{number}".encode())
