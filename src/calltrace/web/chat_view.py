"""A conversation as its page shows it: who wrote what and when, and the message that a finding quotes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from itertools import groupby

from calltrace.analyses.chats import transcript_of
from calltrace.conversations.models import ChatMessage, Conversation, Survey, VoiceCall
from calltrace.conversations.service import said_by
from calltrace.kit.words import Words, worded
from calltrace.speech.transcript import Segment

_NAMES = worded({"customer": "Customer", "agent": "Agent", "bot": "Bot"})


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side writes until another one does, on one day: the messages, as segments and as they came."""

    role: str
    name: str
    day: date | None
    """Where another day begins."""
    written: Sequence[tuple[Segment, ChatMessage]]


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation with everything that is told of it."""

    row: Conversation
    messages: Sequence[ChatMessage]
    voice: VoiceCall | None = None
    survey: Survey | None = None
    agent: str | None = None
    queue: str | None = None

    @property
    def name(self) -> str:
        """What people call it by."""
        return self.row.external_id or (Words("Chat") if self.row.kind == "text" else Words("Call of a bot"))

    @property
    def segments(self) -> Sequence[Segment]:
        """The messages as the evaluation sees them: its evidence names these."""
        said = [said_by(one) for one in self.messages]
        return transcript_of(said, "und").segments if said else ()

    @property
    def turns(self) -> Sequence[Turn]:
        """The messages by who wrote them."""
        found, before = list[Turn](), None
        pairs = zip(self.segments, self.messages, strict=True)
        for (role, day), written in groupby(pairs, lambda one: (one[1].role, _day(one[1]))):
            name = self.agent if role == "agent" and self.agent else _NAMES[role]
            found.append(Turn(role, name, day if day != before else None, list(written)))
            before = day
        return found

    @property
    def times(self) -> Mapping[str, str]:
        """When each message was written, by segment: hours and minutes, UTC."""
        pairs = zip(self.segments, self.messages, strict=True)
        return {segment.id: f"{message.sent_at.astimezone(UTC):%H:%M}" for segment, message in pairs}


def _day(message: ChatMessage) -> date:
    return message.sent_at.astimezone(UTC).date()
