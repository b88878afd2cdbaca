"""The contract is what its own document says: every operation, under every check of schemathesis."""

import asyncio
import sys
import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from calltrace.accounts.service import create_user
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = "1"
"""The phases with fixed cases, where most is found, do not depend on it."""


@pytest.fixture
async def served(platform: Platform, migrated: str, database: Database) -> AsyncGenerator[Platform]:
    """Nobody is slowed down, and what was counted slows down no other test from the same address."""
    settings = platform.settings.model_copy(
        update={"callcov_rate_limit": 10**6, "callcov_submit_rate_limit": 10**6}
    )
    yield replace(platform, settings=settings, database=Database(migrated))
    async with database.operator() as session:
        await session.execute(text("DELETE FROM rate_counters"))


async def _token(served: Platform, org: uuid.UUID) -> str:
    async with served.database.tenant(org) as session:
        user, _ = await create_user(session, org, f"{uuid.uuid4()}@callcov.test", "owner", "Str0ng & long")
        return (await served.tokens.begin(session, user)).access_token


@pytest.mark.timeout(600)  # many requests
async def test_schemathesis_finds_nothing(
    address: str, served: Platform, org: uuid.UUID, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG), "run",
        f"{address}/openapi.json", "--header", f"Authorization: Bearer {await _token(served, org)}",
        "--checks", "all", "--max-examples", EXAMPLES, "--no-color", cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _nothing = await process.communicate()
    assert process.returncode == 0, said.decode()[-20000:]
    assert " passed" in said.decode()
