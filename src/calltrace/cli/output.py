"""What commands print: one JSON document with ``--json``, else something laid out for reading."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
PIPED_WIDTH = 400
"""Columns are never cut where another program reads them."""
Row = Mapping[str, Any]


def say(message: str) -> None:
    """A line for people, on stderr: stdout belongs to the data."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def show_one(row: Row, *, as_json: bool) -> None:
    """One record, a line for each field; long values are wrapped, never cut."""
    if as_json:
        _json(row)
        return
    table = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 2))
    for name, value in row.items():
        table.add_row(Text(name, style="bold"), Text(_text(value)))
    _console().print(table)


def show_many(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool) -> None:
    """A list of records."""
    if as_json:
        _json(rows)
        return
    heads = [Column(name, overflow="fold") for name in columns]
    table = Table(*heads, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(_text(row.get(name))) for name in columns))
    _console().print(table if rows else "none")


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH)


def _json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - any list will do
