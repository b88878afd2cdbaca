"""Chats are no recordings: contracts that tell of recordings do not tell of them, and no time is measured."""

import asyncio
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.accounts.errors import QuotaExceededError
from calltrace.accounts.quotas import Quotas
from calltrace.analyses import conversations, lifecycle
from calltrace.analyses.document import ProcessingDocument
from calltrace.analyses.models import Analysis, TranscriptRow
from calltrace.analyses.telling import Source, Told
from calltrace.conversations.service import Said
from calltrace.db.session import Database
from calltrace.dialects.callcenterrate import queries as callcenterrate
from calltrace.dialects.callcenterrate.filters import Narrowed, Part
from calltrace.dialects.callcov import queries as callcov
from calltrace.dialects.callcov.queries import Wanted
from calltrace.pipeline.context import Platform
from database.analyses.factory import EVALUATION, TRANSCRIPT, claimed
from database.api.conftest import Api, refused
from database.api.test_conversations_api import CHAT
from database.conftest import Caller

AT = datetime(2026, 3, 1, 10, tzinfo=UTC)


async def test_a_chat_is_no_recording_of_any_contract(platform: Platform, caller: Caller, call: Api) -> None:
    told = Told("chat-1", {"started_at": AT}, [Said("agent", "Good morning.", AT)])
    row, _new = await conversations.receive(platform.intake, Source(caller.org_id, OPERATOR), told)
    assert row.analysis_id is not None
    claim = await claimed(platform.intake, caller.org_id, row.analysis_id)
    async with platform.database.tenant(caller.org_id) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), platform.links)
        narrowed, part = Narrowed(), Part(1, 50)
        assert await callcenterrate.audios(session, narrowed, None, part) == ([], 0)
        assert await callcenterrate.audio(session, row.analysis_id) is None
        assert await callcenterrate.analyses(session, narrowed, part) == ([], 0)
        assert await callcenterrate.analysis(session, row.analysis_id) is None
        assert await callcov.page(session, Wanted("live"), offset=0, limit=50) == (0, [])
        assert await callcov.find(session, row.analysis_id, "live", None) is None
    path = f"analyses/{row.analysis_id}"
    assert (await call("POST", f"{path}/roles", {})).status_code < 300
    shown = (await call("GET", path)).json()["call"]
    measured = ("durationSeconds", "metrics", "marks", "channels", "sampleRate", "recordingUrl")
    assert (shown["medium"], [shown[name] for name in measured]) == ("text", [None] * len(measured))
    for kind in ("analyses", "calls"):
        for medium, found in (("", 1), ("?medium=text", 1), ("?medium=voice", 0)):
            assert len((await call("GET", kind + medium)).json()["data"]) == found


async def _heard_in(database: Database, org: uuid.UUID, analysis_id: str) -> tuple[str | None, list[str]]:
    """The language that an analysis is in, and what was said in it."""
    async with database.tenant(org) as session:
        analysis = await session.get_one(Analysis, uuid.UUID(analysis_id))
        transcript = await session.get_one(TranscriptRow, analysis.id)
    return analysis.heard_language, [one["text"] for one in transcript.document["segments"]]


async def test_a_chat_that_was_opened_again_is_evaluated_with_what_was_written_since(
    call: Api, caller: Caller, database: Database
) -> None:
    made = await call.made("conversations", **CHAT)
    path, more = f"conversations/{made['id']}", CHAT["messages"][0] | {"content": "One more thing"}
    await call("PATCH", path, {"status": "active", "messages": [more, *CHAT["messages"]]})
    assert len((await _heard_in(database, caller.org_id, made["analysisId"]))[1]) == 2
    await call("PATCH", path, {"status": "completed"})
    language, said = await _heard_in(database, caller.org_id, made["analysisId"])
    assert (language, said[0], len(said)) == ("en", "One more thing", 3)


async def test_the_language_of_a_chat_stays_known(call: Api, caller: Caller, database: Database) -> None:
    begun = await call.made("conversations", **CHAT | {"status": "active", "language": "es"})
    path = f"conversations/{begun['id']}"
    made = (await call("PATCH", path, {"status": "completed"})).json()["analysisId"]
    assert (await _heard_in(database, caller.org_id, made))[0] == "es"
    await call("PATCH", path, {"language": "pt"})
    assert (await _heard_in(database, caller.org_id, made))[0] == "pt"
    async with database.tenant(caller.org_id) as session:
        attempt = (await session.get_one(Analysis, uuid.UUID(made))).attempt
    await call("PATCH", path, {"channelId": "web"})
    async with database.tenant(caller.org_id) as session:
        assert (await session.get_one(Analysis, uuid.UUID(made))).attempt == attempt


async def test_the_words_that_a_chat_is_evaluated_by_do_not_go_alone(call: Api) -> None:
    made = await call.made("conversations", **CHAT)
    path = f"conversations/{made['id']}"
    for status in ("completed", "active"):
        answer = await call("PATCH", path, {"messages": [], "status": status})
        refused(answer, 400, "invalid_request", "/messages")
    without = {name: value for name, value in CHAT.items() if name != "messages"}
    refused(await call("POST", "conversations", without), 400, "invalid_request", "/messages")
    assert (await call("GET", path)).json() == made


async def test_only_what_is_evaluated_uses_the_month_up(platform: Platform, caller: Caller) -> None:
    quotas = Quotas()
    intake, source = replace(platform.intake, quotas=quotas), Source(caller.org_id, OPERATOR)
    said = [Said("agent", "Good morning.", AT)]
    async with platform.database.operator() as session:
        await session.execute(
            text("UPDATE organisations SET analyses_quota = 2 WHERE id = :org"), {"org": caller.org_id}
        )
    silent, _new = await conversations.receive(intake, source, Told("silent", {"started_at": AT}, []))
    for channel in ("web", "app", "web"):
        await conversations.change(intake, source, silent.id, Told(None, {"channel_id": channel}))
    same = Told("same", {"started_at": AT}, said)
    await asyncio.gather(*(conversations.receive(intake, source, same) for _ in range(2)))
    await conversations.change(intake, source, silent.id, Told(None, {}, said))
    with pytest.raises(QuotaExceededError):
        await conversations.receive(intake, source, Told("more", {"started_at": AT}, said))
    await quotas.close(platform.database)
