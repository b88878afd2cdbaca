"""Every statement of the published contracts is proven by a test that carries its number."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CONTRACTS = TESTS.parent / "docs" / "contracts"
MARK = re.compile(r"mark\.accepts\(([^)]*)\)")
FILES = {"CT": "call-trace.md", "CV": "callcov.md"}


def promised(prefix: str) -> set[str]:
    lines = (CONTRACTS / FILES[prefix]).read_text(encoding="utf-8").splitlines()
    return {line.split("|")[1].strip() for line in lines if line.startswith(f"| {prefix}-")}


def carried(prefix: str) -> dict[str, list[str]]:
    number, found = re.compile(rf"{prefix}-\d{{3}}"), dict[str, list[str]]()
    for path in sorted(TESTS.rglob("*.py")):
        for mark in MARK.findall(path.read_text(encoding="utf-8")):
            for one in number.findall(mark):
                found.setdefault(one, []).append(path.name)
    return found


@pytest.mark.parametrize("prefix", FILES)
def test_every_statement_has_a_test(prefix: str) -> None:
    missing = sorted(promised(prefix) - carried(prefix).keys())
    assert promised(prefix)
    assert not missing, f"no test carries {', '.join(missing)}"


@pytest.mark.parametrize("prefix", FILES)
def test_every_number_that_a_test_carries_is_a_statement(prefix: str) -> None:
    known = promised(prefix)
    assert not {number: where for number, where in carried(prefix).items() if number not in known}
