"""Migrations can run twice, at the same time, and leave the schema that the models describe."""

import asyncio
from typing import Any

from calltrace.db.connections import connect
from calltrace.db.drift import drift
from calltrace.db.migrate import head_revision, migrate
from calltrace.db.session import OPERATOR_ROLE

BEFORE = """
    INSERT INTO organisations (id, name) VALUES (gen_random_uuid(), 'before');
    INSERT INTO analyses (id, org_id, file_url)
        SELECT gen_random_uuid(), id, 'https://x.test' FROM organisations;
    INSERT INTO transcripts (analysis_id, org_id, document)
        SELECT id, org_id, '{"language": "de"}' FROM analyses;
    INSERT INTO evaluations (id, org_id, analysis_id, score, passed, document)
        SELECT gen_random_uuid(), org_id, id, 82.5, true, '{}' FROM analyses;
"""


async def test_migrating_again_and_at_the_same_time_changes_nothing(migrated: str) -> None:
    assert set(await asyncio.gather(migrate(migrated), migrate(migrated))) == {head_revision()}


async def test_models_and_migrations_agree(migrated: str) -> None:
    assert await drift(migrated) == []


async def test_calls_of_before_are_found_by_the_language_they_were_heard_in(empty: str) -> None:
    await migrate(empty, "0011")
    older: Any = await connect(empty, OPERATOR_ROLE)
    await older.execute(BEFORE)
    await older.close()
    await migrate(empty)
    newer: Any = await connect(empty, OPERATOR_ROLE)
    rows = await newer.fetch("SELECT heard_language, score FROM analyses, evaluations")
    await newer.close()
    assert [tuple(row) for row in rows] == [("de", 82.5)]
