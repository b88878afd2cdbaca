"""Conversations, voice calls and surveys."""

from calltrace.kit.document import Document


class ConversationOut(Document):
    """A chat, or the turns of a voice call."""

    id: str
    type: str
    channel_id: str | None
    campaign_id: str | None
    executive_id: str | None
    status: str
    participant_count: int
    message_count: int
    started_at: str
    ended_at: str | None
    created_at: str


class Message(Document):
    """One message of a conversation."""

    id: str
    role: str
    content: str
    timestamp: str


class Messages(Document):
    """A page of the messages of a conversation."""

    conversation_id: str
    messages: list[Message]


class VoiceTurn(Document):
    """One turn of a voice call; ``timestamp`` (HH:MM:SS) counts from its beginning."""

    role: str
    text: str
    timestamp: str


class Answer(Document):
    """One question of a survey, as it was answered."""

    question: str
    answer: str | None
    score: float | None


class SurveyOut(Document):
    """What the customer answered after the call: a survey, no analysis."""

    voice_call_id: str
    state: str
    completion_reason: str | None
    total_questions: int
    questions_answered: int
    calculated_score: float | None
    responses: list[Answer]


class VoiceCallOut(Document):
    """A call that a voice bot took; ``transcript`` and ``epaResults`` are null in lists."""

    id: str
    campaign_id: str | None
    direction: str
    state: str
    start_time: str
    end_time: str | None
    duration_seconds: int | None
    talk_time_seconds: int | None
    outcome: str | None
    transcript: list[VoiceTurn] | None
    epa_results: SurveyOut | None
    created_at: str


class RecordingLink(Document):
    """Where a recording can be fetched."""

    url: str
    expires_at: str
