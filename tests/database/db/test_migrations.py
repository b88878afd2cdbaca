"""Migrations can run twice, at the same time, and leave the schema that the models describe."""

import asyncio

from calltrace.db.drift import drift
from calltrace.db.migrate import head_revision, migrate


async def test_migrating_again_and_at_the_same_time_changes_nothing(migrated: str) -> None:
    assert set(await asyncio.gather(migrate(migrated), migrate(migrated))) == {head_revision()}


async def test_models_and_migrations_agree(migrated: str) -> None:
    assert await drift(migrated) == []
