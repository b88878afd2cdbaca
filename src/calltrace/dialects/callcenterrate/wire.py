"""The webhooks of this contract (acceptance CR-033 to CR-049; decision CRX-1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from calltrace.accounts import plan_access
from calltrace.analyses.models import Analysis
from calltrace.dialects.callcenterrate import ids
from calltrace.kit import clock
from calltrace.kit.ids import as_uuid
from calltrace.kit.signatures import hmac_hex
from calltrace.settings import Settings
from calltrace.webhooks.events import AlertEvent, AnalysisEvent
from calltrace.webhooks.wire import Happening, Message, Pace, Place, Sent, Signed

CONTRACT = "callcenterrate"
USER_AGENT = "CallCenterRate-Webhook/1.0"
PING = "webhook.ping"
EVENTS = ("analysis.completed", "analysis.failed", "alert.created", PING)
TIMEOUT_SECONDS = 10.0
"""Of one attempt in all (acceptance CR-049)."""


class CallCenterRateWire:
    """Events by the names and ids of this contract, in snake_case.

    ``webhook.ping`` can be chosen like any other event; the test button sends it to whoever asks for it.
    """

    contract = CONTRACT
    events = EVENTS
    signed = Signed("X-CCR-Signature", "v1=", None, "X-CCR-Delivery-Id", standard=False)

    def names_of(self, event: str) -> Sequence[str]:
        """The event itself, as far as the contract has it."""
        return (event,) if event in EVENTS else ()

    async def messages(self, place: Place, happening: Happening) -> Sequence[Message]:
        """One; none where the organisation's plan has no webhooks any more."""
        if not await plan_access.has_webhooks(place.session, place.org_id, CONTRACT):
            return []
        row = await place.session.get(Analysis, place.analysis_id) if place.analysis_id else None
        if row is None or row.medium != "voice":  # chats are no audios, and have no id here
            return []
        if isinstance(happening, AlertEvent):
            return [_message(happening.event, happening.occurred_at, _alert(happening, _of_call(row)))]
        if isinstance(happening, AnalysisEvent) and happening.event in EVENTS:
            return [_message(happening.event, happening.occurred_at, _of_call(row) | _result(happening))]
        return []

    def ping(self, moment: datetime) -> Message:
        """``webhook.ping``."""
        return _message(PING, clock.iso(moment), {"message": "ping"})

    def delivery_id(self) -> str:
        """Shaped like a cuid."""
        return ids.new_id()

    def headers(self, secrets: Sequence[str], sent: Sent, moment: datetime) -> dict[str, str]:
        """The three headers of the contract, signed with the moment of the attempt.

        There is one ``t`` and one ``v1``, in this order: the published verifier reads no other. Until an
        overlap ends it is made with the oldest secret, which is what every receiver has (CR-040).
        """
        timestamp = str(int(moment.timestamp()))
        signature = hmac_hex(secrets[-1], f"{timestamp}.{sent.body}".encode())
        return {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-CCR-Event": sent.event,
            "X-CCR-Delivery-Id": sent.delivery_id,
            "X-CCR-Signature": f"t={timestamp},v1={signature}",
        }

    def pace(self, settings: Settings) -> Pace:
        """Offsets from the first attempt, exact."""
        offsets = settings.callcenterrate_webhook_retry_schedule
        return Pace(gaps=(), timeout=TIMEOUT_SECONDS, jitter=0.0, offsets=offsets)


def _of_call(row: Analysis) -> dict[str, Any]:
    project = row.project_id
    return {
        "analysis_id": ids.encode("analysis", row.id), "audio_file_id": ids.encode("audio", row.id),
        "project_id": ids.encode("project", project) if project else None,
    }  # fmt: skip


def _result(event: AnalysisEvent) -> dict[str, Any]:
    if event.event == "analysis.failed":
        return {"error_message": event.error["message"] if event.error else None}
    return {"overall_score": event.evaluation.score if event.evaluation else None}


def _alert(event: AlertEvent, call: Mapping[str, Any]) -> dict[str, Any]:
    alert, rule = as_uuid(event.alert_id), as_uuid(event.rule_id)
    assert alert is not None
    assert rule is not None
    return {
        "alert_id": ids.encode("other", alert), "rule_id": ids.encode("other", rule),
        "rule_name": event.rule_name, **call, "overall_score": event.score, "message": event.message,
    }  # fmt: skip


def _message(event: str, occurred_at: str, data: Mapping[str, Any]) -> Message:
    def body(delivery_id: str) -> str:
        content = {"id": delivery_id, "event": event, "created_at": occurred_at, "data": data}
        return orjson.dumps(content).decode()

    return Message(event, body)


WIRE = CallCenterRateWire()
