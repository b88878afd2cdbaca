"""What lists of evaluations read: of documents only those that are shown."""

import uuid

import pytest
from sqlalchemy import Select, func, select, text

from calltrace.db.session import Database
from calltrace.dialects.auralytik import evaluation_queries as queries
from calltrace.dialects.auralytik.filters import Calls

EVERY = queries.every(Calls())
MOOD = "initcap"


@pytest.mark.parametrize(
    ("query", "opened"),
    [
        (select(func.count()).select_from(EVERY), 0),
        (queries.chosen(EVERY).order_by(EVERY.c.created_at.desc()).limit(20), 0),
        (queries.chosen(EVERY).where(EVERY.c.sentiment == "Positive"), 1),
    ],
)
async def test_no_document_is_opened_to_count_or_to_choose(
    database: Database, org: uuid.UUID, query: Select[tuple[int]], opened: int
) -> None:
    written = str(query.compile(compile_kwargs={"literal_binds": True}))
    async with database.tenant(org) as session:
        plan = (await session.scalars(text(f"EXPLAIN (VERBOSE) {written}".replace(":", "\\:")))).all()
    assert (MOOD in "\n".join(plan)) == bool(opened)
