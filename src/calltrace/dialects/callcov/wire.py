"""What webhooks of this contract carry: the whole analysis, signed (decisions, section 5)."""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from standardwebhooks.webhooks import Webhook

from calltrace.dialects.callcov import queries, shown
from calltrace.dialects.callcov.queries import Whole
from calltrace.dialects.callcov.reading import scorecards_of
from calltrace.dialects.callcov.shown import Showing
from calltrace.kit.json_text import dumps
from calltrace.kit.signatures import hmac_hex
from calltrace.settings import Settings
from calltrace.webhooks.events import AnalysisEvent
from calltrace.webhooks.signing import USER_AGENT
from calltrace.webhooks.wire import Happening, Message, Pace, Place, Sent, Signed

ENDS = {"completed": "analysis.completed", "failed": "analysis.failed"}
"""What is told, by the status that an analysis ends in."""
EVENTS = tuple(ENDS.values())
SECONDS = 30.0


class CallCovWire:
    """One POST when an analysis is final: its body is what ``GET /analysis/{id}`` answers."""

    contract = "callcov"
    events = EVENTS
    signed = Signed("X-CallCov-Signature", "sha256=", "X-CallCov-Timestamp", "X-CallCov-Delivery")

    def names_of(self, event: str) -> Sequence[str]:
        """The ends of an analysis, under their own names."""
        return (event,) if event in EVENTS else ()

    async def messages(self, place: Place, happening: Happening) -> Sequence[Message]:
        """The analysis as it is now, in the transaction that ends it."""
        if happening.event not in EVENTS or place.analysis_id is None:
            return []
        found = await queries.find(place.session, place.analysis_id, place.mode, None)
        if found is None:
            return []
        told = cast("AnalysisEvent", happening)
        showing = Showing(lambda _row: told.call.recording_url, await scorecards_of(place.session, [found]))
        return [message(happening.event, found, showing)]

    def ping(self, moment: datetime) -> Message:
        """A test, which tells of no analysis."""
        told = {"object": "event", "event": "webhook.ping", "created": shown.created(moment)}
        return Message("webhook.ping", lambda delivery_id: json.dumps({"id": delivery_id, **told}))

    def delivery_id(self) -> str:
        """A UUID, the same on every retry."""
        return str(uuid.uuid4())

    def headers(self, secrets: Sequence[str], sent: Sent, moment: datetime) -> dict[str, str]:
        """The contract's own four, and those of Standard Webhooks.

        While two secrets are good the first ones sign with the older, which every receiver knows.
        """
        timestamp = str(int(moment.timestamp()))
        own = hmac_hex(secrets[-1], f"{timestamp}.{sent.body}".encode())
        standard = (Webhook(one).sign(sent.delivery_id, moment, sent.body) for one in secrets)
        return {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-CallCov-Event": sent.event,
            "X-CallCov-Delivery": sent.delivery_id,
            "X-CallCov-Timestamp": timestamp,
            "X-CallCov-Signature": f"sha256={own}",
            "webhook-id": sent.delivery_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(standard),
        }

    def pace(self, settings: Settings) -> Pace:
        """As the operator sets it; a receiver has 30 seconds."""
        return Pace(tuple(settings.callcov_webhook_retry_schedule), SECONDS)


def message(event: str, found: Whole, showing: Showing) -> Message:
    """The message that an analysis is final."""
    body = dumps(shown.analysis(found, showing)).decode()
    return Message(event, lambda _delivery_id: body)


WIRE = CallCovWire()
