"""A queue chooses the scorecard (acceptance CT-046), and one that is chosen is not deleted."""

import uuid

import pytest

from calltrace.accounts.audit import OPERATOR
from calltrace.catalog.assignment import choose, delete_scorecard
from calltrace.catalog.errors import ScorecardInUseError
from calltrace.catalog.models import Queue
from calltrace.db.session import Database
from calltrace.scorecards import versions
from calltrace.scorecards.catalogue import default_scorecard
from database.scorecards.factory import card, stored


async def _queue(database: Database, org: uuid.UUID, scorecard_id: uuid.UUID | None) -> uuid.UUID:
    async with database.tenant(org) as session:
        queue = Queue(org_id=org, name="Sales", scorecard_id=scorecard_id)
        session.add(queue)
    return queue.id


@pytest.mark.accepts("CT-046")
async def test_a_queue_chooses_the_newest_version_of_its_scorecard(
    database: Database, org: uuid.UUID
) -> None:
    made = await stored(database, org)
    queue = await _queue(database, org, made.row.id)
    async with database.tenant(org) as session:
        newer = await versions.add(session, OPERATOR, made.row.id, card(name="Renewed"))
        version_id, chosen = await choose(session, queue)
    assert version_id == newer.version.id
    assert (chosen.id, chosen.version, chosen.name) == (made.row.id, 2, "Renewed")


async def test_without_a_scorecard_the_one_that_ships_is_chosen(database: Database, org: uuid.UUID) -> None:
    bare = await _queue(database, org, None)
    async with database.tenant(org) as session:
        for queue in (None, bare, uuid.uuid4()):
            assert await choose(session, queue) == (None, default_scorecard())


async def test_a_scorecard_in_use_is_not_deleted(database: Database, org: uuid.UUID) -> None:
    made = await stored(database, org)
    queue = await _queue(database, org, made.row.id)
    async with database.tenant(org) as session:
        with pytest.raises(ScorecardInUseError, match="Sales"):
            await delete_scorecard(session, OPERATOR, made.row.id)
        assert (await choose(session, queue))[0] == made.version.id
