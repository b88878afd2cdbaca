"""How the report writes things: colours, symbols, numbers. Every text of a call passes ``plain``."""

import re
from dataclasses import dataclass

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from calltrace.evaluation.results import Verdict
from calltrace.speech.transcript import Role

ROLE_STYLE: dict[Role, str] = {"agent": "cyan", "customer": "magenta", "unknown": "yellow"}
VERDICT_STYLE: dict[Verdict, str] = {
    "met": "green",
    "partly_met": "yellow",
    "not_met": "red",
    "not_applicable": "dim",
    "needs_review": "bold yellow",
}
VERDICT_NAME: dict[Verdict, str] = {
    "met": "met",
    "partly_met": "partly met",
    "not_met": "not met",
    "not_applicable": "not applicable",
    "needs_review": "needs review",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Symbols:
    """Marks that the output's encoding has."""

    verdicts: dict[Verdict, str]
    dot: str
    quotes: tuple[str, str]


_FULL = Symbols(
    {"met": "✓", "partly_met": "◐", "not_met": "✗", "not_applicable": "–", "needs_review": "?"},  # noqa: RUF001 - a dash that is wide enough to see
    dot=" · ",
    quotes=("“", "”"),
)
_ASCII = Symbols(
    {"met": "+", "partly_met": "~", "not_met": "x", "not_applicable": "-", "needs_review": "?"},
    dot=" | ",
    quotes=('"', '"'),
)


def symbols(console: Console) -> Symbols:
    """The marks for a console: plain ASCII where nothing else can be encoded."""
    return _ASCII if console.options.ascii_only else _FULL


def plain(text: str) -> str:
    """A text of a call without control characters: what is spoken must not drive a terminal."""
    return _CONTROL.sub("", text)


def number(value: float) -> str:
    """At most one decimal, none where it is zero."""
    return f"{value:.1f}".removesuffix(".0")


def seconds(value: float) -> str:
    """A stretch of time for people."""
    return f"{number(value)} s"


def share(value: float) -> str:
    """0 to 1 as percent."""
    return f"{value:.0%}"


def columns(*given: Column | str) -> Table:
    """A table without lines whose cells wrap and are never cut."""
    return Table(*given, box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))


def facts(pairs: list[tuple[str, Text | str]]) -> Table:
    """Names on the left, what is known on the right."""
    table = Table.grid(Column(style="dim", no_wrap=True), Column(overflow="fold"), padding=(0, 2, 0, 0))
    for name, value in pairs:
        table.add_row(name, Text(value) if isinstance(value, str) else value)
    return table


def heading(console: Console, title: str) -> None:
    """The start of a part of the report."""
    console.print()
    console.print(Text(title, style="bold underline" if console.is_terminal else ""))
