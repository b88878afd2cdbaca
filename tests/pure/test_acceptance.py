"""Every statement of the published contract is proven by a test that carries its number."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
CONTRACTS = TESTS.parent / "docs" / "contracts"
PAGES = {"CT": "call-trace.md", "CR": "callcenterrate.md"}
MARK = re.compile(r"mark\.accepts\(([^)]*)\)")
NUMBER = re.compile(r"\b(?:CT|CR)-\d{3}")


def promised() -> set[str]:
    found: set[str] = set()
    for prefix, page in PAGES.items():
        lines = (CONTRACTS / page).read_text(encoding="utf-8").splitlines()
        found |= {line.split("|")[1].strip() for line in lines if line.startswith(f"| {prefix}-")}
    return found


def carried() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("*.py")):
        for mark in MARK.findall(path.read_text(encoding="utf-8")):
            for number in NUMBER.findall(mark):
                found.setdefault(number, []).append(path.name)
    return found


def test_every_statement_has_a_test() -> None:
    missing = sorted(promised() - carried().keys())
    assert not missing, f"no test carries {', '.join(missing)}"


def test_every_number_that_a_test_carries_is_a_statement() -> None:
    unknown = {number: where for number, where in carried().items() if number not in promised()}
    assert not unknown
