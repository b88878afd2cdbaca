"""What a contract decides of its webhooks: events, bodies, headers, pace. Each contract has one wire.

What happens is told once, in our own words (``events``); the wire of an endpoint's contract says what that
endpoint hears of it, and how.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.settings import Settings
from calltrace.webhooks.schedule import JITTER


class Happening(Protocol):
    """Something that subscribers may want to know; ``event`` is its name in our own words."""

    @property
    def event(self) -> str:
        """Such as ``analysis.completed``."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happened; a wire may look up more in the same transaction."""

    session: AsyncSession
    org_id: uuid.UUID
    mode: Mode
    analysis_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to those that subscribed to ``event``: the exact body, from the delivery's id."""

    event: str
    body: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Sent:
    """What the headers of an attempt can be made of; the same at each attempt."""

    delivery_id: str
    event: str
    body: str


@dataclass(frozen=True, slots=True)
class Pace:
    """When attempts are made.

    Attributes:
        gaps: seconds between them.
        timeout: seconds that one may take in all.
        jitter: share of a gap that is added at random.
        offsets: seconds from the begin of a round's first attempt, in place of gaps, for contracts that
            promise such. They are kept however long attempts take and whatever receivers answer: neither
            ``Retry-After`` moves them nor 410 ends them.
    """

    gaps: tuple[int, ...]
    timeout: float
    jitter: float = JITTER
    offsets: tuple[int, ...] | None = None

    @property
    def longest(self) -> float:
        """The longest time from one attempt to the next, in seconds."""
        gaps = self.gaps
        if self.offsets is not None:
            gaps = tuple(later - earlier for earlier, later in pairwise((0, *self.offsets)))
        return max(gaps, default=0) * (1 + self.jitter)


@dataclass(frozen=True, slots=True)
class Signed:
    """Where a contract's own signature stands: the hex HMAC-SHA256 of ``timestamp + "." + body``.

    Attributes:
        signature: the header.
        before: what stands before the hex digits in it.
        timestamp: the header with the time; ``None``: it stands in the signature's own, as ``t=``.
        delivery: the header with the delivery's id.
        standard: whether the headers of Standard Webhooks come with it.
    """

    signature: str
    before: str
    timestamp: str | None
    delivery: str
    standard: bool = True


class Wire(Protocol):
    """One contract's webhooks.

    Attributes:
        contract: whose endpoints it serves.
        events: what they can subscribe to.
        signed: how receivers find the signature.
    """

    contract: str
    events: tuple[str, ...]
    signed: Signed

    def names_of(self, event: str) -> Sequence[str]:
        """The names under which something of ours may be told; none: it is not told."""
        ...

    async def messages(self, place: Place, happening: Happening) -> Sequence[Message]:
        """What is told of it."""
        ...

    def ping(self, moment: datetime) -> Message:
        """A test event, sent to anybody who asks for it."""
        ...

    def delivery_id(self) -> str:
        """A new id, at most 40 characters."""
        ...

    def headers(self, secrets: Sequence[str], sent: Sent, moment: datetime) -> dict[str, str]:
        """Headers of one attempt, signed; ``secrets`` are those that are good, newest first."""
        ...

    def pace(self, settings: Settings) -> Pace:
        """When attempts are made."""
        ...
