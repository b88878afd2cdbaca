"""A back-test laid out for reading: what changes in all, by criterion, by agent, and for which calls."""

import sys
from typing import Any

from rich.console import Console
from rich.table import Column
from rich.text import Text

from calltrace.cli.output import PIPED_WIDTH
from calltrace.cli.report_style import columns, facts, heading, number, plain, share

Json = dict[str, Any]


def backtest_report(found: Json, console: Console | None = None) -> None:
    """Print it; where nothing could be compared that is said, and why."""
    console = console or (Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH))
    results = found["results"]
    console.print(facts(_whole(found)))
    _criteria(console, results["criteria"])
    _agents(console, results["agents"])
    _moved(console, results["changedMost"])


def _whole(found: Json) -> list[tuple[str, Text | str]]:
    results, progress = found["results"], found["progress"]
    version = f", version {found['version']}" if found["version"] else ""
    against = f"version {found['against']}" if found["against"] else "what each call had"
    lines: list[tuple[str, Text | str]] = [
        ("Back-test", f"{found['backtestId']} ({found['status']})"),
        ("Scorecard", f"{plain(found['name'])}{version}, against {against}"),
        (
            "Calls",
            f"{progress['done']} judged, {results['compared']} compared, {progress['failed']} not judged",
        ),
    ]
    if results["score"]:
        lines.append(("Mean score", _change(results["score"])))
        rate = results["passRate"]
        lines.append(("Passed", f"{share(rate['before'])} -> {share(rate['after'])}"))
    reasons = ", ".join(f"{one['code']} {one['calls']}" for one in results["failures"])
    return [*lines, ("Not judged", reasons)] if reasons else lines


def _change(change: Json) -> str:
    return f"{number(change['before'])} -> {number(change['after'])} ({_signed(change['change'])})"


def _signed(value: float) -> str:
    return f"+{number(value)}" if value > 0 else number(value)


def _criteria(console: Console, criteria: list[Json]) -> None:
    if not criteria:
        return
    heading(console, "Criteria")
    right = {"justify": "right", "no_wrap": True}
    table = columns(
        Column("Criterion", overflow="fold"), Column("Both", **right), Column("Changed", **right),  # pyright: ignore[reportArgumentType] - rich's own words
        Column("How", overflow="fold"),
    )  # fmt: skip
    for one in criteria:
        name = Text(plain(one["name"] or one["key"]))
        table.add_row(name, str(one["compared"]), str(one["changed"]), Text(_verdicts(one["verdicts"])))
    console.print(table)


def _verdicts(table: dict[str, dict[str, int]]) -> str:
    """What became another verdict, the most frequent first."""
    moved = [
        (calls, before, after)
        for before, row in table.items()
        for after, calls in row.items()
        if before != after
    ]
    return ", ".join(f"{before} -> {after} {calls}" for calls, before, after in sorted(moved, reverse=True))


def _agents(console: Console, agents: list[Json]) -> None:
    if not agents:
        return
    heading(console, "Agents")
    table = columns(Column("Agent", overflow="fold"), "Calls", "Mean score", "Passed")
    for one in agents:
        rate = one["passRate"]
        passed = f"{share(rate['before'])} -> {share(rate['after'])}"
        name = Text(plain(one["name"] or "nobody named"))
        table.add_row(name, str(one["calls"]), _change(one["score"]), passed)
    console.print(table)


def _moved(console: Console, calls: list[Json]) -> None:
    if not calls:
        return
    heading(console, "Calls that changed most")
    table = columns(Column("Analysis", no_wrap=True), Column("External id", overflow="fold"), "Score")
    for one in calls:
        table.add_row(one["analysisId"], Text(plain(one["externalId"] or "-")), _change(one["score"]))
    console.print(table)
