"""Work on one organisation after the other."""

import uuid

import pytest

from calltrace.db.each import each
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from database.line import Line


async def test_one_that_fails_keeps_no_other_from_its_turn(database: Database) -> None:
    organisations = [uuid.uuid4() for _ in range(3)]
    done = list[uuid.UUID]()

    async def work(org_id: uuid.UUID) -> None:
        if org_id == organisations[0]:
            raise DatabaseAwayError("A statement took too long.")
        if org_id == organisations[1]:
            raise ValueError
        done.append(org_id)

    await each(database, "a test", organisations, work)
    assert done == organisations[2:]


async def test_a_database_that_is_away_ends_the_round(line: tuple[Line, str]) -> None:
    database = Database(line[1], pool_size=1)
    tried = list[uuid.UUID]()

    async def work(org_id: uuid.UUID) -> None:
        tried.append(org_id)
        async with database.tenant(org_id):
            pass

    line[0].die()
    organisations = [uuid.uuid4(), uuid.uuid4()]
    with pytest.raises(DatabaseAwayError):
        await each(database, "a test", organisations, work)
    assert tried == organisations[:1]
    await database.close()
