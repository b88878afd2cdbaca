"""API tokens: prefix, 40 random base62 characters, six of CRC32.

The checksum lets a secret scanner or a typo be recognised offline; the server keeps only a SHA-256.
"""

import hashlib
import re
import secrets
import string
import zlib
from dataclasses import dataclass

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECK = 40, 6
_FORM = re.compile(rf"(ct_(?:live|test)_)([0-9A-Za-z]{{{_RANDOM}}})([0-9A-Za-z]{{{_CHECK}}})")
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at the only moment when it is known in full."""

    token: str
    prefix: str
    hash: str


def new_token(mode: str) -> NewToken:
    """A fresh native token, ``ct_live_…`` or ``ct_test_…`` (acceptance CT-011)."""
    head = f"ct_{mode}_"
    body = "".join(secrets.choice(_BASE62) for _ in range(_RANDOM))
    token = head + body + checksum(head + body)
    return NewToken(token, token[:_SHOWN], hash_token(token))


def checksum(text: str) -> str:
    """CRC32 in base62, six characters."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits


def well_formed(token: str) -> bool:
    """Whether the text can be one of our tokens, told without a database."""
    match = _FORM.fullmatch(token)
    return match is not None and checksum(match[1] + match[2]) == match[3]


def hash_token(token: str) -> str:
    """SHA-256, hex. Tokens have 238 bits of entropy: a slow hash would add nothing."""
    return hashlib.sha256(token.encode()).hexdigest()
