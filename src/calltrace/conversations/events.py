"""What is told of conversations."""

import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VoiceCallCompleted:
    """A bot's call that was told of is over."""

    voice_call_id: uuid.UUID
    queue_id: uuid.UUID | None
    state: str
    outcome: str | None
    event: str = "voice_call.completed"
