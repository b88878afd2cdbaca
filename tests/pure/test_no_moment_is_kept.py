"""The time is asked for when it is needed: what a module keeps of it is yesterday's past midnight."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASKS = frozenset({"now", "today", "utcnow", "time", "database_now"})
"""Names of calls that tell the time: of ``clock``, ``datetime``, ``date`` and ``time``."""
FILES = [one for folder in ("src", "tests", "scripts") for one in sorted((ROOT / folder).rglob("*.py"))]


def _kept(module: ast.Module) -> Iterator[int]:
    """The lines on which a module asks for the time as it is imported, at its top or in a class.

    ``time(8, 30)`` is a time of day, and no question.
    """
    waiting: list[ast.AST] = list(module.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += node.decorator_list
        elif not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Call) and _name(node.func) in ASKS and not _of_a_day(node):
            yield node.lineno


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _of_a_day(call: ast.Call) -> bool:
    return _name(call.func) == "time" and bool(call.args)


def test_no_module_keeps_the_time_of_its_import() -> None:
    kept = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in FILES
        for line in _kept(ast.parse(file.read_text("utf-8")))
    ]
    assert kept == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("TODAY = clock.now().date()", [1]),
        ("class Case:\n    day = date.today()", [2]),
        ("@mark(datetime.now(UTC))\ndef test() -> None: ...", [1]),
        ("def today() -> date:\n    return clock.now().date()", []),
        ("AT = time(8, 30)", []),
        ("AHEAD = \"now() + interval '6 hours'\"", []),
        ("born: Mapped[datetime] = column(default=lambda: clock.now())", []),
    ],
)
def test_a_moment_is_found_where_one_is_kept(source: str, lines: list[int]) -> None:
    assert list(_kept(ast.parse(source))) == lines
