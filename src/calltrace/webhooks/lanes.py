"""Who may send how much at a time, so that an endpoint in trouble takes no slot of one that is well. Pure.

Two lanes share the attempts that one worker has in flight. An endpoint goes by the slow one while it fails or
is slow, which is known from the database (any worker noticed it) or from an attempt of ours that has been
hanging for more than SLOW_AFTER. What hangs moves over with its endpoint, so the prompt lane is free again.

In each lane an endpoint may have many attempts in flight while half of the lane is free, and one when it is
not: a single endpoint is fast, and however many of them hang at once leave slots for those that do not.
"""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

SLOW_AFTER = 1.0
"""Seconds after which an attempt that has no answer yet makes its endpoint a slow one."""
MOST_IN_FLIGHT = 512
"""All attempts of one worker: a connection and a body each."""


@dataclass(frozen=True, slots=True)
class LaneSize:
    """How many attempts fit in a lane, and how many of them one endpoint may have while half is free."""

    slots: int
    each: int


PROMPT = LaneSize(slots=256, each=32)
SLOW = LaneSize(slots=192, each=16)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An endpoint with deliveries that are due; ``troubled`` when its last attempt failed or was slow."""

    org_id: uuid.UUID
    endpoint_id: uuid.UUID
    troubled: bool


class Lanes:
    """The attempts that a worker has in flight.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[uuid.UUID, _Held] = {}
        self.in_flight = 0

    def take(self, endpoint_id: uuid.UUID, delivery_id: str, *, troubled: bool) -> None:
        """An attempt begins; ``troubled`` as the database said when it was claimed."""
        held = self._held.setdefault(endpoint_id, _Held())
        held.began[delivery_id] = self._clock()
        held.troubled = troubled
        self.in_flight += 1

    def give_back(self, endpoint_id: uuid.UUID, delivery_id: str) -> None:
        """An attempt has ended."""
        began = self._held[endpoint_id].began
        del began[delivery_id]
        self.in_flight -= 1
        if not began:
            del self._held[endpoint_id]

    def older_than(self, seconds: float) -> list[str]:
        """Deliveries whose attempt began more than ``seconds`` ago."""
        before = self._clock() - seconds
        return [one for held in self._held.values() for one, began in held.began.items() if began < before]

    def shares(self, waiting: Sequence[Waiting]) -> Mapping[uuid.UUID, int]:
        """How many attempts each endpoint may begin now; nothing is taken yet.

        Args:
            waiting: who wants to, in the order in which they are served.
        """
        for one in waiting:
            if held := self._held.get(one.endpoint_id):
                held.troubled = one.troubled
        slow_before = self._clock() - SLOW_AFTER
        prompt, slow = _Lane(PROMPT), _Lane(SLOW)
        for held in self._held.values():
            (slow if held.is_slow(slow_before) else prompt).used += len(held.began)
        free, shares = MOST_IN_FLIGHT - self.in_flight, dict[uuid.UUID, int]()
        for one in waiting:
            held = self._held.get(one.endpoint_id, _NOTHING)
            lane = slow if one.troubled or held.is_slow(slow_before) else prompt
            shares[one.endpoint_id] = share = lane.grant(len(held.began), free)
            free -= share
        return shares


@dataclass(slots=True)
class _Held:
    """The attempts of one endpoint and when they began, in that order."""

    began: dict[str, float] = field(default_factory=dict[str, float])
    troubled: bool = False

    def is_slow(self, before: float) -> bool:
        """Whether it is in trouble, or its oldest attempt began ``before`` that and hangs."""
        return self.troubled or next(iter(self.began.values()), before) < before


_NOTHING = _Held()


@dataclass(slots=True)
class _Lane:
    size: LaneSize
    used: int = 0

    def grant(self, held: int, most: int) -> int:
        """Slots for an endpoint that holds ``held`` already, at most ``most``."""
        free = self.size.slots - self.used
        allowed = self.size.each if 2 * free > self.size.slots else 1
        granted = max(0, min(allowed - held, free, most))
        self.used += granted
        return granted
