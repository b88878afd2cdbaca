"""Recordings sent by the form, with scripts and without."""

import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from calltrace.analyses.models import Analysis
from calltrace.catalog.models import Agent, Project
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.recordings import queries
from calltrace.recordings.models import Upload
from calltrace.recordings.upload_pieces import PieceStore
from calltrace.server import create_server
from database.reviews.factory import new_agent
from database.web.conftest import Browser, NewPerson, hidden, make_browser
from database.web.people import lead

AUDIO = b"RIFF" + bytes(range(256)) * 40


async def _token(browser: Browser) -> str:
    return hidden(await browser.get("/logout"))["csrf"]


async def _send(
    browser: Browser, *files: tuple[str, bytes], headers: dict[str, str] | None = None, **fields: Any
) -> httpx2.Response:
    """The form as a browser sends it: the fields first, then the files."""
    data = {"csrf": await _token(browser), "mode": "live"} | fields
    sent = [("file", (name, content, "audio/wav")) for name, content in files]
    return await browser.client.post(
        "/calls/upload", data=data, files=sent, headers={"Origin": browser.url} | (headers or {})
    )


async def _calls(database: Database, org: uuid.UUID) -> list[Analysis]:
    async with database.tenant(org) as session:
        return list(
            (await session.scalars(select(Analysis).order_by(Analysis.created_at, Analysis.id))).all()
        )


async def _uploads(database: Database, org: uuid.UUID) -> list[Upload]:
    async with database.tenant(org) as session:
        return list((await session.scalars(select(Upload))).all())


async def test_a_file_becomes_a_call(admin: Browser, platform: Platform, org: uuid.UUID) -> None:
    async with platform.database.tenant(org) as session:
        agent = Agent(org_id=org, name="Ada")
        session.add(agent)
    answer = await _send(
        admin, ("C:\\calls\\Ärger.wav", AUDIO), agent=str(agent.id), language="de", mode="test"
    )
    [call] = await _calls(platform.database, org)
    assert answer.headers["location"] == f"/calls/{call.id}?done=recording-taken"
    assert (call.file_name, call.agent_id, call.language, call.mode, call.status) == (
        "Ärger.wav", agent.id, "de", "test", "queued"
    )  # fmt: skip
    [upload] = await _uploads(platform.database, org)
    assert (upload.id, upload.status, upload.size_bytes) == (call.upload_id, "used", len(AUDIO))
    shown = (await admin.get(answer.headers["location"])).text
    assert "The recording was taken in." in shown
    assert "Waiting" in shown


async def test_a_call_is_filed_under_the_project_that_was_chosen(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    assert 'id="upload-project"' not in (await admin.get("/calls")).text, "there is none to choose"
    async with platform.database.tenant(org) as session:
        project = Project(org_id=org, name="Spring offer")
        session.add(project)
    assert 'id="upload-project"' in (await admin.get("/calls")).text
    await _send(admin, ("one.wav", AUDIO), project=str(project.id))
    [call] = await _calls(platform.database, org)
    assert call.project_id == project.id
    refused = await _send(admin, ("two.wav", AUDIO), project=str(uuid.uuid4()))
    assert refused.status_code == 400
    assert "This organisation has nothing like that" in refused.text
    assert len(await _calls(platform.database, org)) == 1


async def test_what_was_sent_is_what_is_kept(admin: Browser, platform: Platform, org: uuid.UUID) -> None:
    content = (b"\r\n--" * 1000 + AUDIO * 110)[: platform.limits.max_bytes]  # looks like boundaries
    assert len(content) == platform.limits.max_bytes
    await _send(admin, ("one.wav", content))
    [upload] = await _uploads(platform.database, org)
    store = PieceStore(platform.store, platform.box, upload)
    async with platform.database.tenant(org) as session:
        pieces = await queries.pieces(session, upload.id)
    kept = [chunk for piece in pieces async for chunk in store.read(piece)]
    assert b"".join(kept) == content


async def test_several_files_are_several_calls(admin: Browser, platform: Platform, org: uuid.UUID) -> None:
    answer = await _send(admin, ("1.wav", AUDIO), ("2.wav", AUDIO), mode="test")
    assert answer.headers["location"] == "/calls?mode=test&done=recordings-taken"
    assert [call.file_name for call in await _calls(platform.database, org)] == ["1.wav", "2.wav"]


async def test_a_form_without_a_file_says_so(admin: Browser, platform: Platform, org: uuid.UUID) -> None:
    answer = await _send(admin, ("", b""))
    assert answer.status_code == 400
    assert '<a href="#file">Choose a recording.</a>' in answer.text
    assert '<details class="upload" open' in answer.text
    assert await _uploads(platform.database, org) == []


async def test_the_file_that_is_refused_is_let_go_and_those_before_it_stay(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    too_large = bytes(platform.limits.max_bytes + 1)
    answer = await _send(admin, ("1.wav", AUDIO), ("2.wav", too_large), ("3.wav", AUDIO))
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert "1 recording before it was taken in." in answer.text
    assert f"A file has at most {platform.limits.max_bytes} bytes." in answer.text
    assert [call.file_name for call in await _calls(platform.database, org)] == ["1.wav"]
    assert len(await _uploads(platform.database, org)) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"mode": "both"}, "Choose live or test."), ({"language": "xx"}, "Choose one of the languages."),
     ({"agent": "x"}, "Choose one of the agents."),
     ({"queue": str(uuid.uuid4())}, "This organisation has nothing like that (any more).")],
)  # fmt: skip
async def test_a_wish_that_no_form_offers_takes_nothing_in(
    admin: Browser, platform: Platform, org: uuid.UUID, fields: dict[str, Any], said: str
) -> None:
    answer = await _send(admin, ("1.wav", AUDIO), **fields)
    assert (answer.status_code, said in answer.text) == (400, True)
    assert await _calls(platform.database, org) == []
    assert await _uploads(platform.database, org) == []


async def test_a_forged_form_is_refused_before_the_file_is_kept(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    forged: list[dict[str, Any]] = [
        {"csrf": ""}, {"csrf": (await _token(admin))[::-1]}, {"headers": {"Origin": "https://evil.test"}},
        {"headers": {"Origin": "null"}},
    ]  # fmt: skip
    for changes in forged:
        answer = await _send(admin, ("1.wav", AUDIO), **changes)
        assert answer.status_code == 403, changes
    late = [("file", ("1.wav", AUDIO)), ("csrf", (None, await _token(admin)))]
    answer = await admin.client.post("/calls/upload", files=late, headers={"Origin": admin.url})
    assert answer.status_code == 403, "the token must come before the file"
    assert await _uploads(platform.database, org) == []


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("multipart/form-data", b"--x\r\n", 400),
        ("multipart/form-data; boundary=" + "x" * 300, b"--x\r\n", 400),
        ("multipart/form-data; boundary=x", b"nonsense", 400),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: attachment\r\n\r\na\r\n--x--\r\n",
            400,
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nab',
            400,
        ),
        ("multipart/form-data; boundary=x", b"", 400),
        ("text/plain", b"csrf=1", 400),
    ],
)
async def test_what_is_no_form_is_refused(
    admin: Browser, platform: Platform, org: uuid.UUID, content_type: str, body: bytes, status: int
) -> None:
    headers = {"Origin": admin.url, "Content-Type": content_type}
    answer = await admin.client.post("/calls/upload", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert await _uploads(platform.database, org) == []


async def test_a_field_without_end_is_refused(admin: Browser) -> None:
    answer = await _send(admin, ("1.wav", AUDIO), language="x" * 100_000)
    assert answer.status_code == 413


@pytest.fixture
async def small(platform: Platform) -> AsyncGenerator[Any]:
    server: Any = create_server(lambda: replace(platform, limits=replace(platform.limits, max_bytes=1000)))
    async with server.lifespan_context(server):
        yield server


async def test_the_most_that_is_taken_is_the_platforms_own_limit(
    small: Any, admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    browser = make_browser(small)
    browser.client.cookies.update(admin.client.cookies)
    assert (await _send(browser, ("1.wav", bytes(1001)))).status_code == 413
    assert (await _send(browser, ("1.wav", bytes(1000)))).status_code == 303
    assert len(await _calls(platform.database, org)) == 1


async def test_a_reviewer_may_upload_too(person: NewPerson) -> None:
    assert (await _send(await person("reviewer"), ("1.wav", AUDIO))).status_code == 303


async def test_supervisors_send_recordings_of_their_agents_only(
    person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    supervisor, jane = await person("supervisor"), await new_agent(platform.database, org)
    await lead(platform.database, org, supervisor, jane)
    for agent in ("", str(await new_agent(platform.database, org, "Zoe"))):
        refused = await _send(supervisor, ("one.wav", AUDIO), agent=agent)
        assert (refused.status_code, "one of the agents that you lead" in refused.text) == (400, True)
    assert await _uploads(platform.database, org) == []
    taken = await _send(supervisor, ("one.wav", AUDIO), agent=str(jane))
    [call] = await _calls(platform.database, org)
    assert taken.headers["location"] == f"/calls/{call.id}?done=recording-taken"
