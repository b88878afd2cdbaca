"""Messages as they leave: what was put in comes out, and nothing else."""

import uuid
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest

from calltrace.mail.errors import MailRefusedError
from calltrace.mail.letter import letter
from calltrace.mail.models import Mail
from calltrace.mail.service import LONGEST_SUBJECT, one_line
from calltrace.mail.transport import sender
from calltrace.settings import load_settings

SENDER = "calltrace@calls.test"
MOMENT = datetime(2026, 6, 19, 12, 0, tzinfo=UTC)


def _mail(**changes: Any) -> Mail:
    fields = {"recipient": "admin@crm.test", "subject": "Stopped", "body": "Text.\n"} | changes
    return Mail(id=uuid.UUID(int=7), created_at=MOMENT, **fields)


def _sent(mail: Mail) -> Any:
    return message_from_bytes(letter(mail, SENDER).message.as_bytes(policy=SMTP), policy=SMTP)


def test_headers_and_text_arrive_as_they_were_meant() -> None:
    text = "Grüße, 世界\n" + "long " * 300 + "\n.\nFrom here\n"
    found = _sent(_mail(subject="Über 10 Fehler", body=text))
    assert found["From"] == "Call Trace <calltrace@calls.test>"
    assert found["To"] == "admin@crm.test"
    assert found["Subject"] == "Über 10 Fehler"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Date"].datetime == MOMENT
    assert found.get_content().replace("\r\n", "\n") == text


def test_the_same_message_has_the_same_id_and_name_each_time() -> None:
    first, second = letter(_mail(), SENDER), letter(_mail(), SENDER)
    assert first.message["Message-ID"] == second.message["Message-ID"] == f"<{uuid.UUID(int=7)}@calls.test>"
    assert first.name == second.name == f"20260619T120000Z-{uuid.UUID(int=7)}"


@pytest.mark.parametrize(
    "recipient",
    ["", "nobody", "a@b.test\r\nBcc: c@d.test", "a@b.test, c@d.test", "A <a@b.test>", "a@b.test\x00", "@"],
)
def test_what_is_no_address_is_refused(recipient: str) -> None:
    with pytest.raises(MailRefusedError):
        letter(_mail(recipient=recipient), SENDER)


@pytest.mark.parametrize("subject", ["a\r\nBcc: c@d.test", "a\nX: y", "a\rX", "a\u2028b\x85c\x00d\ud800"])
def test_a_subject_can_inject_no_header(subject: str) -> None:
    found = _sent(_mail(subject=one_line(subject)))
    assert set(found.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type",
        "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    with pytest.raises(MailRefusedError):
        letter(_mail(subject="a\r\nBcc: c@d.test"), SENDER)


def test_a_subject_is_one_line_of_bounded_length() -> None:
    assert one_line("  a\t b\r\n c ") == "a b c"
    assert len(one_line("x" * 999)) == LONGEST_SUBJECT


@pytest.mark.parametrize(
    ("smtp_url", "public_url", "expected"),
    [("", "", "calltrace@localhost"), ("", "https://calls.acme.test:8443/x", "calltrace@calls.acme.test"),
     ("", "http://127.0.0.1:8000", "calltrace@localhost"), ("", "http://[::1]:8000", "calltrace@localhost"),
     ("smtp://mail.test", "https://calls.test", "calltrace@calls.test"),
     ("smtp://user@mail.test", "https://calls.test", "calltrace@calls.test"),
     ("smtp://me%40acme.test@mail.test", "https://calls.test", "me@acme.test"),
     ("smtp://me%40acme.test@mail.test?from=calls@acme.test", "", "calls@acme.test")],
)  # fmt: skip
def test_who_a_message_comes_from(smtp_url: str, public_url: str, expected: str) -> None:
    assert sender(load_settings(smtp_url=smtp_url, public_url=public_url)) == expected
