"""Clients that submit, and submit again until they are answered: what any integrator is told to do."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2

from chaos.plan import CALLS, FILES, Plan
from whole.harness import World

ABANDONED, TWICE = 0.08, 0.2
"""Shares of submissions that are posted once and forgotten, and of those that are posted twice at once."""
PAUSE_SECONDS = 0.3
"""Between the attempts of an impatient client."""
ACCEPTED, CONFLICT, AWAY = 202, 409, 503


@dataclass(slots=True)
class Ticket:
    """One submission under one key, and what became of it."""

    key: str
    path: str
    twice: bool
    patience: float | None
    """Seconds after which the client hangs up for good; ``None``: it asks until it is answered."""
    answers: set[str] = field(default_factory=set[str])
    posts: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Load:
    """All submissions of a run, and what the clients had to put up with."""

    plan: Plan
    url: str
    world: World
    token: str
    tickets: list[Ticket] = field(default_factory=list[Ticket])
    trouble: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])

    async def run(self, enough: asyncio.Event) -> None:
        """Submit until told that it is enough; every client then still gets its last answer."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx2.AsyncClient(headers=headers, timeout=self.plan.answer, verify=False) as client:
            numbers = range(self.plan.submitters)
            await asyncio.gather(*(self._submitter(client, number, enough) for number in numbers))

    async def _submitter(self, client: httpx2.AsyncClient, number: int, enough: asyncio.Event) -> None:
        dice = self.plan.dice(f"submitter {number}")
        for ticket in _tickets(dice, number):
            if enough.is_set():
                return
            self.tickets.append(ticket)
            await self._submit(client, ticket)
            await asyncio.sleep(dice.uniform(*self.plan.rest))

    async def _submit(self, client: httpx2.AsyncClient, ticket: Ticket) -> None:
        began = time.monotonic()
        if ticket.patience is not None:
            await self._post(client, ticket)
            return
        await asyncio.gather(*(self._insist(client, ticket) for _ in range(2 if ticket.twice else 1)))
        ticket.seconds = time.monotonic() - began

    async def _insist(self, client: httpx2.AsyncClient, ticket: Ticket) -> None:
        for pause in itertools.repeat(PAUSE_SECONDS):
            if await self._post(client, ticket):
                return
            await asyncio.sleep(pause)

    async def _post(self, client: httpx2.AsyncClient, ticket: Ticket) -> bool:
        body = {
            "fileUrl": self.world.url + ticket.path, "idempotencyKey": ticket.key, "externalId": ticket.key,
        }  # fmt: skip
        ticket.posts += 1
        try:
            async with asyncio.timeout(ticket.patience):
                answer = await client.post(f"{self.url}/api/v1/analyses", json=body)
        except TimeoutError:
            self.trouble["abandoned by the client"] += 1
            return False
        except httpx2.ReadTimeout:
            self.wrong.append(f"{ticket.key}: no answer within {self.plan.answer:.0f} s")
            return False
        except httpx2.TransportError as error:
            self.trouble[type(error).__name__] += 1
            return False
        return self._judge(ticket, answer)

    def _judge(self, ticket: Ticket, answer: httpx2.Response) -> bool:
        if answer.status_code == ACCEPTED:
            ticket.answers.add(answer.json()["analysisId"])
            return True
        problem: dict[str, Any] = answer.json()
        self.trouble[f"{answer.status_code} {problem.get('code')}"] += 1
        passing = answer.status_code == AWAY and "retry-after" in answer.headers
        if not (passing or (answer.status_code == CONFLICT and problem["code"] == "idempotency_in_progress")):
            self.wrong.append(f"{ticket.key}: answered {answer.status_code} {problem}")
        return False


def _tickets(dice: random.Random, number: int) -> Iterator[Ticket]:
    paths, weights = [*FILES], [1 if path in CALLS else 3 for path in FILES]
    count = 0
    while True:
        count += 1
        patience = dice.uniform(0.005, 0.15) if dice.random() < ABANDONED else None
        twice = dice.random() < TWICE
        yield Ticket(f"chaos-{number}-{count}", dice.choices(paths, weights)[0], twice, patience)
