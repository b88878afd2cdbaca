"""Conversations on pages: found, read as a chat beside the result, judged like calls, and who sees which."""

import re
import uuid
from typing import Any

import pytest

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import conversations, lifecycle, queries
from calltrace.analyses.document import ProcessingDocument
from calltrace.analyses.importing import Import, Importer
from calltrace.analyses.models import Analysis
from calltrace.analyses.telling import Source, Told
from calltrace.catalog.models import Engagement
from calltrace.conversations.models import Conversation
from calltrace.evaluation.results import Evidence
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.speech.transcript import Transcript
from calltrace.web.call_filters import MODES
from database.analyses.factory import claimed
from database.conftest import NewOrg
from database.reviews.factory import judged, judged_call
from database.web.conftest import Browser, NewPerson, hidden
from database.web.people import bind, lead

GREETING = default_scorecard().criteria[0]
FILE: dict[str, Any] = {
    "campaigns": [{"externalId": "camp-1", "name": "Renewals"}],
    "executives": [{"externalId": "ex-1", "name": "Ana <b>"}, {"externalId": "ex-2", "name": "Bo"}],
    "conversations": [
        {
            "externalId": "chat-1", "channelId": "whatsapp", "campaign": "camp-1", "executive": "ex-1",
            "status": "completed", "startedAt": "2026-03-01T23:58:00Z", "endedAt": "2026-03-02T00:15:00Z",
            "messages": [
                {"role": "customer", "content": "Hi,\nI am lost <i>", "timestamp": "2026-03-01T23:58:00Z"},
                {"role": "bot", "content": "One moment.", "timestamp": "2026-03-01T23:59:00Z"},
                {"role": "agent", "content": "Good day, I am Ana.", "timestamp": "2026-03-02T00:01:30Z"},
            ],
        },
        {
            "externalId": "chat-2", "channelId": "web", "executive": "ex-2", "status": "active",
            "startedAt": "2026-03-03T10:00:00Z",
            "messages": [{"role": "customer", "content": "Anybody?", "timestamp": "2026-03-03T10:00:00Z"}],
        },
    ],
    "voiceCalls": [
        {
            "externalId": "bot-1", "direction": "Outbound", "state": "Completed", "outcome": "Will pay",
            "startTime": "2026-03-02T09:00:00Z", "endTime": "2026-03-02T09:05:12Z", "durationSeconds": 312,
            "talkTimeSeconds": 287, "executive": "ex-2",
            "transcript": [{"role": "agent", "text": "Hello from the bot", "timestamp": "00:00:01"}],
            "epaResults": {
                "state": "Completed", "completionReason": "HangUp", "totalQuestions": 3,
                "questionsAnswered": 1, "calculatedScore": 85.5,
                "responses": [{"question": "How satisfied are you?", "answer": "Very", "score": 5}],
            },
        }
    ],
}  # fmt: skip


@pytest.fixture
async def ids(platform: Platform, org: uuid.UUID) -> dict[str, uuid.UUID]:
    """By external ids; the first chat is evaluated, and its last message quoted."""
    found = await Importer(platform.intake, org).run(Import.model_validate(FILE))
    every = {name: one for kind in found.values() for name, one in kind.items()}
    async with platform.database.tenant(org) as session:
        chat = await session.get_one(Conversation, every["chat-1"])
    assert chat.analysis_id
    claim = await claimed(platform.intake, org, chat.analysis_id)
    quote = Evidence(segment_id="s3", start=210.0, end=215.0, quote="Good day")
    evaluation = judged()
    evaluation.criteria[0] = evaluation.criteria[0].model_copy(update={"evidence": [quote]})
    async with platform.database.tenant(org) as session:
        told = await queries.transcript_of(session, chat.analysis_id, "live")
        assert told
        assert told[1]
        transcript = Transcript.model_validate_json(told[1])
        await lifecycle.complete(session, claim, transcript, evaluation, ProcessingDocument(), platform.links)
    return every | {"analysis": chat.analysis_id}


def _listed(page: str) -> list[str]:
    return re.findall(r'class="strong" href="/conversations/[0-9a-f-]{36}">([^<]+)</a>', page)


async def test_the_list_says_who_how_much_and_how_well(admin: Browser, ids: dict[str, uuid.UUID]) -> None:
    assert ids
    shown = (await admin.get("/conversations")).text
    assert sorted(_listed(shown)) == ["bot-1", "chat-1", "chat-2"]
    for text in ("whatsapp", "Renewals", "Ana &lt;b&gt;", "passed", "active", "voice"):
        assert text in shown
    assert re.search(r"3<span[^>]*> messages</span>", shown)
    assert re.search(r"1<span[^>]*> message</span>", shown)


async def test_without_any_it_says_how_they_come(admin: Browser) -> None:
    assert "calltrace import FILE.json" in (await admin.get("/conversations")).text


async def test_the_list_is_narrowed_down(
    admin: Browser, platform: Platform, org: uuid.UUID, ids: dict[str, uuid.UUID]
) -> None:
    engagement = Engagement(org_id=org, name="Renewal of Acme")
    async with platform.database.tenant(org) as session:
        session.add(engagement)
        await session.flush()
        (await session.get_one(Analysis, ids["analysis"])).engagement_id = engagement.id
    for query, found in (
        ("kind=voice", ["bot-1"]), ("channel=whatsapp", ["chat-1"]), ("channel=what", []),
        (f"agent={ids['ex-2']}", ["bot-1", "chat-2"]), (f"queue={ids['camp-1']}", ["chat-1"]),
        ("status=active", ["chat-2"]), ("from=2026-03-02", ["bot-1", "chat-2"]),
        ("to=2026-03-01", ["chat-1"]), ("from=2026-03-02&to=2026-03-02", ["bot-1"]),
        (f"engagement={engagement.id}", ["chat-1"]), (f"engagement={uuid.uuid4()}", []),
    ):  # fmt: skip
        shown = (await admin.get(f"/conversations?{query}")).text
        assert sorted(_listed(shown)) == found, query
        assert ("No conversation is like that." in shown) == (not found)
    assert (
        "engagement Renewal of Acme" in (await admin.get(f"/conversations?engagement={engagement.id}")).text
    )
    for query in ("kind=smoke", "agent=x", "from=soon", "to=9999-12-31", "status=x", f"channel={'x' * 256}"):
        assert (await admin.get(f"/conversations?{query}")).status_code == 404, query


async def test_a_chat_is_read_beside_its_result_and_a_finding_leads_to_its_message(
    admin: Browser, ids: dict[str, uuid.UUID]
) -> None:
    shown = (await admin.get(f"/conversations/{ids['chat-1']}")).text
    for text in (
        "Hi,\nI am lost &lt;i&gt;", "1 Mar 2026", "2 Mar 2026", "whatsapp", "Bot", "Customer",
        "Ana &lt;b&gt;", GREETING.name,
    ):  # fmt: skip
        assert text in shown, text
    assert shown.count('class="chat-day"') == 2
    assert re.search(r'class="line cited" id="seg-s3"', shown)
    assert re.search(
        r'class="quote" href="#seg-s3"[^>]*><span class="at">00:01</span> <q>Good day</q>', shown
    )
    assert "Swap agent and customer" not in shown
    assert "<audio" not in shown


async def test_a_chat_is_decided_on_and_commented_where_it_is_read(
    admin: Browser, ids: dict[str, uuid.UUID]
) -> None:
    chat, call = f"/conversations/{ids['chat-1']}", f"/calls/{ids['analysis']}"
    opened = await admin.get(f"{call}?line=s2&done=commented")
    assert (opened.status_code, opened.headers["location"]) == (303, f"{chat}?line=s2&done=commented")
    assert 'id="note"' in (await admin.get(f"{chat}?line=s2")).text
    wrong = {"decision": "override", "verdict": "not_met", "reason": "", "revision": "0"}
    refused = await admin.submit(chat, wrong, to=f"{call}/criteria/{GREETING.key}")
    assert refused.status_code == 400
    assert 'class="turns chat"' in refused.text, "a form that is refused comes back beside the chat"
    decided = await admin.submit(chat, wrong | {"reason": "No name."}, to=f"{call}/criteria/{GREETING.key}")
    assert decided.status_code == 303
    token = hidden(await admin.get("/logout"))["csrf"]
    commented = await admin.send(f"{call}/comments", {"csrf": token, "text": "Well done.", "line": "s3"})
    assert commented.status_code == 303
    shown = (await admin.get(chat)).text
    assert "Well done." in shown
    assert "No name." in shown


async def test_what_is_not_evaluated_says_why(admin: Browser, ids: dict[str, uuid.UUID]) -> None:
    active = (await admin.get(f"/conversations/{ids['chat-2']}")).text
    assert "Anybody?" in active
    assert "It is evaluated once it is completed." in active
    bot = (await admin.get(f"/conversations/{ids['bot-1']}")).text
    for text in (
        "Hello from the bot", "Outbound", "Will pay", "There is no recording of this call",
        "How satisfied are you?", "85.5", "1 of 3 questions answered, then the customer hung up",
    ):  # fmt: skip
        assert text in bot, text


async def test_what_was_recorded_is_heard_on_the_page_of_its_call(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    call = await judged_call(platform, org, ai_call=True, file_name="bot.wav")
    assert f"/conversations/{call}" in (await admin.get("/conversations")).text
    answer = await admin.get(f"/conversations/{call}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/calls/{call}")


async def test_everybody_sees_those_of_the_agents_whose_calls_they_see(
    person: NewPerson, platform: Platform, org: uuid.UUID, new_org: NewOrg, ids: dict[str, uuid.UUID]
) -> None:
    agent, supervisor, stranger = [
        await person("agent"), await person("supervisor"), await person("owner", await new_org())
    ]  # fmt: skip
    await bind(platform.database, org, agent, ids["ex-1"])
    await lead(platform.database, org, supervisor, ids["ex-2"])
    for browser, seen in ((agent, {"chat-1"}), (supervisor, {"chat-2", "bot-1"}), (stranger, set[str]())):
        assert set(_listed((await browser.get("/conversations")).text)) == seen
        for name in ("chat-1", "chat-2", "bot-1"):
            answer = await browser.get(f"/conversations/{ids[name]}")
            assert answer.status_code == (200 if name in seen else 404), name


async def test_the_pages_follow_the_mode(admin: Browser, platform: Platform, org: uuid.UUID) -> None:
    for mode in MODES:
        told = Told(
            f"chat-{mode}", {"started_at": clock.now(), "status": "active", "channel_id": f"on-{mode}"}
        )
        await conversations.receive(platform.intake, Source(org, OPERATOR, mode), told)
    live = (await admin.get("/conversations")).text
    assert _listed(live) == ["chat-live"]
    assert '<a href="/conversations" aria-current="page">Live</a>' in live
    test = (await admin.get("/conversations?mode=test")).text
    assert _listed(test) == ["chat-test"]
    assert '<a href="/conversations?mode=test" aria-current="page">Test</a>' in test
    assert ("on-test" in test, "on-live" in test) == (True, False)
    assert '<input type="hidden" name="mode" value="test">' in test
    narrowed = (await admin.get("/conversations?mode=test&status=completed")).text
    assert 'href="/conversations?mode=test">Show all' in narrowed
    shown = (await admin.get(re.findall(r'class="strong" href="([^"]+)"', test)[0])).text
    assert ">test<" in shown
    assert 'href="/conversations?mode=test"' in shown
    assert (await admin.get("/conversations?mode=odd")).status_code == 404
