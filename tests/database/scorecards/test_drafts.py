"""Drafts: changed in place, judged by nobody, published once; and scorecards that are put away."""

import asyncio
import uuid
from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.catalog import assignment
from calltrace.catalog.errors import ScorecardInUseError
from calltrace.catalog.models import Queue
from calltrace.db.session import Database
from calltrace.kit.errors import InvalidRequestError, NotFoundError
from calltrace.scorecards import drafts, queries, service, versions
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.errors import (
    DraftOutdatedError,
    OnlyVersionError,
    ScorecardArchivedError,
    VersionPublishedError,
)
from calltrace.scorecards.models import ScorecardVersion
from calltrace.scorecards.queries import Stored
from database.conftest import NewOrg
from database.scorecards.factory import card, stored


async def _saved(database: Database, org: uuid.UUID, scorecard_id: uuid.UUID, **words: str) -> Stored:
    async with database.tenant(org) as session:
        return await drafts.save(session, OPERATOR, scorecard_id, card(**words))


async def _published(
    database: Database, org: uuid.UUID, scorecard_id: uuid.UUID, number: int, replaces: int | None = None
) -> ScorecardVersion:
    async with database.tenant(org) as session:
        return await drafts.publish(session, OPERATOR, scorecard_id, str(number), replaces)


async def _numbers(database: Database, org: uuid.UUID, scorecard_id: uuid.UUID) -> list[tuple[int, bool]]:
    async with database.tenant(org) as session:
        found = await queries.versions(session, scorecard_id, None, 100)
    return [(one.version, one.published_at is not None) for one in found]


async def test_a_draft_is_changed_in_place_and_nobody_is_judged_by_it(
    database: Database, org: uuid.UUID
) -> None:
    made = await stored(database, org)
    first = await _saved(database, org, made.row.id, words="hello")
    second = await _saved(database, org, made.row.id, words="hi")
    assert (first.version.id, first.version.version, first.version.based_on) == (second.version.id, 2, 1)
    async with database.tenant(org) as session:
        current = await versions.current(session, made.row.id)
        chosen = await assignment.asked_version(session, made.row.id)
    assert (current.version.version, current.draft) == (1, 2)
    assert chosen is not None
    assert chosen.version == 1


async def test_what_is_published_is_what_was_drafted_last_and_stays(
    database: Database, org: uuid.UUID
) -> None:
    made = await stored(database, org)
    draft = await _saved(database, org, made.row.id, name="Renewed", words="hi")
    version = await _published(database, org, made.row.id, 2)
    assert version.document == draft.version.document
    again = await _published(database, org, made.row.id, 2)
    assert (again.id, again.published_at) == (version.id, version.published_at)
    async with database.tenant(org) as session:
        current = await versions.current(session, made.row.id)
    assert (current.row.name, current.version.version, current.draft) == ("Renewed", 2, None)
    assert (await _saved(database, org, made.row.id, words="hey")).version.version == 3
    async with database.tenant(org) as session:
        assert (await versions.find(session, made.row.id, "2")).document == version.document


async def test_a_draft_that_is_older_than_what_was_published_says_so(
    database: Database, org: uuid.UUID
) -> None:
    made = await stored(database, org)
    await _saved(database, org, made.row.id, words="hi")
    async with database.tenant(org) as session:
        await versions.add(session, OPERATOR, made.row.id, card(words="good evening"))
    for replaces in (None, 1, 2):
        with pytest.raises(DraftOutdatedError, match="version 3 is the newest"):
            await _published(database, org, made.row.id, 2, replaces)
    version = await _published(database, org, made.row.id, 2, 3)
    assert (version.version, version.document["version"], version.based_on) == (4, 4, 1)
    assert await _numbers(database, org, made.row.id) == [(4, True), (3, True), (1, True)]
    async with database.tenant(org) as session:
        current = await versions.current(session, made.row.id)
    assert current.version.id == version.id


async def test_of_two_who_publish_at_the_same_time_each_is_answered_and_it_is_published_once(
    database: Database, org: uuid.UUID
) -> None:
    made = await stored(database, org)
    await _saved(database, org, made.row.id, words="hi")
    answers = await asyncio.gather(*(_published(database, org, made.row.id, 2) for _ in range(5)))
    assert len({(one.id, one.published_at) for one in answers}) == 1
    async with database.tenant(org) as session:
        query = text("SELECT count(*) FROM audit_entries WHERE action = 'scorecard.published'")
        assert await session.scalar(query) == 1


async def test_publishing_a_draft_and_another_version_at_once_loses_neither(
    database: Database, org: uuid.UUID
) -> None:
    for number in range(5):
        made = await stored(database, org)
        await _saved(database, org, made.row.id, words="hi")

        async def change(scorecard_id: uuid.UUID, name: str) -> Stored:
            async with database.tenant(org) as session:
                return await versions.add(session, OPERATOR, scorecard_id, card(name=name))

        both: list[Awaitable[Any]] = [
            _published(database, org, made.row.id, 2), change(made.row.id, f"n{number}")
        ]  # fmt: skip
        first, second = await asyncio.gather(*both, return_exceptions=True)
        assert isinstance(second, Stored)
        if isinstance(first, DraftOutdatedError):
            expected = [(3, True), (2, False), (1, True)]
        else:
            expected = [(3, True), (2, True), (1, True)]
        assert await _numbers(database, org, made.row.id) == expected


async def test_drafts_at_the_same_time_are_one(database: Database, org: uuid.UUID) -> None:
    made = await stored(database, org)
    await asyncio.gather(*(_saved(database, org, made.row.id, words=f"w{n}") for n in range(6)))
    assert await _numbers(database, org, made.row.id) == [(2, False), (1, True)]


async def test_a_new_scorecard_can_begin_as_a_draft(database: Database, org: uuid.UUID) -> None:
    async with database.tenant(org) as session:
        made = await service.create(session, org, OPERATOR, card(), draft=True)
        with pytest.raises(InvalidRequestError, match="published"):
            await assignment.asked_version(session, made.row.id)
    async with database.tenant(org) as session:
        changed = await service.change(session, OPERATOR, made.row.id, {"name": "Later"})
        assert (changed.version.version, changed.version.published_at, changed.row.name) == (1, None, "Later")
        with pytest.raises(OnlyVersionError):
            await drafts.discard(session, OPERATOR, made.row.id, "1")
        published = await service.change(session, OPERATOR, made.row.id, {"draft": False})
    assert (published.version.version, published.version.document["name"]) == (1, "Later")
    assert await _numbers(database, org, made.row.id) == [(1, True)]


async def test_a_draft_is_discarded_and_a_published_version_is_not(
    database: Database, org: uuid.UUID
) -> None:
    made = await stored(database, org)
    await _saved(database, org, made.row.id, words="hi")
    async with database.tenant(org) as session:
        await drafts.discard(session, OPERATOR, made.row.id, "2")
        with pytest.raises(VersionPublishedError):
            await drafts.discard(session, OPERATOR, made.row.id, "1")
        with pytest.raises(NotFoundError):
            await drafts.discard(session, OPERATOR, made.row.id, "2")
    assert await _numbers(database, org, made.row.id) == [(1, True)]


async def test_an_archived_scorecard_is_kept_and_neither_changed_nor_chosen(
    database: Database, org: uuid.UUID
) -> None:
    made = await stored(database, org)
    await _saved(database, org, made.row.id, words="hi")
    async with database.tenant(org) as session:
        await assignment.archive_scorecard(session, OPERATOR, made.row.id)
        await assignment.archive_scorecard(session, OPERATOR, made.row.id)
    async with database.tenant(org) as session:
        for attempt in (
            versions.add(session, OPERATOR, made.row.id, card(name="x")),
            drafts.save(session, OPERATOR, made.row.id, card(name="x")),
            drafts.publish(session, OPERATOR, made.row.id, "2"),
            service.store(session, org, OPERATOR, card().model_copy(update={"id": made.row.id})),
        ):
            with pytest.raises(ScorecardArchivedError):
                await attempt
        for refused in (
            assignment.asked_version(session, made.row.id),
            assignment.set_default(session, org, OPERATOR, made.row.id),
        ):
            with pytest.raises(InvalidRequestError, match="archived"):
                await refused
        assert (await versions.find(session, made.row.id, "1")).document == made.version.document
        await assignment.unarchive_scorecard(session, OPERATOR, made.row.id)
    assert (await _published(database, org, made.row.id, 2)).version == 2
    async with database.tenant(org) as session:
        query = text("SELECT action FROM audit_entries WHERE target_id = :id ORDER BY created_at")
        found = (await session.scalars(query, {"id": str(made.row.id)})).all()
    assert found == [
        "scorecard.created", "scorecard.draft_saved", "scorecard.archived", "scorecard.unarchived",
        "scorecard.published",
    ]  # fmt: skip


async def test_what_is_chosen_is_not_archived(database: Database, org: uuid.UUID) -> None:
    by_queue, by_all = await stored(database, org), await stored(database, org)
    async with database.tenant(org) as session:
        session.add(Queue(org_id=org, name="Sales", scorecard_id=by_queue.row.id))
        await assignment.set_default(session, org, OPERATOR, by_all.row.id)
    for one, reason in ((by_queue, "Sales"), (by_all, "default")):
        for deed in (assignment.archive_scorecard, assignment.delete_scorecard):
            with pytest.raises(ScorecardInUseError, match=reason):
                async with database.tenant(org) as session:
                    await deed(session, OPERATOR, one.row.id)


async def test_the_queue_chooses_before_the_organisation_and_what_ships_comes_last(
    database: Database, org: uuid.UUID
) -> None:
    by_queue, by_all, later = [await stored(database, org) for _ in range(3)]
    async with database.tenant(org) as session:
        named = Queue(org_id=org, name="a", scorecard_id=by_queue.row.id)
        bare = Queue(org_id=org, name="b")
        session.add_all([named, bare])
        await assignment.set_default(session, org, OPERATOR, by_all.row.id)
        for queue, expected in ((named.id, by_queue), (bare.id, by_all), (None, by_all)):
            assert (await assignment.choose(session, queue))[0] == expected.version.id
    choices = [by_all.row.id, later.row.id, None, later.row.id]

    async def choose(wanted: uuid.UUID | None) -> None:
        async with database.tenant(org) as session:
            await assignment.set_default(session, org, OPERATOR, wanted)

    await asyncio.gather(*(choose(one) for one in choices))
    await choose(default_scorecard().id)
    async with database.tenant(org) as session:
        assert await assignment.choose(session, bare.id) == (None, default_scorecard())


async def test_drafts_of_another_organisation_cannot_be_reached(
    database: Database, org: uuid.UUID, new_org: NewOrg
) -> None:
    made = await stored(database, org)
    await _saved(database, org, made.row.id, words="hi")
    other = await new_org()
    async with database.tenant(other) as session:
        for attempt in (
            drafts.save(session, OPERATOR, made.row.id, card()),
            drafts.publish(session, OPERATOR, made.row.id, "2"),
            drafts.discard(session, OPERATOR, made.row.id, "2"),
            assignment.archive_scorecard(session, OPERATOR, made.row.id),
            assignment.unarchive_scorecard(session, OPERATOR, made.row.id),
        ):
            with pytest.raises(NotFoundError):
                await attempt
        with pytest.raises(InvalidRequestError):
            await assignment.set_default(session, other, OPERATOR, made.row.id)
    assert await _numbers(database, org, made.row.id) == [(2, False), (1, True)]
