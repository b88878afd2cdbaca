"""What subscribers are told: one model for each kind of event (acceptance CT-111 to CT-117)."""

from typing import Any, Literal, get_args

from pydantic import Field

from calltrace.evaluation.results import Evaluation
from calltrace.kit.document import Document
from calltrace.speech.transcript import Transcript

AnalysisEventType = Literal["analysis.created", "analysis.completed", "analysis.failed"]

SubscribedEvent = Literal["analysis.created", "analysis.completed", "analysis.failed", "alert.created"]

EventName = Literal[
    "analysis.created", "analysis.completed", "analysis.failed", "alert.created", "webhook.ping"
]
"""What a delivery can be about."""

EVENT_TYPES: tuple[str, ...] = get_args(SubscribedEvent)
"""What a native endpoint can subscribe to."""

PING = "webhook.ping"
"""Sent on request only, to try an endpoint out."""


class EventCall(Document):
    """The call in a payload: the union of the webhook's and the status answer's fields (CTX-6)."""

    status: str
    duration_seconds: float | None
    recording_url: str | None
    agent_id: str | None
    queue_id: str | None


class AnalysisEvent(Document):
    """A state transition of an analysis. ``evaluation`` and ``transcript`` are null until completed."""

    event: AnalysisEventType
    occurred_at: str
    analysis_id: str
    external_id: str | None
    call: EventCall
    evaluation: Evaluation | None = None
    transcript: Transcript | None = None
    metadata: dict[str, Any] = Field(default_factory=dict[str, Any])
    error: dict[str, Any] | None = None


class AlertEvent(Document):
    """A rule matched a call; ``message`` says why, in words that may be words of the call."""

    event: Literal["alert.created"] = "alert.created"
    occurred_at: str
    alert_id: str
    rule_id: str
    rule_name: str
    analysis_id: str
    external_id: str | None
    score: float | None
    message: str
    metadata: dict[str, Any] = Field(default_factory=dict[str, Any])


class PingEvent(Document):
    """A test event."""

    event: Literal["webhook.ping"] = "webhook.ping"
    occurred_at: str
    message: str = "ping"


Event = AnalysisEvent | AlertEvent | PingEvent


def body_of(event: Event, delivery_id: str) -> str:
    """The exact body that all attempts of one delivery send, as JSON text.

    Word timings stay out: they triple the size and the status endpoint has them.
    """
    words = {"transcript": {"segments": {"__all__": {"words"}}}}
    exclude: Any = words if isinstance(event, AnalysisEvent) and event.transcript else None
    document = event.model_dump_json(exclude=exclude)
    return f'{{"deliveryId":"{delivery_id}",{document[1:]}'
