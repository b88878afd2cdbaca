"""Names and addresses of people, as they may be written down."""

import re
import unicodedata

from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.smtp_url import is_address
from calltrace.kit.words import Words

LONGEST_NAME, LONGEST_EMAIL = 200, 320
PHONE = r"^\+[1-9]\d{6,14}$"
"""A telephone number as E.164 has it."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def checked_name(text: str | None, field: str = "/name") -> str | None:
    """A person's name in one line, or none.

    Raises:
        InvalidRequestError: it is too long, or holds control characters.
    """
    name = " ".join((text or "").split())
    if len(name) > LONGEST_NAME or any(unicodedata.category(one) in {"Cc", "Cs"} for one in name):
        detail = Words(
            "A name has at most %(longest_name)s characters, and no control characters.",
            longest_name=LONGEST_NAME,
        )
        raise InvalidRequestError(detail, errors=[FieldError(field, detail)])
    return name or None


def checked_phone(text: str, field: str = "/phoneNumber") -> str | None:
    """A telephone number without what people put between its digits, or none.

    Raises:
        InvalidRequestError: it is none.
    """
    number = re.sub(r"[\s().-]", "", text)
    if number and not re.fullmatch(PHONE, number, re.ASCII):
        detail = "Write the number with + and the code of the country, such as +44 20 7946 0018."
        raise InvalidRequestError(detail, errors=[FieldError(field, detail)])
    return number or None


def is_mailable(text: str) -> bool:
    """Whether messages can be sent to an address, as far as its form tells; its domain has a dot."""
    return bool(_EMAIL.fullmatch(text)) and is_address(text)


def checked_email(text: str, field: str = "/email") -> str:
    """An e-mail address, as far as its form tells.

    Raises:
        InvalidRequestError: it is none.
    """
    email = text.strip()
    if len(email) > LONGEST_EMAIL or not email.isprintable() or not is_mailable(email):
        detail = Words("%(text)s is not an e-mail address.", text=f"{text[:100]!r}")
        raise InvalidRequestError(detail, errors=[FieldError(field, detail)])
    return email
