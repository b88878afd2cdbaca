"""Which addresses of people are taken: those that a message can be sent to."""

import pytest

from calltrace.accounts.names import checked_email
from calltrace.dialects.callcov.auth import Register
from calltrace.kit.errors import InvalidRequestError
from calltrace.kit.smtp_url import mail_address


@pytest.mark.parametrize("text", ["a@v.test", " o'neil+x@mail.v.test ", "jörg@müller.test"])
def test_an_address_that_can_be_mailed_is_taken(text: str) -> None:
    assert mail_address(checked_email(text)).addr_spec == text.strip()


@pytest.mark.parametrize(
    "text", ["a..b@v.test", "abc.@v.test", ".abc@v.test", "a@v..test", "a@v", "a,b@v.test", '"a b"@v.test']
)
def test_one_that_cannot_be_is_refused_at_every_door(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        checked_email(text)
    with pytest.raises(ValueError, match="not an e-mail address"):
        Register(email=text, password="Str0ng & long")
