"""The job of one message: claim it, hand it over, write down how that went."""

import uuid

import structlog

from calltrace.db.clock import database_now
from calltrace.mail import sending
from calltrace.mail.errors import MailDelayedError, MailRefusedError
from calltrace.mail.letter import letter
from calltrace.mail.models import Mail
from calltrace.mail.transport import sender, transport
from calltrace.pipeline.context import Platform
from calltrace.pipeline.errors import TryAgainLater

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Mailer:
    """Sends messages the way that the settings say."""

    def __init__(self, platform: Platform) -> None:
        self._database = platform.database
        self._transport = transport(platform.settings)
        self._sender = sender(platform.settings)

    async def send(self, org_id: uuid.UUID, key: str) -> None:
        """Make one attempt to send a message, or raise TryAgainLater."""
        mail_id = uuid.UUID(key)
        try:
            async with self._database.tenant(org_id) as session:
                mail = await sending.claim(session, mail_id, await database_now(session))
        except sending.NotYetDueError as early:
            raise TryAgainLater(early.seconds) from None
        if mail is None:
            return
        try:
            await self._transport.deliver(letter(mail, self._sender))
        except MailRefusedError as error:
            await self._refused(mail, error)
        except MailDelayedError as error:
            await self._delayed(mail, error)
        else:
            async with self._database.tenant(org_id) as session:
                await sending.sent(session, mail_id, await database_now(session))
            log.info("mail_sent", mail=key, attempt=mail.attempts)

    async def _refused(self, mail: Mail, error: MailRefusedError) -> None:
        async with self._database.tenant(mail.org_id) as session:
            await sending.give_up(session, mail.id, error.detail)
        log.error("mail_refused", mail=str(mail.id), attempt=mail.attempts)

    async def _delayed(self, mail: Mail, error: MailDelayedError) -> None:
        async with self._database.tenant(mail.org_id) as session:
            now = await database_now(session)
            seconds = await sending.postpone(session, mail.id, error.detail, now)
        log.warning("mail_delayed", mail=str(mail.id), attempt=mail.attempts, seconds=seconds)
        if seconds is not None:
            raise TryAgainLater(seconds)
