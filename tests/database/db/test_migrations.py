"""Migrations can run twice, at the same time, and leave the schema that the models describe."""

import asyncio
import sys
from pathlib import Path

from calltrace.db.migrate import head_revision, migrate


async def test_migrating_again_and_at_the_same_time_changes_nothing(migrated: str) -> None:
    assert set(await asyncio.gather(migrate(migrated), migrate(migrated))) == {head_revision()}


async def test_models_and_migrations_agree(migrated: str) -> None:
    sys.path.insert(0, str(Path(__file__).parents[3] / "scripts"))
    from check_migrations import drift

    assert await drift(migrated) == []
