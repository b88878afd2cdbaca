"""Keyset pagination: an opaque cursor that names the last row seen."""

import base64
import binascii
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from calltrace.kit.errors import FieldError, InvalidRequestError

_UUID_BYTES = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position after one row of a list ordered by ``(moment, id)``, newest first."""

    moment: datetime
    id: uuid.UUID

    def encode(self) -> str:
        """Opaque, URL-safe text."""
        return _encode(self.moment, self.id.bytes)

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """The reverse of :meth:`encode`.

        Raises:
            InvalidRequestError: the text was not made by us.
        """
        moment, raw_id = _decode(text)
        if len(raw_id) != _UUID_BYTES:
            raise _invalid()
        return cls(moment, uuid.UUID(bytes=raw_id))


@dataclass(frozen=True, slots=True)
class TextCursor:
    """The same for rows whose id is a short text, such as ``whd_…``."""

    moment: datetime
    id: str

    def encode(self) -> str:
        """Opaque, URL-safe text."""
        return _encode(self.moment, self.id.encode())

    @classmethod
    def decode(cls, text: str) -> "TextCursor":
        """The reverse of :meth:`encode`.

        Raises:
            InvalidRequestError: the text was not made by us.
        """
        moment, raw_id = _decode(text)
        name = raw_id.decode("ascii", "replace")
        if not name or not name.isascii() or not name.isprintable():
            raise _invalid()
        return cls(moment, name)


def _encode(moment: datetime, raw_id: bytes) -> str:
    micros = (moment - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(micros.to_bytes(8, "big") + raw_id).rstrip(b"=").decode()


def _decode(text: str) -> tuple[datetime, bytes]:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return _EPOCH + timedelta(microseconds=int.from_bytes(raw[:8], "big")), raw[8:]
    except (ValueError, binascii.Error, OverflowError) as error:
        raise _invalid() from error


def _invalid() -> InvalidRequestError:
    wrong = FieldError("/cursor", "Not a cursor that this API gave out.")
    return InvalidRequestError("cursor is not valid.", errors=[wrong])
