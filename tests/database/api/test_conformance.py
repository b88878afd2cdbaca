"""The API is what its OpenAPI document says: every operation, under every check of schemathesis."""

import asyncio
import sys
from pathlib import Path

import pytest

from database.conftest import Caller

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = "2"
"""A few of each kind: the phases with fixed cases, where most is found, do not depend on it."""


@pytest.mark.timeout(900)  # thousands of requests
async def test_schemathesis_finds_nothing(address: str, caller: Caller, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG), "run",
        f"{address}/openapi.json", "--header", f"Authorization: Bearer {caller.token}", "--checks", "all",
        "--max-examples", EXAMPLES, "--no-color", cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _nothing = await process.communicate()
    assert process.returncode == 0, said.decode()[-8000:]
    assert " passed" in said.decode()
