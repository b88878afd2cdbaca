"""What the webhook endpoints of the native contract take and answer."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from calltrace.api.parameters import Moment
from calltrace.api.schemas import Wire
from calltrace.webhooks.document import DeliveryDocument, EndpointDocument
from calltrace.webhooks.endpoints import NewEndpoint
from calltrace.webhooks.events import SubscribedEvent
from calltrace.webhooks.replay import Span, Which
from calltrace.webhooks.rotation import DEFAULT_OVERLAP_HOURS, LONGEST_OVERLAP_HOURS

Url = Annotated[str, StringConstraints(min_length=1, max_length=8192)]
Description = Annotated[str, StringConstraints(max_length=255)]
Events = Annotated[list[SubscribedEvent], Field(min_length=1, max_length=20)]
URL = "HTTPS URL of the receiver. It is judged like a `fileUrl`, now and at every attempt."


class EndpointRequest(Wire):
    """``POST /webhook-endpoints``."""

    url: Url = Field(description=URL, examples=["https://crm.example.com/hook"])
    events: Events = Field(examples=[["analysis.completed", "analysis.failed"]])
    description: Description | None = None
    contract: Literal["calltrace"] = "calltrace"

    def wanted(self, mode: Literal["live", "test"]) -> NewEndpoint:
        """The request as the service takes it."""
        return NewEndpoint(self.url, self.events, mode, self.description)


class EndpointChanges(Wire):
    """``PATCH /webhook-endpoints/{id}``: only what is sent counts; defaults only let a field be left out."""

    url: Url = Field(default_factory=str, description=URL, examples=["https://crm.example.com/hook"])
    events: Events = Field(default_factory=list[SubscribedEvent], examples=[["analysis.failed"]])
    description: Description | None = None
    disabled: bool = Field(
        default_factory=bool, description="Enabling forgets since when it failed, and why it was disabled."
    )


class RotationRequest(Wire):
    """``POST /webhook-endpoints/{id}/rotate-secret``."""

    overlap_hours: int = Field(
        DEFAULT_OVERLAP_HOURS, ge=0, le=LONGEST_OVERLAP_HOURS,
        description="How long the secret of before stays good beside the new one; 0 ends it at once.",
    )  # fmt: skip


class RedeliverRequest(Wire):
    """``POST /webhook-endpoints/{id}/redeliver``."""

    start: Moment = Field(
        alias="from", description="createdAt, inclusive.", examples=["2026-06-19T12:00:00Z"]
    )
    end: Moment = Field(alias="to", description="createdAt, inclusive.", examples=["2026-06-20T12:00:00Z"])
    status: Which = Field("failed", description="any: failed or delivered. What is pending comes anyway.")

    def span(self) -> Span:
        """The request as the service takes it."""
        return Span(self.start, self.end, self.status)


class Redelivered(Wire):
    """How many deliveries are on their way again."""

    redelivered: int


class EndpointList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[EndpointDocument]
    next_cursor: str | None


class DeliveryList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[DeliveryDocument]
    next_cursor: str | None
