"""Every statement of a published contract is proven by a test that carries its number."""

import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CONTRACTS = TESTS.parent / "docs" / "contracts"
PAGES = {"CT": "call-trace.md", "AU": "auralytik.md"}
MARK = re.compile(r"mark\.accepts\(([^)]*)\)")
every_contract = pytest.mark.parametrize("contract", PAGES)


def promised(contract: str) -> set[str]:
    lines = (CONTRACTS / PAGES[contract]).read_text(encoding="utf-8").splitlines()
    return {line.split("|")[1].strip() for line in lines if line.startswith(f"| {contract}-")}


@cache
def marks() -> list[tuple[str, str]]:
    paths = sorted(TESTS.rglob("*.py"))
    return [(path.name, mark) for path in paths for mark in MARK.findall(path.read_text(encoding="utf-8"))]


def carried(contract: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, mark in marks():
        for number in re.findall(rf"{contract}-\d{{3}}", mark):
            found.setdefault(number, []).append(name)
    return found


@every_contract
def test_every_statement_has_a_test(contract: str) -> None:
    missing = sorted(promised(contract) - carried(contract).keys())
    assert not missing, f"no test carries {', '.join(missing)}"


@every_contract
def test_every_number_that_a_test_carries_is_a_statement(contract: str) -> None:
    known = promised(contract)
    unknown = {number: where for number, where in carried(contract).items() if number not in known}
    assert not unknown
