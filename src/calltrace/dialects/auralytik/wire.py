"""The wire of this contract: its events, their bodies, headers and pace (decisions, section 5)."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from standardwebhooks.webhooks import Webhook

from calltrace.analyses.models import Analysis
from calltrace.conversations.events import VoiceCallCompleted
from calltrace.conversations.models import VoiceCall
from calltrace.dialects.auralytik.analytics_rows import KINDS
from calltrace.dialects.auralytik.forms import iso, named, whole, written
from calltrace.dialects.auralytik.happenings import KeyRotated
from calltrace.insights.exports import ExportReady
from calltrace.kit import clock
from calltrace.kit.ids import uuid7
from calltrace.kit.signatures import hmac_hex
from calltrace.pipeline.quotas import QuotaNeared
from calltrace.settings import Settings
from calltrace.webhooks.events import AnalysisEvent
from calltrace.webhooks.wire import Happening, Message, Pace, Place, Sent, Signed

EVENTS = (
    "evaluation.completed", "audio.transcribed", "audio.processed", "voice-call.completed", "export.ready",
    "usage.quota_warning", "api-key.rotated",
)  # fmt: skip
TEST = "webhook.test"
TIMEOUT_SECONDS = 10.0
USER_AGENT = "Auralytik-Webhooks/1"
_NAMES: Mapping[str, tuple[str, ...]] = {
    "analysis.transcribed": ("audio.transcribed",),
    "analysis.completed": ("evaluation.completed", "audio.processed", "voice-call.completed"),
    "analysis.failed": ("audio.processed",),
    "voice_call.completed": ("voice-call.completed",),
    "auralytik.key_rotated": ("api-key.rotated",),
    "export.ready": ("export.ready",),
    "usage.quota_neared": ("usage.quota_warning",),
}
Data = Mapping[str, Any]


class AuralytikWire:
    """What happens, under this contract's names."""

    contract = "auralytik"
    events = EVENTS
    signed = Signed("X-Auralytik-Signature", "sha256=", "X-Auralytik-Timestamp", "X-Auralytik-Delivery")

    def names_of(self, event: str) -> Sequence[str]:
        """What subscribers may call it."""
        return _NAMES.get(event, ())

    async def messages(self, place: Place, happening: Happening) -> Sequence[Message]:
        """What is told of it."""
        if happening.event in {"analysis.completed", "analysis.failed"}:
            return await _processed(place, cast("AnalysisEvent", happening))
        names = self.names_of(happening.event)
        if not names:
            return []
        if happening.event == "analysis.transcribed":
            return [message(names[0], _heard(await _analysis(place)))]
        return [message(names[0], _data(happening))]

    def ping(self, moment: datetime) -> Message:
        """``webhook.test``, where it is not known for which endpoint."""
        del moment
        return test_message(None)

    def delivery_id(self) -> str:
        """``whd_`` and 32 hex digits."""
        return named("whd", uuid7())

    def headers(self, secrets: Sequence[str], sent: Sent, moment: datetime) -> dict[str, str]:
        """This contract's four headers and those of Standard Webhooks."""
        timestamp = str(int(moment.timestamp()))
        signed = f"{timestamp}.{sent.body}".encode()
        return {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-Auralytik-Event": sent.event,
            "X-Auralytik-Delivery": sent.delivery_id,
            "X-Auralytik-Timestamp": timestamp,
            "X-Auralytik-Signature": "sha256=" + hmac_hex(secrets[-1], signed),
            "webhook-id": sent.delivery_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(
                Webhook(one).sign(sent.delivery_id, moment, sent.body) for one in secrets
            ),
        }

    def pace(self, settings: Settings) -> Pace:
        """As the operator sets it; exactly, without jitter."""
        return Pace(tuple(settings.auralytik_webhook_retry_schedule), TIMEOUT_SECONDS, jitter=0.0)


def message(event: str, data: Data, moment: datetime | None = None) -> Message:
    """An event; its id comes first in the body, so that lists of deliveries find it there."""
    event_id = named("evt", uuid7())
    content = {"id": event_id, "event": event, "timestamp": iso(moment or clock.now()), "data": data}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Message(event, lambda _delivery_id: body)


def test_message(endpoint_id: uuid.UUID | None) -> Message:
    """A test event."""
    data = {"webhookId": written("wh", endpoint_id), "message": "This is a test event."}
    return message(TEST, data)


async def _processed(place: Place, event: AnalysisEvent) -> list[Message]:
    """A recording is done, with an evaluation or without."""
    analysis = await _analysis(place)
    completed = event.event == "analysis.completed"
    mood = event.evaluation.sentiment.customer if event.evaluation else None
    data = {
        "evaluationId": named("eval", analysis.id),
        "audioFileId": named("af", analysis.id),
        "campaignId": written("camp", analysis.queue_id),
        "engagementId": written("eng", analysis.engagement_id),
        "state": "Completed" if completed else "Failed",
        "averageNote": event.evaluation.score if event.evaluation else None,
        "sentiment": mood.capitalize() if mood else None,
    }
    if analysis.medium != "voice":
        return []
    told = [message("evaluation.completed", data)] if completed else []
    told.append(message("audio.processed", data))
    call = await place.session.get(VoiceCall, analysis.id) if completed and analysis.ai_call else None
    if call is not None:
        told.append(message("voice-call.completed", voice_call_data(call, analysis.queue_id)))
    return told


def voice_call_data(call: VoiceCall, queue_id: uuid.UUID | None) -> Data:
    """What is told of a bot's call."""
    return {
        "voiceCallId": named("vc", call.id), "campaignId": written("camp", queue_id), "state": call.state,
        "outcome": call.outcome,
    }  # fmt: skip


def _data(told: Happening) -> Data:
    match told:
        case KeyRotated():
            return {"keyId": named("key", told.key_id), "name": told.name}
        case ExportReady():
            return _export(told)
        case QuotaNeared():
            return _quota(told)
        case VoiceCallCompleted():
            return {
                "voiceCallId": named("vc", told.voice_call_id), "campaignId": written("camp", told.queue_id),
                "state": told.state, "outcome": told.outcome,
            }  # fmt: skip
        case _:
            raise AssertionError(told.event)  # every name above has its data


def _export(told: ExportReady) -> Data:
    kind = next((name for name, ours in KINDS.items() if ours == told.kind), told.kind)
    return {
        "jobId": named("exp", told.export_id), "type": kind, "format": told.form, "downloadUrl": told.url,
        "expiresAt": iso(told.expires_at),
    }  # fmt: skip


def _quota(told: QuotaNeared) -> Data:
    return {
        "metric": told.metric, "used": told.used, "included": told.included, "percent": told.percent,
    }  # fmt: skip


def _heard(analysis: Analysis) -> Data:
    return {
        "audioFileId": named("af", analysis.id), "language": analysis.heard_language,
        "durationInSeconds": whole(analysis.duration_seconds),
    }  # fmt: skip


async def _analysis(place: Place) -> Analysis:
    assert place.analysis_id is not None
    return await place.session.get_one(Analysis, place.analysis_id, populate_existing=True)


WIRE = AuralytikWire()
