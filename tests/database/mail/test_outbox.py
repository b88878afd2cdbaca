"""Messages without a mail server: each a file that only the operator can read."""

import stat
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from calltrace.mail.errors import MailDelayedError
from calltrace.mail.outbox import FileOutbox
from calltrace.mail.transport import transport
from calltrace.settings import load_settings
from database.mail.conftest import MailServer, Post, Start


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_each_message_is_one_file_of_the_operators(post: Post) -> None:
    folder = post.platform.settings.data_dir / "outbox"
    first, second = await post.write(subject="One"), await post.write(subject="Two")
    for mail_id in (first, second, first):
        assert await post.attempt(post.mailer(), mail_id) is None
    files = sorted(folder.iterdir())
    assert [file.name.partition("-")[2] for file in files] == [f"{first}.eml", f"{second}.eml"]
    assert [_mode(file) for file in files] == [0o600, 0o600]
    assert _mode(folder) == 0o700
    message: Any = message_from_bytes(files[0].read_bytes(), policy=SMTP)
    assert (message["To"], message["Subject"]) == ("admin@crm.test", "One")
    assert message.get_content().strip() == "Text of it."
    assert (await post.row(first)).body is None


async def test_an_address_in_other_letters_stays_an_address(post: Post) -> None:
    mail_id = await post.write(recipient="jörg@müller.test")
    assert await post.attempt(post.mailer(), mail_id) is None
    [file] = (post.platform.settings.data_dir / "outbox").iterdir()
    assert "To: jörg@müller.test\r\n" in file.read_bytes().decode()  # RFC 6532


async def test_what_a_killed_worker_left_half_is_written_anew(post: Post) -> None:
    folder = post.platform.settings.data_dir / "outbox"
    mail_id = await post.write()
    row = await post.row(mail_id)
    name = f"{row.created_at:%Y%m%dT%H%M%SZ}-{mail_id}.eml"
    folder.mkdir()
    (folder / f".{name}").write_bytes(b"half" * 1000)
    assert await post.attempt(post.mailer(), mail_id) is None
    assert [file.name for file in folder.iterdir()] == [name]
    assert (folder / name).read_bytes().startswith(b"From: Call Trace")


async def test_an_outbox_that_cannot_be_written_is_tried_again_and_seen_by_the_doctor(post: Post) -> None:
    (post.platform.settings.data_dir / "outbox").write_text("a file is in the way")
    mail_id = await post.write()
    assert await post.attempt(post.mailer(), mail_id) is not None
    row = await post.row(mail_id)
    assert row.body is not None
    assert row.error == "The outbox cannot be written: File exists."
    with pytest.raises(MailDelayedError):
        await FileOutbox(post.platform.settings.data_dir / "outbox").check()


async def test_the_doctor_says_how_mail_leaves(
    post: Post, start: Start, mail_server: MailServer, tmp_path: Path
) -> None:
    assert "each mail is a file in" in await transport(load_settings(data_dir=tmp_path)).check()
    port = await start("starttls")
    url = f"smtp+starttls://127.0.0.1:{port}"
    said = await transport(load_settings(smtp_url=url, outbound_ca_file=post.ca_file)).check()
    assert said == f"the mail server 127.0.0.1:{port} answers, encrypted by STARTTLS"
    with pytest.raises(MailDelayedError):
        await transport(load_settings(smtp_url=url)).check()
    assert mail_server.taken == []
