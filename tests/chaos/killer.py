"""Who kills: one process after the other, without warning, each kind as often as any other.

A database server is also frozen for a while: it is there, holds every connection, and says nothing.
"""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

from chaos.plan import Plan
from chaos.processes import KINDS, Process, below

MERCY_SECONDS = 60.0
"""How long a platform that is down is waited for before it is hit again."""
MERCILESS = 0.25
"""Share of kills that hit it as it is: also while it starts, recovers, or goes down already."""
HUNT_SECONDS = 20.0
"""How long a victim of a kind is waited for: decoders live for less than a second, now and then."""
_LOOK_SECONDS = 0.03
FREEZE = "frozen database"
FREEZE_SECONDS = (4.0, 9.0)
"""From hardly noticed to beyond every limit of a request; the supervisor replaces it after a minute."""


@dataclass(slots=True)
class Killer:
    """Kills below ``root`` and keeps count."""

    plan: Plan
    root: int
    well: asyncio.Event
    killed: Counter[str] = field(default_factory=Counter[str])
    missed: Counter[str] = field(default_factory=Counter[str])
    story: list[str] = field(default_factory=list[str])
    """Second, kind and process of each kill, for whoever has to find out what went wrong."""

    async def run(self) -> None:
        """Kill until the time or the rounds of the plan are over."""
        began, dice = time.monotonic(), self.plan.dice("victims")
        for kind in self.plan.kinds((*KINDS, FREEZE)):
            await asyncio.sleep(dice.uniform(*self.plan.pauses))
            if dice.random() > MERCILESS:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.well.wait(), MERCY_SECONDS)
            if time.monotonic() - began > self.plan.seconds:
                return
            victim = await (self._freeze(dice) if kind == FREEZE else self._hunt(kind, dice))
            self._note(kind, victim, time.monotonic() - began)

    def _note(self, kind: str, victim: Process | None, second: float) -> None:
        if victim is None:
            self.missed[kind] += 1
            return
        self.killed[kind] += 1
        self.story.append(f"{second:6.1f} s  {kind} {victim.pid}: {victim.command[:80]}")

    async def _freeze(self, dice: random.Random) -> Process | None:
        """Stop every process of the server for a while; whoever connects then is not even refused."""
        server = [one for one in below(self.root) if one.kind in {"postmaster", "backend"}]
        postmaster = next((one for one in server if one.kind == "postmaster"), None)
        if postmaster is None:
            return None
        try:
            _signal(server, signal.SIGSTOP)
            await asyncio.sleep(dice.uniform(*FREEZE_SECONDS))
        finally:
            _signal(server, signal.SIGCONT)
        return postmaster

    async def _hunt(self, kind: str, dice: random.Random) -> Process | None:
        deadline = time.monotonic() + HUNT_SECONDS
        while time.monotonic() < deadline:
            found = [one for one in below(self.root) if one.kind == kind]
            if found and _kill(victim := dice.choice(found)):
                return victim
            await asyncio.sleep(_LOOK_SECONDS)
        return None


def _kill(victim: Process) -> bool:
    try:
        os.kill(victim.pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _signal(processes: list[Process], number: signal.Signals) -> None:
    for one in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one.pid, number)
