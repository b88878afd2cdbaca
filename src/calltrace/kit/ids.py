"""Identifiers: UUIDv7 for rows (sortable by time, RFC 9562) and prefixed ULIDs for deliveries."""

import secrets
import time
import uuid

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_ULID_LENGTH = 26


def uuid7() -> uuid.UUID:
    """A new UUIDv7: 48 bits of milliseconds, 74 random bits (RFC 9562, section 5.7)."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def as_uuid(text: str) -> uuid.UUID | None:
    """The UUID that a text spells in its usual form with hyphens, else ``None``."""
    try:
        value = uuid.UUID(text)
    except ValueError:
        return None
    return value if str(value) == text.lower() else None


def ulid() -> str:
    """26 lower-case Crockford base32 characters, time first (acceptance CT-113)."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[value >> shift & 31] for shift in range(5 * (_ULID_LENGTH - 1), -1, -5))


def delivery_id() -> str:
    """``whd_`` + ULID: stable over all attempts of one delivery (acceptance CT-113, CT-118)."""
    return f"whd_{ulid()}"
