"""Stored scorecards: versions are numbered once each, never change, and outlive what they belong to."""

import asyncio
import uuid

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.catalog.assignment import delete_scorecard
from calltrace.db.session import Database
from calltrace.kit.errors import InvalidRequestError, NotFoundError
from calltrace.scorecards import queries, service, versions
from calltrace.scorecards.document import Scorecard
from database.conftest import count
from database.scorecards.factory import card, stored


async def _versions(database: Database, org: uuid.UUID, scorecard_id: uuid.UUID) -> list[int]:
    async with database.tenant(org) as session:
        found = await queries.versions(session, scorecard_id, None, 100)
    return [one.version for one in found]


async def test_the_document_names_the_row_and_the_version(database: Database, org: uuid.UUID) -> None:
    made = await stored(database, org)
    assert (made.version.document["id"], made.version.document["version"]) == (str(made.row.id), 1)
    async with database.tenant(org) as session:
        again = await versions.add(session, OPERATOR, made.row.id, card(name="Renewed"))
    assert (again.version.document["id"], again.version.document["version"]) == (str(made.row.id), 2)
    assert again.row.name == again.version.document["name"] == "Renewed"


async def test_what_is_stored_is_read_back_equal(database: Database, org: uuid.UUID) -> None:
    made = await stored(database, org)
    async with database.tenant(org) as session:
        found = await versions.current(session, made.row.id)
    wanted = card().model_copy(update={"id": made.row.id})
    assert Scorecard.model_validate(found.version.document) == wanted


async def test_an_older_version_stays_as_it_was(database: Database, org: uuid.UUID) -> None:
    made = await stored(database, org)
    async with database.tenant(org) as session:
        await versions.add(session, OPERATOR, made.row.id, card(words="goodbye"))
        newest, first = await queries.versions(session, made.row.id, None, 9)
    assert first.document == made.version.document
    assert newest.document != first.document


async def test_the_same_words_again_make_no_version(database: Database, org: uuid.UUID) -> None:
    made = await stored(database, org)
    async with database.tenant(org) as session:
        again = await versions.add(session, OPERATOR, made.row.id, card())
    assert again.version.id == made.version.id
    assert await _versions(database, org, made.row.id) == [1]


async def test_changes_at_the_same_time_get_numbers_of_their_own(database: Database, org: uuid.UUID) -> None:
    made = await stored(database, org)

    async def change(number: int) -> None:
        async with database.tenant(org) as session:
            await versions.add(session, OPERATOR, made.row.id, card(name=f"Renewals {number}"))

    await asyncio.gather(*(change(number) for number in range(12)))
    assert await _versions(database, org, made.row.id) == list(range(13, 0, -1))


async def test_an_external_id_is_taken_once_until_its_scorecard_is_deleted(
    database: Database, org: uuid.UUID
) -> None:
    first = await stored(database, org, "renewals")
    with pytest.raises(AlreadyExistsError, match="externalId"):
        await stored(database, org, "renewals")
    async with database.tenant(org) as session:
        await delete_scorecard(session, OPERATOR, first.row.id)
    assert (await stored(database, org, "renewals")).row.id != first.row.id


async def test_a_deleted_scorecard_is_gone_and_its_versions_are_kept(
    database: Database, org: uuid.UUID
) -> None:
    made = await stored(database, org)
    async with database.tenant(org) as session:
        await delete_scorecard(session, OPERATOR, made.row.id)
    async with database.tenant(org) as session:
        for attempt in (
            versions.current(session, made.row.id),
            versions.add(session, OPERATOR, made.row.id, card(name="x")),
            service.change(session, OPERATOR, made.row.id, {"external_id": "x"}),
            delete_scorecard(session, OPERATOR, made.row.id),
        ):
            with pytest.raises(NotFoundError):
                await attempt
    assert await count(database, "scorecard_versions", org) == 1


async def test_another_organisations_scorecard_cannot_be_changed(
    database: Database, org: uuid.UUID, new_org: object
) -> None:
    made = await stored(database, org)
    async with database.tenant(await new_org()) as session:  # type: ignore[operator] - the fixture's function
        with pytest.raises(NotFoundError):
            await versions.add(session, OPERATOR, made.row.id, card(name="x"))
        with pytest.raises(NotFoundError):
            await delete_scorecard(session, OPERATOR, made.row.id)
    assert await _versions(database, org, made.row.id) == [1]


async def test_what_is_too_big_is_refused(database: Database, org: uuid.UUID) -> None:
    base = card().sections[0].criteria[0]
    criteria = [base.model_copy(update={"key": f"k{n}", "advice": "x" * 500}) for n in range(100)]
    section = card().sections[0].model_copy(update={"criteria": criteria})
    big = card().model_copy(update={"sections": [section] * 20})
    with pytest.raises(InvalidRequestError, match="at most"):
        async with database.tenant(org) as session:
            await service.create(session, org, OPERATOR, big)
    assert await count(database, "scorecards", org) == 0


async def test_every_deed_is_in_the_audit_trail(database: Database, org: uuid.UUID) -> None:
    made = await stored(database, org)
    async with database.tenant(org) as session:
        await versions.add(session, OPERATOR, made.row.id, card(name="x"))
        await versions.add(session, OPERATOR, made.row.id, card(name="x"))  # nothing changed
        await service.change(session, OPERATOR, made.row.id, {"external_id": "e"})
        await delete_scorecard(session, OPERATOR, made.row.id)
    async with database.tenant(org) as session:
        query = "SELECT action FROM audit_entries WHERE target_id = :id ORDER BY created_at"
        found = (await session.scalars(text(query), {"id": str(made.row.id)})).all()
    assert found == [
        "scorecard.created", "scorecard.version_added", "scorecard.updated", "scorecard.deleted"
    ]  # fmt: skip
