"""Endpoints, deliveries and attempts as they are shown: by the API, the command line and the pages."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import Field

from calltrace.kit import clock
from calltrace.kit.document import Document
from calltrace.webhooks import rotation
from calltrace.webhooks.models import Attempt, Delivery, Endpoint


class EndpointDocument(Document):
    """A subscriber. Its secret is never part of it."""

    id: str
    url: str
    description: str | None
    events: list[str]
    contract: str
    mode: str
    created_at: str
    disabled_at: str | None
    disabled_reason: str | None
    failing_since: str | None = Field(description="The first failed attempt since the last that succeeded.")
    previous_secret_expires_at: str | None = Field(
        description="When the last secret of before a rotation stops signing; null when none does."
    )


class EndpointWithSecret(EndpointDocument):
    """The same with its new secret, shown this once (acceptance CT-133)."""

    secret: str


class DeliveryDocument(Document):
    """One event for one endpoint, and how far it is."""

    delivery_id: str
    endpoint_id: str
    analysis_id: str | None
    event: str
    status: str = Field(description="pending, delivered or failed.")
    attempt_count: int
    created_at: str
    next_attempt_at: str | None
    delivered_at: str | None
    error: str | None = Field(description="Why it failed, or why the last attempt did.")


class AttemptDocument(Document):
    """One HTTP try (acceptance CT-124)."""

    number: int
    status: str = Field(description="delivered or failed.")
    response_code: int | None = Field(description="null when there was no answer.")
    error: str | None
    started_at: str
    finished_at: str
    response_body: str | None = Field(
        description="The first 64 KiB of the answer as UTF-8; what is none shows as U+FFFD."
    )


class DeliveryDetail(DeliveryDocument):
    """A delivery with the body that every attempt sends and its latest attempts."""

    payload: dict[str, Any]
    attempts: list[AttemptDocument]


def endpoint_document(endpoint: Endpoint) -> EndpointDocument:
    """An endpoint as it is shown."""
    return EndpointDocument(**_endpoint_fields(endpoint))


def endpoint_with_secret(endpoint: Endpoint, secret: str) -> EndpointWithSecret:
    """An endpoint and its new secret, to be shown once."""
    return EndpointWithSecret(**_endpoint_fields(endpoint), secret=secret)


def _endpoint_fields(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": str(endpoint.id), "url": endpoint.url, "description": endpoint.description,
        "events": endpoint.events, "contract": endpoint.contract, "mode": endpoint.mode,
        "created_at": clock.iso(endpoint.created_at), "disabled_at": _iso(endpoint.disabled_at),
        "disabled_reason": endpoint.disabled_reason, "failing_since": _iso(endpoint.failing_since),
        "previous_secret_expires_at": _iso(rotation.last_until(endpoint, clock.now())),
    }  # fmt: skip


def delivery_document(delivery: Delivery) -> DeliveryDocument:
    """A delivery as a list shows it; its body is not looked at."""
    return DeliveryDocument(**_delivery_fields(delivery))


def delivery_detail(delivery: Delivery, attempts: Sequence[Attempt]) -> DeliveryDetail:
    """A delivery with everything that is known of it."""
    return DeliveryDetail(
        **_delivery_fields(delivery), payload=json.loads(delivery.body),
        attempts=[attempt_document(one) for one in attempts],
    )  # fmt: skip


def attempt_document(attempt: Attempt) -> AttemptDocument:
    """An attempt as it is shown."""
    return AttemptDocument(
        number=attempt.number, status=attempt.status, response_code=attempt.response_code,
        error=attempt.error, started_at=clock.iso(attempt.started_at),
        finished_at=clock.iso(attempt.finished_at),
        response_body=None if attempt.answer is None else attempt.answer.decode("utf-8", "replace"),
    )  # fmt: skip


def _delivery_fields(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery_id": delivery.id, "endpoint_id": str(delivery.endpoint_id),
        "analysis_id": str(delivery.analysis_id) if delivery.analysis_id else None,
        "event": delivery.event, "status": delivery.status, "attempt_count": delivery.attempts,
        "created_at": clock.iso(delivery.created_at), "next_attempt_at": _iso(delivery.next_attempt_at),
        "delivered_at": _iso(delivery.delivered_at), "error": delivery.error,
    }  # fmt: skip


def _iso(moment: datetime | None) -> str | None:
    return clock.iso(moment) if moment else None
