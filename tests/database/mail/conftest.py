"""A real mail server on loopback, and messages on their way to it."""

import asyncio
import ssl
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import SMTP as WIRE
from pathlib import Path
from typing import Any, cast

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from calltrace.mail import service
from calltrace.mail.models import Mail
from calltrace.pipeline.context import Platform
from calltrace.pipeline.errors import TryAgainLater
from calltrace.pipeline.mailing import Mailer
from calltrace.settings import load_settings

Start = Callable[..., Awaitable[int]]


def _transport(server: SMTP) -> asyncio.Transport:
    return cast("asyncio.Transport", server.transport)  # pyright: ignore[reportUnknownMemberType] - the library has no types


@dataclass
class MailServer:
    """What it answers, and what it took."""

    answers: dict[str, str] = field(default_factory=dict[str, str])
    taken: list[Any] = field(default_factory=list[Any])
    encrypted: list[bool] = field(default_factory=list[bool])
    users: list[str] = field(default_factory=list[str])

    async def handle_RCPT(  # noqa: N802 - the library finds it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        answer = self.answers.get("DATA", "250 OK")
        if answer.startswith("2"):
            assert isinstance(envelope.content, bytes)
            message: Any = message_from_bytes(envelope.content, policy=WIRE)
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, message))
            self.encrypted.append(_transport(server).get_extra_info("ssl_object") is not None)
        return answer

    async def handle_QUIT(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - the same
        if "QUIT" in self.answers:
            _transport(server).abort()
        return "221 Bye"

    def sign_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> Any:
        self.users.append(data.login.decode())
        return AuthResult(success=data.password == b"p:w/", handled=False)


@pytest.fixture
def mail_server() -> MailServer:
    return MailServer()


@pytest.fixture
async def start(mail_server: MailServer, authority: trustme.CA) -> AsyncGenerator[Start]:
    """Start the server on a free port: plain, with STARTTLS, or with TLS from the first byte."""
    servers: list[asyncio.Server] = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)  # pyright: ignore[reportUnknownMemberType] - also takes pyOpenSSL's

    async def begin(security: str = "none", port: int = 0, **options: Any) -> int:
        loop = asyncio.get_running_loop()
        starttls = {"tls_context": tls, "require_starttls": True} if security == "starttls" else {}

        def protocol() -> SMTP:
            return SMTP(mail_server, hostname="mail.test", loop=loop, **starttls, **options)

        servers.append(
            await loop.create_server(protocol, "127.0.0.1", port, ssl=tls if security == "tls" else None)
        )
        return servers[-1].sockets[0].getsockname()[1]

    yield begin
    for server in servers:
        server.close()


@dataclass
class Post:
    """One organisation's messages and the job that sends them."""

    platform: Platform
    org: uuid.UUID
    ca_file: Path

    def mailer(self, smtp_url: str = "", *, ca_file: Path | None = None) -> Mailer:
        settings = load_settings(
            data_dir=self.platform.settings.data_dir, smtp_url=smtp_url,
            public_url="https://calls.test", outbound_ca_file=ca_file or self.ca_file,
        )  # fmt: skip
        return Mailer(replace(self.platform, settings=settings))

    async def write(self, recipient: str = "admin@crm.test", subject: str = "Hello") -> uuid.UUID:
        async with self.platform.database.tenant(self.org) as session:
            return (await service.send(session, self.org, recipient, subject, "Text of it.\n")).id

    async def row(self, mail_id: uuid.UUID) -> Mail:
        async with self.platform.database.tenant(self.org) as session:
            found = await session.get(Mail, mail_id)
        assert found is not None
        return found

    async def attempt(self, mailer: Mailer, mail_id: uuid.UUID) -> float | None:
        """Run the job once; answers when it wants to run again."""
        try:
            await mailer.send(self.org, str(mail_id))
        except TryAgainLater as later:
            return later.delay
        return None


@pytest.fixture
def post(platform: Platform, org: uuid.UUID, ca_file: Path) -> Post:
    return Post(platform, org, ca_file)
