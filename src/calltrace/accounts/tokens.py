"""API tokens: a prefix that tells the contract and the mode, and random characters.

Native ones end in six characters of CRC32, so that a secret scanner or a typo is recognised offline; the
forms of other contracts are fixed by their documents. The server keeps only a SHA-256.
"""

import hashlib
import secrets
import string
import zlib
from dataclasses import dataclass

from calltrace.accounts.models import Contract, Mode

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_HEX = "0123456789abcdef"
_CHECK = 6


@dataclass(frozen=True, slots=True)
class Form:
    """How a contract's tokens look.

    Attributes:
        head: what they begin with.
        modes: for which there are some.
        alphabet: of the random part.
        length: of the random part.
        shown: how many characters of the whole are no secret.
        checked: whether a checksum follows.
    """

    head: str
    modes: tuple[Mode, ...]
    alphabet: str
    length: int
    shown: int
    checked: bool = False

    def start(self, mode: Mode) -> str:
        """What tokens of a mode begin with."""
        return f"{self.head}_{mode}_"


FORMS: dict[Contract, Form] = {
    "calltrace": Form("ct", ("live", "test"), _BASE62, 40, shown=12, checked=True),
    "callcov": Form("sk", ("live", "test"), _BASE62, 48, shown=14),
    "callcenterrate": Form("ccr", ("live",), _HEX, 32, shown=14),
    "auralytik": Form("ak", ("live",), _BASE62, 32, shown=14),
}
"""Acceptance CT-011, CV-006, CR-004; decisions on keys."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at the only moment when it is known in full."""

    token: str
    prefix: str
    hash: str


def new_token(mode: Mode, contract: Contract = "calltrace") -> NewToken:
    """A fresh token, such as ``ct_live_…``."""
    form = FORMS[contract]
    token = form.start(mode) + "".join(secrets.choice(form.alphabet) for _ in range(form.length))
    if form.checked:
        token += checksum(token)
    return NewToken(token, token[: form.shown], hash_token(token))


def checksum(text: str) -> str:
    """CRC32 in base62, six characters."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits


def well_formed(token: str, contract: Contract = "calltrace") -> bool:
    """Whether the text can be one of our tokens, told without a database."""
    form = FORMS[contract]
    start = next((form.start(mode) for mode in form.modes if token.startswith(form.start(mode))), None)
    if start is None:
        return False
    body, tail = token[len(start) : len(start) + form.length], token[len(start) + form.length :]
    if len(body) != form.length or not set(body) <= set(form.alphabet):
        return False
    return tail == (checksum(start + body) if form.checked else "")


def hash_token(token: str) -> str:
    """SHA-256, hex. Tokens have 128 bits of entropy or more: a slow hash would add nothing."""
    return hashlib.sha256(token.encode()).hexdigest()
