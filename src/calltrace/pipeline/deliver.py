"""The job of one delivery: prepare, call, record, and come back later if it has to."""

import uuid

import structlog

from calltrace.pipeline.context import Platform
from calltrace.pipeline.errors import TryAgainLater
from calltrace.webhooks import deliver

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Deliverer:
    """Makes attempts; many at a time, so that one slow receiver delays no other."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def deliver(self, org_id: uuid.UUID, delivery_id: str) -> None:
        """Make one attempt of a delivery, or raise TryAgainLater."""
        platform, settings = self._platform, self._platform.settings
        try:
            prepared = await deliver.prepare(platform.database, org_id, delivery_id)
        except deliver.NotYetDueError as early:
            raise TryAgainLater(early.seconds) from None
        if prepared is None:
            return
        outcome = await deliver.call(
            platform.client, platform.box, prepared, settings.webhook_timeout_seconds
        )
        delay = await deliver.record(platform.database, prepared, outcome, settings.webhook_retry_schedule)
        log.info(
            "delivery_attempt",
            delivery=delivery_id,
            number=prepared.number,
            delivered=outcome.delivered,
            error=outcome.error,
        )
        if delay is not None:
            raise TryAgainLater(delay)
