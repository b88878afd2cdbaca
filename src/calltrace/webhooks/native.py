"""The wire of the native contract."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from calltrace.kit import clock, ids
from calltrace.settings import Settings
from calltrace.webhooks.events import EVENT_TYPES, Event, PingEvent, body_of
from calltrace.webhooks.signing import signed_headers
from calltrace.webhooks.wire import Happening, Message, Pace, Place, Sent, Signed


class NativeWire:
    """Events are told as they are, under their own names."""

    contract = "calltrace"
    events = EVENT_TYPES
    signed = Signed("X-CallTrace-Signature", "sha256=", "X-CallTrace-Timestamp", "X-CallTrace-Delivery")

    def names_of(self, event: str) -> Sequence[str]:
        """The event itself, if it can be subscribed to."""
        return (event,) if event in EVENT_TYPES else ()

    async def messages(self, place: Place, happening: Happening) -> Sequence[Message]:
        """One, for what can be subscribed to."""
        del place
        return [_message(cast("Event", happening))] if happening.event in EVENT_TYPES else []

    def ping(self, moment: datetime) -> Message:
        """``webhook.ping``."""
        return _message(PingEvent(occurred_at=clock.iso(moment)))

    def delivery_id(self) -> str:
        """``whd_`` and a ULID."""
        return ids.delivery_id()

    def headers(self, secrets: Sequence[str], sent: Sent, moment: datetime) -> dict[str, str]:
        """The seed's three headers and those of Standard Webhooks."""
        return signed_headers(secrets, sent.delivery_id, sent.body, moment)

    def pace(self, settings: Settings) -> Pace:
        """As the operator sets it."""
        return Pace(tuple(settings.webhook_retry_schedule), settings.webhook_timeout_seconds)


def _message(event: Event) -> Message:
    return Message(event.event, lambda delivery_id: body_of(event, delivery_id))


WIRE = NativeWire()
