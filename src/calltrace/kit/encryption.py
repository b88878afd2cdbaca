"""Secrets and recordings at rest.

Short secrets (webhook keys, data keys) are sealed with Fernet under keys derived from SECRET_KEY; recordings
are sealed chunk by chunk with AES-256-GCM under a data key of their own, so that a range can be read without
the rest, and forgetting the data key erases the recording wherever copies of it are (crypto-shredding).

A sealed recording is ``CTREC`` + version + two zero bytes, then each 64 KiB of plaintext as ciphertext + 16
byte tag. The nonce is the chunk's number; the header and a last-chunk mark are authenticated with it, so
chunks that were swapped, cut off or appended do not open (the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizar, CRYPTO 2015). An empty recording has one empty chunk.
"""

import base64
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from calltrace.kit.errors import CallTraceError, ConfigurationError

CHUNK = 64 * 1024
"""Bytes of plaintext per chunk."""

HEADER = b"CTREC\x01\x00\x00"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG = 16
_SEALED_CHUNK = CHUNK + _TAG
_SECRET_CONTEXT = b"calltrace secret box v1"
_PART_CONTEXT = b"calltrace part key v1 "


class SecretUnreadableError(CallTraceError):
    """A secret was sealed under a key that SECRET_KEY no longer lists, or was tampered with."""

    code = "secret_unreadable"
    title = "A stored secret cannot be read"


class RecordingDamagedError(CallTraceError):
    """A stored recording is cut short, was changed, or belongs to another key."""

    code = "recording_damaged"
    title = "A stored recording cannot be read"


class SecretBox:
    """Seals short strings; the first secret seals, all of them open.

    Args:
        secret_key: one or more secrets of any form, comma-separated, as in the setting SECRET_KEY.

    Raises:
        ConfigurationError: no secret at all.
    """

    def __init__(self, secret_key: str) -> None:
        parts = [part.strip() for part in secret_key.split(",") if part.strip()]
        if not parts:
            raise ConfigurationError("SECRET_KEY is empty")
        self._fernet = MultiFernet([_fernet(part) for part in parts])

    def seal(self, plain: str) -> str:
        """``plain`` as printable ciphertext, different each time."""
        return self._fernet.encrypt(plain.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """What was sealed.

        Raises:
            SecretUnreadableError: none of the secrets opens it.
        """
        try:
            return self._fernet.decrypt(sealed).decode()
        except (InvalidToken, ValueError) as error:
            raise SecretUnreadableError(_LOST_KEY) from error

    def rotate(self, sealed: str) -> str:
        """The same secret sealed under the first key.

        Raises:
            SecretUnreadableError: none of the secrets opens it.
        """
        try:
            return self._fernet.rotate(sealed).decode("ascii")
        except (InvalidToken, ValueError) as error:
            raise SecretUnreadableError(_LOST_KEY) from error


_LOST_KEY = "A secret does not open: put the SECRET_KEY that sealed it at the end of the list"


@dataclass(frozen=True, slots=True)
class Span:
    """Where a range of plaintext lies in the sealed file.

    Attributes:
        first_chunk: number of the first chunk to read.
        start: offset of that chunk in the sealed file.
        length: bytes to read from there.
        skip: bytes of plaintext to drop from the front once opened.
        take: bytes of plaintext to keep after that.
    """

    first_chunk: int
    start: int
    length: int
    skip: int
    take: int


def new_data_key() -> bytes:
    """A random key for one recording."""
    return secrets.token_bytes(_KEY_BYTES)


def part_key(key: bytes, name: str) -> bytes:
    """A key of its own for one of several parts that are kept under one data key; names are never reused."""
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=_PART_CONTEXT + name.encode()).derive(key)


def sealed_size(size: int) -> int:
    """Bytes of the sealed file for ``size`` bytes of plaintext."""
    return len(HEADER) + size + _TAG * _chunk_count(size)


def span(start: int, length: int, size: int) -> Span:
    """The chunks that cover ``length`` bytes from ``start``, cut off at ``size``, the plaintext's size."""
    end = max(start, min(start + length, size))
    first, last = start // CHUNK, (end - 1) // CHUNK
    begin = len(HEADER) + first * _SEALED_CHUNK
    sealed_end = min(len(HEADER) + (last + 1) * _SEALED_CHUNK, sealed_size(size))
    return Span(first, begin, max(0, sealed_end - begin), start % CHUNK, end - start)


async def encrypt(source: AsyncIterable[bytes], key: bytes) -> AsyncGenerator[bytes]:
    """Seal a stream of pieces of any size; the key must never be used for a second recording."""
    cipher = AESGCM(key)
    yield HEADER
    number, pending = 0, bytearray()
    async for piece in source:
        pending += piece
        while len(pending) > CHUNK:  # a full chunk waits: it may be the last one
            yield cipher.encrypt(_nonce(number), bytes(pending[:CHUNK]), _associated(last=False))
            del pending[:CHUNK]
            number += 1
    yield cipher.encrypt(_nonce(number), bytes(pending), _associated(last=True))


def decrypt_span(sealed: bytes, where: Span, key: bytes, size: int) -> Iterator[bytes]:
    """Open what was read at ``where`` of a recording of ``size`` bytes.

    Raises:
        RecordingDamagedError: a chunk is missing, changed, or not where it belongs.
    """
    if len(sealed) != where.length:
        raise RecordingDamagedError("The stored recording is shorter than it should be")
    cipher, skip, left = AESGCM(key), where.skip, where.take
    for index, offset in enumerate(range(0, len(sealed), _SEALED_CHUNK)):
        number = where.first_chunk + index
        plain = _open(cipher, number, sealed[offset : offset + _SEALED_CHUNK], size)[skip : skip + left]
        skip, left = 0, left - len(plain)
        yield plain


def _open(cipher: AESGCM, number: int, chunk: bytes, size: int) -> bytes:
    try:
        return cipher.decrypt(_nonce(number), chunk, _associated(last=number == _chunk_count(size) - 1))
    except InvalidTag as error:
        raise RecordingDamagedError("The stored recording was changed or belongs to another key") from error


def _chunk_count(size: int) -> int:
    return max(1, -(-size // CHUNK))


def _nonce(number: int) -> bytes:
    return number.to_bytes(_NONCE_BYTES, "big")


def _associated(*, last: bool) -> bytes:
    return HEADER + bytes([last])


def _fernet(secret: str) -> Fernet:
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_SECRET_CONTEXT).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
