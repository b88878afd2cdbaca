"""Who may send how much at a time, so that an endpoint in trouble takes no slot of one that is well. Pure.

Two lanes share the attempts that one worker has in flight. An endpoint goes by the slow one while it fails or
is slow, which is known from the database (any worker noticed it) or from an attempt of ours that has been
hanging for more than SLOW_AFTER. What hangs moves over with its endpoint, so the prompt lane is free again.

In each lane slots go one by one to whoever has the fewest. An endpoint may have many while half of the lane
is free, and one when it is not: a single endpoint is fast, and many that hang at once are all found out
before they fill the lane. Few begin together: hundreds of new connections at once would hold up all others.
"""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

SLOW_AFTER = 1.0
"""Seconds after which an attempt that has no answer yet makes its endpoint a slow one."""
MOST_IN_FLIGHT = 512
"""All attempts of one worker: a connection and a body each."""


@dataclass(frozen=True, slots=True)
class LaneSize:
    """How many attempts fit in a lane.

    Attributes:
        slots: in all.
        each: of one endpoint, while half of the lane is free.
        at_once: that may begin together.
    """

    slots: int
    each: int
    at_once: int


PROMPT = LaneSize(slots=256, each=32, at_once=16)
SLOW = LaneSize(slots=192, each=16, at_once=8)


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

    def holds(self, endpoint_id: uuid.UUID, delivery_id: str) -> bool:
        """Whether an attempt of a delivery is in flight."""
        held = self._held.get(endpoint_id)
        return held is not None and delivery_id in held.began

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
        """How many attempts each endpoint may begin now; nothing is taken yet. Ask again when they began.

        Slot by slot, whoever has the fewest is next; among equals, whoever comes first.

        Args:
            waiting: who wants to, each once, the longest due first.
        """
        slow_before = self._clock() - SLOW_AFTER
        prompt, slow = self._lanes(waiting, slow_before)
        shares = {one.endpoint_id: 0 for one in waiting}
        free = MOST_IN_FLIGHT - self.in_flight
        queue = [
            (len(held.began), number, slow if one.troubled or held.is_slow(slow_before) else prompt)
            for number, one in enumerate(waiting)
            for held in (self._held.get(one.endpoint_id, _NOTHING),)
        ]
        heapify(queue)
        while queue and free:
            held, number, lane = heappop(queue)
            if lane.grant(held):
                free -= 1
                shares[waiting[number].endpoint_id] += 1
                heappush(queue, (held + 1, number, lane))
        return shares

    def _lanes(self, waiting: Sequence[Waiting], slow_before: float) -> tuple["_Lane", "_Lane"]:
        """Both lanes with what is in them."""
        for one in waiting:
            if held := self._held.get(one.endpoint_id):
                held.troubled = one.troubled
        prompt, slow = _Lane(PROMPT), _Lane(SLOW)
        for held in self._held.values():
            (slow if held.is_slow(slow_before) else prompt).used += len(held.began)
        return prompt, slow


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
    granted: int = 0

    def grant(self, held: int) -> bool:
        """Give one slot to an endpoint that holds so many, if it may have one more."""
        free = self.size.slots - self.used
        allowed = self.size.each if 2 * free > self.size.slots else 1
        granted = held < allowed and free > 0 and self.granted < self.size.at_once
        self.used += granted
        self.granted += granted
        return granted
