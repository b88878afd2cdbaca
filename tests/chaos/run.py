"""One run: start, submit and kill, let it come to rest, look at everything, stop."""

import asyncio
import functools
import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos import judgement
from chaos.killer import Killer
from chaos.load import Load
from chaos.plan import FILES, SETTINGS, Plan
from chaos.processes import orphans
from chaos.receiver import Mood, moody
from chaos.records import Books, Records, stored_objects, work_files
from chaos.report import Report
from chaos.watch import ORPHAN_SECONDS, Watch
from whole.harness import Installation, World, running_world, wait_for

EVENTS = ("created", "completed", "failed")
FAULTS = (
    "analysis_bug",
    "delivery_bug",
    "attempt_not_recorded",
    "request_failed",
    "child_failed",
    "housekeeping_failed",
)
"""Lines of the log that say that we met something that we did not foresee."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that takes part."""

    plan: Plan
    installation: Installation
    world: World
    mood: Mood
    load: Load
    killer: Killer
    watch: Watch
    secret: str

    @property
    def data(self) -> Path:
        return self.installation.folder / "data"


def run(plan: Plan, folder: Path) -> Report:
    """A whole run in a folder of its own. Call ``adopt_orphans`` before."""
    mood = Mood(plan.dice("receiver"))
    with running_world(folder, moody(mood)) as world:
        world.files = FILES
        installation = Installation(folder, **SETTINGS)
        installation.start(workers=plan.workers)
        try:
            scene = _scene(plan, installation, world, mood)
            report = asyncio.run(_act(scene))
            _replay(scene, report)
        finally:
            status = installation.stop()
        _check_the_end(scene, status, report)
    return report


def _scene(plan: Plan, installation: Installation, world: World, mood: Mood) -> Scene:
    key: Any = installation.json("keys", "create", "--org", "Default", "--name", "chaos")
    subscribed = [f"--event=analysis.{name}" for name in EVENTS]
    endpoint: Any = installation.json(
        "webhooks", "create", "--org", "Default", "--url", f"{world.url}/hook", *subscribed
    )
    assert installation.process
    root = installation.process.pid
    load = Load(plan, installation.url, world, key["token"])
    watch = Watch(plan, load, root, installation.folder / "data")
    return Scene(
        plan, installation, world, mood, load, Killer(plan, root, watch.well), watch, endpoint["secret"]
    )


async def _act(scene: Scene) -> Report:
    enough = asyncio.Event()
    watching = asyncio.create_task(scene.watch.run())
    loading = asyncio.create_task(scene.load.run(enough))
    await scene.killer.run()
    enough.set()
    scene.mood.calm.set()
    began = time.monotonic()
    report = Report(scene.plan.seed, scene.plan.seconds)
    async with asyncio.timeout(scene.plan.patience):
        await loading
    books = Books(scene.data)
    unfinished = await _settle(scene, books)
    report.settled_after = time.monotonic() - began
    watching.cancel()
    await asyncio.wait([watching])
    if not watching.cancelled():
        watching.result()
    records = await books.read()
    await books.close()
    report.violations += await _violations(scene, records, unfinished)
    _fill(report, scene, records)
    return report


async def _settle(scene: Scene, books: Books) -> dict[str, int]:
    """Wait until nothing is left to be done, or patience ends; answers what is left."""
    deadline = time.monotonic() + scene.plan.patience
    while True:
        left = await books.unfinished()
        if not any(left.values()) or time.monotonic() > deadline:
            return left
        await asyncio.sleep(0.5)


async def _violations(scene: Scene, records: Records, unfinished: dict[str, int]) -> list[str]:
    load, watch = scene.load, scene.watch
    found = [*load.wrong, *watch.wrong]
    found += judgement.submissions(load.tickets, records)
    found += judgement.endings(load.tickets, records)
    found += judgement.events(records, scene.world.received, scene.secret)
    found += judgement.leftovers(records, stored_objects(scene.data), work_files(scene.data), unfinished)
    for analysis, seconds in watch.silences.items():
        if seconds > scene.plan.silence:
            found.append(f"{analysis}: no sign of life for {seconds:.0f} s")
    for name in FAULTS:
        found += [f"in the log: {json.dumps(event)[:600]}" for event in scene.installation.events(name)]
    return found


def _fill(report: Report, scene: Scene, records: Records) -> None:
    load, watch, killer = scene.load, scene.watch, scene.killer
    report.kills, report.not_found, report.story = dict(killer.killed), dict(killer.missed), killer.story
    report.submissions, report.posts = len(load.tickets), sum(one.posts for one in load.tickets)
    report.refused_or_cut_off = dict(load.trouble)
    report.slowest_answer = max((one.seconds for one in load.tickets), default=0.0)
    report.analyses = dict(Counter(f"{one.status} {one.code or ''}".strip() for one in records.analyses))
    report.lost_leases = sum(one.lost_leases for one in records.analyses)
    report.failed_tries = sum(one.tries for one in records.analyses)
    report.events, report.attempts = len(records.deliveries), sum(one.written for one in records.deliveries)
    taken = Counter(head["x-calltrace-delivery"] for head, _ in scene.world.received)
    report.receiver, report.duplicates = dict(scene.mood.shown), sum(taken.values()) - len(taken)
    report.outages, report.slowest_recovery = len(watch.outages), max(watch.outages, default=0.0)
    report.longest_silence = max(watch.silences.values(), default=0.0)


def _replay(scene: Scene, report: Report) -> None:
    """Deliveries that are sent once more arrive under the id that they had."""
    taken = sorted({head["x-calltrace-delivery"] for head, _ in scene.world.received})
    chosen = scene.plan.dice("replays").sample(taken, min(scene.plan.replays, len(taken)))
    for one in chosen:
        before = _bodies(scene.world, one)
        scene.installation.json("webhooks", "replay", "--org", "Default", one)
        again = functools.partial(_taken_more_often, scene.world, one, len(before))
        wait_for(again, f"{one} is replayed")
        if len(set(_bodies(scene.world, one))) != 1:
            report.violations.append(f"{one}: replayed with another body")


def _taken_more_often(world: World, delivery: str, times: int) -> bool:
    return len(_bodies(world, delivery)) > times


def _bodies(world: World, delivery: str) -> list[bytes]:
    return [body for head, body in list(world.received) if head["x-calltrace-delivery"] == delivery]


def _check_the_end(scene: Scene, status: int, report: Report) -> None:
    """Nothing that the platform started outlives it."""
    if status:
        report.violations.append(f"calltrace up ended with status {status}")
    deadline = time.monotonic() + ORPHAN_SECONDS
    while (left := orphans(scene.watch.root)) and time.monotonic() < deadline:
        time.sleep(0.2)
    report.violations += [f"still runs after the end: {one.pid} {one.command[:80]}" for one in left]
