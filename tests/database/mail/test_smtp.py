"""Messages by SMTP, to a real server: encrypted as asked, once, and tried again when it is away."""

import asyncio
import socket
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from sqlalchemy import text

from calltrace.kit import clock
from calltrace.kit.smtp_url import parse_smtp_url
from calltrace.mail import sending, service
from calltrace.mail.errors import MailDelayedError
from calltrace.mail.letter import letter
from calltrace.mail.models import Mail
from calltrace.mail.smtp import SmtpTransport
from calltrace.pipeline.housekeeping import tidy
from database.conftest import count, waiting_jobs
from database.mail.conftest import MailServer, Post, Start


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


async def _later(post: Post, mail_id: uuid.UUID) -> None:
    """The time of the next attempt has come."""
    async with post.platform.database.tenant(post.org) as session:
        statement = text("UPDATE mails SET next_attempt_at = now() WHERE id = :id")
        await session.execute(statement, {"id": mail_id})


async def test_a_message_arrives_and_its_text_is_forgotten(
    post: Post, start: Start, mail_server: MailServer
) -> None:
    mailer = post.mailer(f"smtp://127.0.0.1:{await start()}")
    mail_id = await post.write(subject="Webhooks stopped")
    assert await waiting_jobs(post.platform.database, str(mail_id)) == 1
    assert await post.attempt(mailer, mail_id) is None
    [(mail_from, recipients, message)] = mail_server.taken
    assert (mail_from, recipients) == ("calltrace@calls.test", ["admin@crm.test"])
    assert (message["Subject"], message.get_content().strip()) == ("Webhooks stopped", "Text of it.")
    row = await post.row(mail_id)
    assert (row.body, row.error, row.attempts) == (None, None, 1)
    assert row.sent_at is not None


async def test_a_deed_that_is_rolled_back_sends_nothing(post: Post) -> None:
    class ChangedMindError(Exception):
        pass

    async def deed() -> None:
        async with post.platform.database.tenant(post.org) as session:
            await service.send(session, post.org, "admin@crm.test", "x", "y")
            raise ChangedMindError

    with pytest.raises(ChangedMindError):
        await deed()
    assert await count(post.platform.database, "mails", post.org) == 0


async def test_a_job_that_runs_twice_sends_once(post: Post, start: Start, mail_server: MailServer) -> None:
    mailer = post.mailer(f"smtp://127.0.0.1:{await start()}")
    mail_id = await post.write()
    first, second = await asyncio.gather(post.attempt(mailer, mail_id), post.attempt(mailer, mail_id))
    assert min(first or 0.0, second or 0.0) == 0.0
    assert await post.attempt(mailer, mail_id) is None
    assert len(mail_server.taken) == 1


async def test_a_server_that_hangs_up_after_its_yes_gets_it_once(
    post: Post, start: Start, mail_server: MailServer
) -> None:
    mail_server.answers["QUIT"] = "abort"
    mailer = post.mailer(f"smtp://127.0.0.1:{await start()}")
    mail_id = await post.write()
    assert await post.attempt(mailer, mail_id) is None
    assert (await post.row(mail_id)).sent_at is not None


@pytest.mark.parametrize(("scheme", "security"), [("smtps", "tls"), ("smtp+starttls", "starttls")])
async def test_what_is_to_be_encrypted_is_encrypted(
    post: Post, start: Start, mail_server: MailServer, scheme: str, security: str
) -> None:
    mailer = post.mailer(f"{scheme}://127.0.0.1:{await start(security)}")
    assert await post.attempt(mailer, await post.write()) is None
    assert mail_server.encrypted == [True]


async def test_nothing_leaves_in_the_clear_when_starttls_is_not_offered(
    post: Post, start: Start, mail_server: MailServer
) -> None:
    mail_id = await post.write()
    mailer = post.mailer(f"smtp+starttls://user:hunter2@127.0.0.1:{await start()}")
    assert await post.attempt(mailer, mail_id) == sending.FIRST_GAP
    assert mail_server.taken == mail_server.users == []
    assert "hunter2" not in str((await post.row(mail_id)).error)


@pytest.mark.parametrize(("scheme", "security"), [("smtps", "tls"), ("smtp+starttls", "starttls")])
async def test_a_server_with_a_certificate_of_a_stranger_gets_nothing(
    post: Post, start: Start, mail_server: MailServer, tmp_path: Path, scheme: str, security: str
) -> None:
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    mailer = post.mailer(f"{scheme}://127.0.0.1:{await start(security)}", ca_file=stranger)
    assert await post.attempt(mailer, await post.write()) == sending.FIRST_GAP
    assert mail_server.taken == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while")  # the server does not know that TLS is below it
@pytest.mark.parametrize(("password", "taken"), [("p%3Aw%2F", 1), ("wrong", 0)])
async def test_signing_in(
    post: Post, start: Start, mail_server: MailServer, password: str, taken: int
) -> None:
    port = await start("tls", authenticator=mail_server.sign_in, auth_required=True, auth_require_tls=False)
    mailer = post.mailer(f"smtps://me%40acme.test:{password}@127.0.0.1:{port}")
    assert await post.attempt(mailer, await post.write()) == (None if taken else sending.FIRST_GAP)
    assert set(mail_server.users) == {"me@acme.test"}
    assert len(mail_server.taken) == taken


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
async def test_a_refusal_for_good_is_not_tried_again(
    post: Post, start: Start, mail_server: MailServer, verb: str
) -> None:
    mail_server.answers[verb] = "550 No such user"
    mail_id = await post.write()
    mailer = post.mailer(f"smtp://127.0.0.1:{await start()}")
    assert await post.attempt(mailer, mail_id) is None
    row = await post.row(mail_id)
    assert (row.body, row.sent_at) == (None, None)
    assert row.error == "The mail server answered 550 No such user"
    assert await post.attempt(mailer, mail_id) is None
    assert row.attempts == 1


async def test_a_recipient_that_is_no_address_is_given_up(post: Post, start: Start) -> None:
    mail_id = await post.write(recipient="a@b.test\r\nBcc: c@d.test")
    assert await post.attempt(post.mailer(f"smtp://127.0.0.1:{await start()}"), mail_id) is None
    row = await post.row(mail_id)
    assert (row.body, row.sent_at) == (None, None)


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
async def test_not_now_is_tried_again_with_growing_gaps_until_it_is_taken(
    post: Post, start: Start, mail_server: MailServer, verb: str
) -> None:
    mail_server.answers[verb] = "451 Busy"
    mail_id = await post.write()
    mailer = post.mailer(f"smtp://127.0.0.1:{await start()}")
    gaps: list[float | None] = []
    for _ in range(12):
        gaps.append(await post.attempt(mailer, mail_id))
        await _later(post, mail_id)
    assert gaps[:4] == [15, 30, 60, 120]
    assert gaps[-1] == sending.LONGEST_GAP
    mail_server.answers.clear()
    assert await post.attempt(mailer, mail_id) is None
    assert len(mail_server.taken) == 1


async def test_a_server_that_is_down_is_tried_again_but_not_before_its_time(
    post: Post, start: Start, mail_server: MailServer
) -> None:
    port, mail_id = _free_port(), await post.write()
    mailer = post.mailer(f"smtp://127.0.0.1:{port}")
    assert await post.attempt(mailer, mail_id) == sending.FIRST_GAP
    await start(port=port)
    early = await post.attempt(mailer, mail_id)
    assert early is not None
    assert 0 < early <= sending.FIRST_GAP
    assert mail_server.taken == []
    await _later(post, mail_id)
    assert await post.attempt(mailer, mail_id) is None
    assert len(mail_server.taken) == 1


async def test_a_server_that_never_answers_does_not_hold_us_for_ever(post: Post) -> None:
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = SmtpTransport(parse_smtp_url(f"smtp://127.0.0.1:{port}"), seconds=0.2)
    with pytest.raises(MailDelayedError, match="in time"):
        await transport.deliver(letter(await post.row(await post.write()), "calltrace@calls.test"))
    server.close()


async def test_after_days_nobody_tries_any_more(post: Post) -> None:
    mail_id = await post.write()
    mailer = post.mailer(f"smtp://127.0.0.1:{_free_port()}")
    async with post.platform.database.tenant(post.org) as session:
        written = {"then": clock.now() - sending.GIVE_UP_AFTER}
        await session.execute(text("UPDATE mails SET created_at = :then"), written)
    assert await post.attempt(mailer, mail_id) is None
    row = await post.row(mail_id)
    assert (row.body, row.sent_at) == (None, None)
    assert row.error is not None


async def test_housekeeping_finds_a_message_without_a_job_and_forgets_old_ones(post: Post) -> None:
    database, waiting, done = post.platform.database, await post.write(), await post.write()
    await post.attempt(post.mailer(), done)
    async with database.operator() as session:
        await session.execute(text("DELETE FROM pgqueuer WHERE entrypoint = 'send_mail'"))
    await tidy(database, 30)
    assert await waiting_jobs(database, str(waiting)) == 0  # it may just be under way
    old = {"old": clock.now() - timedelta(days=31)}
    async with database.tenant(post.org) as session:
        await session.execute(text("UPDATE mails SET next_attempt_at = :old, created_at = :old"), old)
    await tidy(database, 30)
    await tidy(database, 30)
    assert await waiting_jobs(database, str(waiting)) == 1
    async with database.tenant(post.org) as session:
        assert await session.get(Mail, done) is None
