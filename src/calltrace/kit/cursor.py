"""Keyset pagination: an opaque cursor that names the last row seen."""

import base64
import binascii
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from calltrace.kit.errors import FieldError, InvalidRequestError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position after one row of a list ordered by ``(moment, id)``, newest first."""

    moment: datetime
    id: uuid.UUID

    def encode(self) -> str:
        """Opaque, URL-safe text."""
        micros = (self.moment - _EPOCH) // timedelta(microseconds=1)
        return base64.urlsafe_b64encode(micros.to_bytes(8, "big") + self.id.bytes).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """The reverse of :meth:`encode`.

        Raises:
            InvalidRequestError: the text was not made by us.
        """
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            row_id = uuid.UUID(bytes=raw[8:])
            moment = _EPOCH + timedelta(microseconds=int.from_bytes(raw[:8], "big"))
        except (ValueError, binascii.Error, OverflowError) as error:
            wrong = FieldError("/cursor", "Not a cursor that this API gave out.")
            raise InvalidRequestError("cursor is not valid.", errors=[wrong]) from error
        return cls(moment, row_id)
