"""Calls are found by what was said and what they are called, by nobody else, and not after that is gone."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text, update

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import erase, list_queries, search, submit, texts
from calltrace.analyses.list_queries import Filters
from calltrace.analyses.models import Analysis, TranscriptRow
from calltrace.analyses.search_terms import Search
from calltrace.catalog.models import Agent
from calltrace.db.session import Database
from calltrace.kit.cursor import Cursor
from calltrace.pipeline.context import Platform
from database.analyses.factory import TRANSCRIPT, submitted
from database.conftest import NewOrg, waiting_for_locks


async def _said(database: Database, org: uuid.UUID, analysis_id: uuid.UUID, *lines: str) -> None:
    segments = [
        TRANSCRIPT.segments[0].model_copy(update={"id": f"s{at}", "text": line})
        for at, line in enumerate(lines, 1)
    ]
    document = TRANSCRIPT.model_copy(update={"segments": segments}).model_dump(mode="json")
    async with database.tenant(org) as session:
        await session.merge(TranscriptRow(analysis_id=analysis_id, org_id=org, document=document))


async def _found(database: Database, org: uuid.UUID, wanted: str, **filters: object) -> Sequence[uuid.UUID]:
    async with database.tenant(org) as session:
        narrowed = replace(Filters(text=Search.of(wanted)), **filters)  # type: ignore[arg-type] - by name
        return (await search.find(session, narrowed, None, 50)).ids


@pytest.fixture
async def call(database: Database, org: uuid.UUID, intake: submit.Intake) -> uuid.UUID:
    """Somebody wants money back, in six languages."""
    made = await submitted(intake, org, file_name="crm_call-14711.mp3", external_id="Ticket/Überweisung-9")
    await _said(
        database, org, made, "I'd like a refund for the second month.",
        "Ich möchte eine Rückerstattung, Straße 5.", "Je voudrais un remboursement immédiat.",
        "Quiero la devolución del año.", "Vorrei il rimborso, perché no.",
        "Я хочу вернуть деньги.", "我要退款。",
    )  # fmt: skip
    await submitted(intake, org, file_name="other.wav")
    return made


FOUND = (
    "refun", "REFUND month", '"second month"', "ruckerstattung", "RÜCKERST", "strasse",
    '"un remboursement"', "devolucion ano", "perche", "деньг", "退款", "14711", "4711",
    "call-147", "uberweis", "ticket refund", "crm_call-14711.mp3", '"call 14711"', "“second month”",
    "ticket/ü", "I'd",
)  # fmt: skip
NOT_FOUND = (
    "fund", '"refun"', '"second year"', '"month second"', "refund banana", "re", '"month ich"', "471x",
    '"4711"', "%", "_", "'", '""', "\\", "refund & !month banana", "*:*", "ndx",
)  # fmt: skip


async def test_a_call_is_found(database: Database, org: uuid.UUID, call: uuid.UUID) -> None:
    found = {one: list(await _found(database, org, one)) for one in (*FOUND, *NOT_FOUND)}
    assert found == {one: [call] for one in FOUND} | {one: [] for one in NOT_FOUND}


async def test_only_its_own_organisation_and_mode_find_it(
    database: Database, org: uuid.UUID, call: uuid.UUID, new_org: NewOrg
) -> None:
    other = await new_org()
    assert await _found(database, other, "refund") == []
    assert await _found(database, org, "refund", mode="test") == []
    async with database.tenant(other) as session:  # whatever is asked of the index itself
        query = "SELECT analysis_id FROM call_matches(CAST(:q AS tsquery), 'live', 'infinity', :last, 99)"
        mark = texts.owner_mark(org)
        last = uuid.UUID(int=(1 << 128) - 1)
        rows = await session.execute(text(query), {"q": f"'{mark}refund'", "last": last})
        assert rows.all() == []
    async with database.tenant(org) as session:
        rows = await session.execute(text(query), {"q": f"'{mark}refund'", "last": last})
        assert [row[0] for row in rows] == [call]


async def test_agents_are_found_by_their_names_and_only_those_that_may_be_seen(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    async with database.tenant(org) as session:
        people = [Agent(org_id=org, name=name) for name in ("María López", "Mariana Weiß", "Bob")]
        session.add_all(people)
        await session.flush()
        maria, mariana, bob = (one.id for one in people)
    theirs = {one: await submitted(intake, org, agent_id=one) for one in (maria, mariana, bob)}
    await _said(database, org, theirs[bob], "Maria will call you back about the refund.")
    every = [theirs[one] for one in (bob, mariana, maria)]
    assert await _found(database, org, "maria") == every
    assert await _found(database, org, "lopez") == [theirs[maria]]
    assert await _found(database, org, "maria refund") == [theirs[bob]]
    assert await _found(database, org, '"maria lopez"') == [theirs[maria]]
    assert await _found(database, org, "maria", agents=[mariana]) == [theirs[mariana]]
    assert await _found(database, org, "refund", agents=[mariana]) == []
    async with database.tenant(org) as session:
        await session.execute(update(Analysis).where(Analysis.id == theirs[maria]).values(agent_id=bob))
    assert await _found(database, org, "lopez") == []


async def test_what_is_gone_is_not_found_in_the_same_moment(
    database: Database, org: uuid.UUID, call: uuid.UUID, platform: Platform
) -> None:
    assert await _found(database, org, "refund") == [call]
    await _said(database, org, call, "I'd like a [payment_card] for the second month.")  # redacted since
    async with database.tenant(org) as session:
        left = await session.scalar(
            text("SELECT count(*) FROM call_texts WHERE analysis_id = :id AND words IS NOT NULL"),
            {"id": call},
        )
    assert not left  # before anybody read it anew
    assert await _found(database, org, "refund") == []
    assert await _found(database, org, "second") == [call]
    async with database.tenant(org) as session:
        await session.execute(update(Analysis).where(Analysis.id == call).values(file_name="another.ogg"))
    assert await _found(database, org, "14711") == []
    assert await _found(database, org, "another second") == [call]
    await erase.erase(database, platform.vault, OPERATOR, org, call, "live")
    assert await _found(database, org, "second") == []
    async with database.tenant(org) as session:
        assert not await session.scalar(
            text("SELECT count(*) FROM call_texts WHERE analysis_id = :id"), {"id": call}
        )


async def test_who_changes_a_call_while_it_is_read_has_the_last_word(
    database: Database, org: uuid.UUID, call: uuid.UUID
) -> None:
    async with database.tenant(org) as reading:
        assert await texts.read_due(reading) == 2
        changing = asyncio.create_task(_said(database, org, call, "A voucher, please."))
        while not await waiting_for_locks(database):
            assert not changing.done()
            await asyncio.sleep(0.02)
    await changing
    assert await _found(database, org, "refund") == []
    assert await _found(database, org, "voucher") == [call]


async def test_pages_go_on_where_the_last_ended(
    database: Database, org: uuid.UUID, intake: submit.Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever way a page is looked for: among the newest, by the index, or with no time left."""
    calls = [
        await submitted(intake, org, file_name=f"{'odd' if at % 3 else 'even'}-{at}.wav") for at in range(20)
    ]
    odd = [one for at, one in enumerate(calls) if at % 3][::-1]
    for walked, steps, patience in ((400, (1000,), 1.0), (2, (3, 50), 1.0), (2, (3,), 1.0), (2, (9,), -1.0)):
        monkeypatch.setattr(search, "WALKED", walked)
        monkeypatch.setattr(search, "STEPS", steps)
        monkeypatch.setattr(search, "PATIENCE", patience)
        seen, after, rounds = list[uuid.UUID](), None, 0
        while after is not None or not rounds:
            async with database.tenant(org) as session:
                hits = await search.find(session, Filters(text=Search.of("odd")), after, 5)
            assert len(hits.ids) <= 5
            assert hits.whole == (hits.after is None or len(hits.ids) == 5)
            seen, after, rounds = [*seen, *hits.ids], hits.after, rounds + 1
        assert seen == odd, (walked, steps)


async def test_what_is_new_is_counted(database: Database, org: uuid.UUID, intake: submit.Intake) -> None:
    first = await submitted(intake, org, file_name="one.wav")
    async with database.tenant(org) as session:
        row = await session.get_one(Analysis, first)
        than = Cursor(row.created_at, row.id)
    await submitted(intake, org, file_name="one-two.wav")
    await submitted(intake, org, file_name="three.wav")
    async with database.tenant(org) as session:
        await texts.read_due(session)
        filters = await search.meant(session, Filters(text=Search.of("one")))
        assert await list_queries.newer(session, filters, than, 100) == 1


async def test_housekeeping_reads_for_everybody(database: Database, org: uuid.UUID, call: uuid.UUID) -> None:
    assert await texts.keep_up(database) >= 2
    async with database.tenant(org) as session:
        assert not await texts.are_due(session)
    assert await _found(database, org, "refund") == [call]


async def test_a_search_is_planned_for_what_it_looks_for(database: Database, org: uuid.UUID) -> None:
    """A plan for any words takes thirty times as long where there are many calls."""
    async with database.tenant(org) as session:
        await search.find(session, Filters(text=Search.of("refund")), None, 50)
        assert await session.scalar(text("SHOW plan_cache_mode")) == "force_custom_plan"
    async with database.tenant(org) as session:
        assert await session.scalar(text("SHOW plan_cache_mode")) == "auto"
