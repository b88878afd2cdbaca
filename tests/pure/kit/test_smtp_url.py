"""A mail server as one URL."""

import pytest

from calltrace.kit.smtp_url import SmtpServer, is_address, parse_smtp_url

GOOD = {
    "smtp://mail.test": SmtpServer("mail.test", 25, "none"),
    "smtps://mail.test": SmtpServer("mail.test", 465, "tls"),
    "smtp+starttls://mail.test/": SmtpServer("mail.test", 587, "starttls"),
    "smtp://[::1]:2525": SmtpServer("::1", 2525, "none"),
    "SMTPS://u%40x.test:p%3Aw%2F@Mail.test:1?from=calls@x.test": SmtpServer(
        "mail.test", 1, "tls", "u@x.test", "p:w/", "calls@x.test"
    ),
}


@pytest.mark.parametrize("url", GOOD)
def test_what_a_url_says(url: str) -> None:
    assert parse_smtp_url(url) == GOOD[url]


@pytest.mark.parametrize(
    "url",
    ["mail.test", "http://mail.test", "smtp://", "smtp://:25", "smtp://mail.test:99999", "smtp://mail.test:x",
     "smtp://mail.test/path", "smtp://mail.test#x", "smtp://mail.test?to=a@b.test", "smtp://mail.test?from=me",
     "smtp://mail.test?from=a@b.test&from=c@d.test", "smtp://mail.test?from=a@b.test,c@d.test",
     "smtp://mail.test?from=a@b.test%0d%0aBcc:c@d.test", "smtp://mail.test?x"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_without_quoting_the_password(url: str) -> None:
    secret = url.replace("//", "//user:hunter2@", 1)
    for one in (url, secret):
        with pytest.raises(ValueError, match=r".") as error:
            parse_smtp_url(one)
        assert "hunter2" not in str(error.value)


def test_a_server_does_not_show_its_password() -> None:
    assert "hunter2" not in repr(parse_smtp_url("smtps://u:hunter2@mail.test"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a@b.test", True), ("jörg@b.test", True), ("a", False), ("a@", False), ("@b", False), ("", False),
     ("a@b.test, c@d.test", False), ("A <a@b.test>", False), ("a@b.test\r\nBcc: c@d.test", False),
     ("a b@c.test", False), ("o'brien+x@b.test", True), ("a.@b.test", False), ("a@b..test", False),
     ('"a b"@c.test', False), ("(c)a@b.test", False), ("a@b.test\n", False), ("a@b\u2028c", False)],
)  # fmt: skip
def test_an_address_is_one_address(text: str, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert is_address(text) is expected
