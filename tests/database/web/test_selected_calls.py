"""Several calls of the list at once: evaluated again, or erased after a yes, as far as the person may."""

import uuid

import pytest
from sqlalchemy import select

from calltrace.analyses.models import Analysis
from calltrace.analyses.submit import Intake
from calltrace.batches.models import Batch
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.analyses.factory import completed, submitted
from database.conftest import NewOrg
from database.web.conftest import Browser, NewPerson

PATH = "/calls/selected"


@pytest.fixture
async def two(platform: Platform, intake: Intake, org: uuid.UUID) -> list[str]:
    return [str(await completed(platform, intake, org, file_name=f"{name}.mp3")) for name in "ab"]


async def _left(database: Database, org: uuid.UUID) -> set[str]:
    async with database.tenant(org) as session:
        return {str(one) for one in await session.scalars(select(Analysis.id))}


async def test_calls_that_are_ticked_are_evaluated_again_in_one_batch(
    admin: Browser, database: Database, org: uuid.UUID, two: list[str]
) -> None:
    done = await admin.submit("/calls", {"id": [*two, "nonsense"], "do": "evaluate"}, to=PATH)
    assert done.headers["location"] == "/calls?done=evaluating-many"
    async with database.tenant(org) as session:
        assert [one.selected for one in await session.scalars(select(Batch))] == [2]


async def test_erasing_asks_first_and_then_erases_those(
    admin: Browser, database: Database, org: uuid.UUID, two: list[str]
) -> None:
    asked = await admin.submit("/calls", {"id": two[:1], "do": "erase"}, to=PATH)
    assert (asked.status_code, "Erase 1 call?" in asked.text, "a.mp3" in asked.text) == (200, True, True)
    assert await _left(database, org) == set(two)
    done = await admin.submit("/calls", {"id": [two[0], two[0]]}, to=f"{PATH}/erase")
    assert done.headers["location"] == "/calls?done=calls-erased"
    assert await _left(database, org) == {two[1]}


async def test_nothing_ticked_gone_and_nothing_heard_are_told(
    admin: Browser, intake: Intake, org: uuid.UUID
) -> None:
    waiting, gone = str(await submitted(intake, org)), str(uuid.uuid4())
    cases: list[tuple[list[str], int, str]] = [
        ([], 400, "Tick the calls"),
        ([gone], 400, "gone"),
        ([waiting], 409, "has a transcript"),
    ]
    for ids, status, word in cases:
        refused = await admin.submit("/calls", {"id": ids, "do": "evaluate"}, to=PATH)
        assert (refused.status_code, word in refused.text) == (status, True)


async def test_nobody_acts_on_calls_that_they_do_not_see_or_may_not_erase(
    person: NewPerson, database: Database, org: uuid.UUID, new_org: NewOrg, intake: Intake, two: list[str]
) -> None:
    elsewhere = str(await submitted(intake, await new_org()))
    reviewer, supervisor, agent = [await person(one) for one in ("reviewer", "supervisor", "agent")]
    assert 'value="erase"' not in (await reviewer.get("/calls")).text
    for path, fields in ((PATH, {"id": two, "do": "erase"}), (f"{PATH}/erase", {"id": two})):
        assert (await reviewer.submit("/calls", fields, to=path)).status_code == 403
    for one, ids, status in ((reviewer, [elsewhere], 400), (supervisor, two, 400), (agent, two, 403)):
        refused = await one.submit("/account", {"id": ids, "do": "evaluate"}, to=PATH)
        assert refused.status_code == status
    assert set(two) <= await _left(database, org)
