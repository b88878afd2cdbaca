"""What happens in this contract only, and is told to its own subscribers."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyRotated:
    """A key has a new secret."""

    key_id: uuid.UUID
    name: str
    event: str = "auralytik.key_rotated"
