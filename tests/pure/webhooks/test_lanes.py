"""Endpoints that hang or fail keep to a share of their own, whatever is waiting for them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.webhooks.lanes import MOST_IN_FLIGHT, PROMPT, SLOW, SLOW_AFTER, Lanes, Waiting

ORG = uuid.uuid4()


@dataclass
class Worker:
    """A worker's lanes, a clock that is moved by hand, and endless deliveries for every endpoint."""

    now: float = 0.0
    begun: dict[uuid.UUID, list[str]] = field(default_factory=dict[uuid.UUID, list[str]])

    def __post_init__(self) -> None:
        self.lanes = Lanes(lambda: self.now)

    def look(self, *waiting: Waiting) -> list[int]:
        """One look at the queue: each endpoint begins what it is allowed to."""
        shares = self.lanes.shares(waiting)
        for one in waiting:
            for _ in range(shares[one.endpoint_id]):
                begun = self.begun.setdefault(one.endpoint_id, [])
                begun.append(str(uuid.uuid4()))
                self.lanes.take(one.endpoint_id, begun[-1], troubled=one.troubled)
        return [shares[one.endpoint_id] for one in waiting]

    def fill(self, *waiting: Waiting) -> list[int]:
        """Look until nothing begins any more; answers what each endpoint holds."""
        while any(self.look(*waiting)):
            pass
        return [len(self.begun.get(one.endpoint_id, ())) for one in waiting]

    def answered(self, endpoint: Waiting) -> None:
        self.lanes.give_back(endpoint.endpoint_id, self.begun[endpoint.endpoint_id].pop(0))


def endpoint(*, troubled: bool = False) -> Waiting:
    return Waiting(ORG, uuid.uuid4(), troubled)


def many(count: int, *, troubled: bool = False) -> list[Waiting]:
    return [endpoint(troubled=troubled) for _ in range(count)]


@pytest.fixture
def worker() -> Worker:
    return Worker()


def test_an_endpoint_alone_gets_its_most_and_no_more(worker: Worker) -> None:
    one = endpoint()
    assert worker.fill(one) == [PROMPT.each]
    assert worker.look(one) == [0]
    worker.answered(one)
    assert worker.look(one) == [1]


def test_a_hundred_known_to_be_dead_take_nothing_from_one_that_is_well(worker: Worker) -> None:
    dead, well = many(100, troubled=True), endpoint()
    held = worker.fill(*dead, well)
    assert all(share >= 1 for share in held[:-1]), "each dead one goes on being tried"
    assert held[-1] == PROMPT.each
    assert sum(held[:-1]) <= SLOW.slots


def test_a_thousand_known_to_be_dead_neither(worker: Worker) -> None:
    worker.fill(*many(1000, troubled=True))
    assert worker.lanes.in_flight == SLOW.slots
    assert worker.fill(endpoint()) == [PROMPT.each]


def test_a_hundred_that_die_at_once_unnoticed_leave_a_slot_and_are_all_found_out(worker: Worker) -> None:
    """Nobody knows yet: all of them are served before the one that is well, and hang."""
    dying, well = many(100), endpoint()
    held = worker.fill(*dying)
    assert min(held) >= 1, "not few of them with many attempts: those that were not tried would be next"
    assert worker.look(*dying, well)[-1] == 1
    worker.answered(well)
    worker.now += SLOW_AFTER + 0.1
    assert worker.fill(*dying, well) == [*held, PROMPT.each]


def test_few_begin_together(worker: Worker) -> None:
    dead, well = many(300, troubled=True), many(300)
    granted = worker.look(*dead, *well)
    assert sum(granted[:300]) == SLOW.at_once
    assert sum(granted[300:]) == PROMPT.at_once


def test_one_that_has_nothing_in_flight_goes_before_those_that_wait_longer(worker: Worker) -> None:
    busy, other = many(10), endpoint()
    worker.look(*busy)
    assert worker.look(*busy, other)[-1] >= 1


def test_an_endpoint_that_answers_again_gets_its_share_back(worker: Worker) -> None:
    """Slow here, then prompt again: what counts is what hangs now and what the database says."""
    one = endpoint()
    worker.fill(one)
    worker.now += SLOW_AFTER + 0.1
    for _ in range(PROMPT.each):
        worker.answered(one)
    assert worker.fill(Waiting(ORG, one.endpoint_id, troubled=True)) == [SLOW.each]
    for _ in range(SLOW.each):
        worker.answered(one)
    assert worker.fill(one) == [PROMPT.each]


def test_a_slow_one_that_has_the_slow_lane_to_itself_is_not_starved(worker: Worker) -> None:
    assert worker.fill(endpoint(troubled=True)) == [SLOW.each]


def test_older_ones_are_told_apart(worker: Worker) -> None:
    first, second = endpoint(), endpoint()
    worker.lanes.take(first.endpoint_id, "whd_1", troubled=False)
    worker.now += 5
    worker.lanes.take(second.endpoint_id, "whd_2", troubled=True)
    assert worker.lanes.older_than(4) == ["whd_1"]
    assert worker.lanes.older_than(6) == []


@given(
    st.lists(
        st.tuples(st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=400), st.floats(0, 3)),
        max_size=8,
    )
)
def test_the_bounds_hold_whatever_comes(looks: Sequence[tuple[list[tuple[int, bool]], float]]) -> None:
    worker, ids = Worker(), [uuid.uuid4() for _ in range(301)]
    for wanting, seconds in looks:
        before = worker.lanes.in_flight
        unique = dict(wanting)
        shares = worker.look(*(Waiting(ORG, ids[number], troubled) for number, troubled in unique.items()))
        assert all(share >= 0 for share in shares)
        assert worker.lanes.in_flight == before + sum(shares) <= MOST_IN_FLIGHT
        assert all(len(held) <= PROMPT.each for held in worker.begun.values())
        worker.now += seconds
