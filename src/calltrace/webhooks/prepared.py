"""One attempt of a delivery before and after it is made, as plain values."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from calltrace.kit.outbound import Answer
from calltrace.webhooks.lanes import SLOW_AFTER


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one attempt needs; nothing of it touches the database any more.

    Attributes:
        number: of the attempt, counted on for good.
        first_of_round: number of the attempt that the round began with.
        sealed_secrets: those that sign it, newest first.
        failing_since: of the endpoint, as it was read.
        slow_since: the same.
    """

    org_id: uuid.UUID
    delivery_id: str
    endpoint_id: uuid.UUID
    number: int
    first_of_round: int
    contract: str
    event: str
    url: str
    sealed_secrets: tuple[str, ...]
    body: str
    failing_since: datetime | None
    slow_since: datetime | None

    @property
    def troubled(self) -> bool:
        """Whether the endpoint failed or was slow the last time, so that it goes by the slow lane."""
        return self.failing_since is not None or self.slow_since is not None

    @property
    def step(self) -> int:
        """Of the attempt within its round of the schedule, from 0."""
        return self.number - self.first_of_round


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt went; ``persistent``: it is tried again whatever was answered, by its contract."""

    started_at: datetime
    finished_at: datetime
    answer: Answer | None
    error: str | None
    persistent: bool = False

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def delivered(self) -> bool:
        """Any 2xx, and nothing else (acceptance CT-120, CT-121)."""
        return self.answer is not None and HTTPStatus(200) <= self.answer.status < HTTPStatus(300)

    @property
    def slow(self) -> bool:
        """Whether the answer, or that there was none, took so long that it is a matter of lanes."""
        return self.seconds > SLOW_AFTER

    @property
    def gone(self) -> bool:
        """The receiver says that it does not exist any more."""
        answered = self.answer is not None and self.answer.status == HTTPStatus.GONE
        return answered and not self.persistent
