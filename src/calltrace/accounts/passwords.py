"""Passwords: argon2id, off the event loop and a few at a time."""

import asyncio
import base64
import unicodedata

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.words import Words

SHORTEST, LONGEST = 8, 1024
"""Characters. The upper bound keeps a megabyte of "password" from being hashed."""
MEMORY_KIB, ROUNDS, LANES = 64 * 1024, 3, 4
"""The second recommended option of RFC 9106, section 4. Changing them re-hashes at the next sign-in."""

HASHER = PasswordHash((Argon2Hasher(ROUNDS, MEMORY_KIB, LANES),))
_hashing = asyncio.Semaphore(2)  # 64 MiB each: a burst of sign-ins must not take it all


def _nobodys_hash() -> str:
    """A well-formed hash that no password has, at the cost of any other: nobody knows its preimage."""
    salt, digest = (base64.b64encode(bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={ROUNDS},p={LANES}${salt}${digest}"


NOBODYS_HASH = _nobodys_hash()


def check(password: str, field: str = "/password") -> None:
    """Refuse a new password that is too short or too long.

    Raises:
        InvalidRequestError: naming the field.
    """
    if len(password) < SHORTEST:
        detail = Words("A password has at least %(shortest)s characters.", shortest=SHORTEST)
    elif len(password) > LONGEST:
        detail = Words("A password has at most %(longest)s characters.", longest=LONGEST)
    else:
        return
    raise InvalidRequestError(detail, errors=[FieldError(field, detail)])


async def hashed(password: str) -> str:
    """The hash to keep."""
    async with _hashing:
        return await asyncio.to_thread(HASHER.hash, _one_form(password))


async def verify(password: str, known: str | None) -> tuple[bool, str | None]:
    """Whether a password has a hash, and a new hash when the known one is out of date.

    Without a known hash the same work is done for nothing: how long the answer takes must not tell
    whether there is such a user.
    """
    if len(password) > LONGEST:
        return False, None
    async with _hashing:
        right, renewed = await asyncio.to_thread(
            HASHER.verify_and_update, _one_form(password), known or NOBODYS_HASH
        )
    return (right, renewed) if known else (False, None)


def _one_form(password: str) -> str:
    """The same letters typed on another device may arrive as other code points (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)
