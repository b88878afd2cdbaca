"""Recordings that a script sends piece by piece: begun by who may, gone on with, and taken in once."""

import uuid
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, text

from calltrace.analyses.models import Analysis
from calltrace.catalog.models import Agent
from calltrace.pipeline.context import Platform
from calltrace.recordings import queries
from calltrace.recordings.models import Upload
from calltrace.recordings.upload_pieces import PieceStore
from database.conftest import NewOrg
from database.reviews.factory import new_agent
from database.web.conftest import Browser, NewPerson, hidden
from database.web.people import lead

PATH = "/calls/uploads"
AUDIO = b"RIFF" + bytes(range(256)) * 40
BEGUN = {"name": "C:\\calls\\one.wav", "size": str(len(AUDIO)), "type": "audio/wav", "mode": "live"}


async def _post(browser: Browser, path: str, **fields: Any) -> httpx2.Response:
    csrf = hidden(await browser.get("/logout"))["csrf"]
    return await browser.send(path, {"csrf": csrf} | fields)


async def _begin(browser: Browser, **fields: Any) -> dict[str, Any]:
    answer = await _post(browser, PATH, **(BEGUN | fields))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _send(
    browser: Browser, begun: dict[str, Any], first: int, last: int, *, more: bool
) -> httpx2.Response:
    headers = {"Upload-Offset": str(first), "Upload-Complete": "?0" if more else "?1"}
    return await browser.client.patch(begun["address"], content=AUDIO[first:last], headers=headers)


async def test_a_file_is_sent_in_pieces_and_becomes_one_call_however_often_it_is_asked_for(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    async with platform.database.tenant(org) as session:
        agent = Agent(org_id=org, name="Ada")
        session.add(agent)
    wishes = {"agent": str(agent.id), "language": "de", "mode": "test"}
    begun = await _begin(admin, **wishes)
    assert begun["address"].startswith(f"/api/v1/uploads/{begun['id']}?")
    early = await _post(admin, f"{PATH}/{begun['id']}/call", **wishes)
    assert (early.status_code, early.json()["code"]) == (409, "upload_incomplete")
    assert (await _send(admin, begun, 0, 5000, more=True)).status_code == 204
    assert (await admin.client.head(begun["address"])).headers["Upload-Offset"] == "5000"
    wrong = await _send(admin, begun, 4000, len(AUDIO), more=False)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "upload_offset_mismatch")
    assert (await _send(admin, begun, 5000, len(AUDIO), more=False)).status_code == 204
    answers = [await _post(admin, f"{PATH}/{begun['id']}/call", **wishes) for _ in range(2)]
    async with platform.database.tenant(org) as session:
        [call] = (await session.scalars(select(Analysis))).all()
        [upload] = (await session.scalars(select(Upload))).all()
        pieces = await queries.pieces(session, upload.id)
    assert [(one.status_code, one.json()["path"]) for one in answers] == [(201, f"/calls/{call.id}")] * 2
    assert (call.file_name, call.agent_id, call.language, call.mode) == ("one.wav", agent.id, "de", "test")
    store = PieceStore(platform.store, platform.box, upload)
    assert b"".join([chunk for piece in pieces async for chunk in store.read(piece)]) == AUDIO


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"size": str(1 << 40)}, 422, "file_too_large"),
        ({"size": "0"}, 400, "invalid_request"),
        ({"size": "many"}, 400, "invalid_request"),
        ({"type": "text/html"}, 422, "unsupported_media"),
        ({"mode": "both"}, 400, "invalid_request"),
        ({"language": "xx"}, 400, "invalid_request"),
        ({"agent": str(uuid.uuid4())}, 400, "invalid_request"),
        ({"csrf": "forged"}, 403, None),
    ],
)
async def test_what_cannot_be_taken_in_is_refused_before_a_byte_is_sent(
    admin: Browser, platform: Platform, org: uuid.UUID, fields: dict[str, str], status: int, code: str | None
) -> None:
    answer = await _post(admin, PATH, **(BEGUN | fields))
    assert answer.status_code == status, answer.text
    if code:
        assert answer.json()["code"] == code
        assert answer.json()["detail"]
    async with platform.database.tenant(org) as session:
        assert not await session.scalar(select(func.count()).select_from(Upload))


async def test_another_organisations_upload_is_not_there(
    admin: Browser, person: NewPerson, platform: Platform, new_org: NewOrg
) -> None:
    begun = await _begin(admin)
    await _send(admin, begun, 0, len(AUDIO), more=False)
    other = await new_org()
    async with platform.database.operator() as session:
        await session.execute(
            text("UPDATE uploads SET org_id = :other WHERE id = :id"), {"other": other, "id": begun["id"]}
        )
    for path in (begun["id"], str(uuid.uuid4()), "nonsense"):
        answer = await _post(admin, f"{PATH}/{path}/call", mode="live")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    agent = await person("agent")
    assert (await _post(agent, PATH, **BEGUN)).status_code == 403


async def test_a_supervisor_sends_calls_of_their_own_agents_only(
    person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    supervisor = await person("supervisor")
    mine, theirs = [await new_agent(platform.database, org, name) for name in ("Jane", "Zoe")]
    await lead(platform.database, org, supervisor, mine)
    refused = await _post(supervisor, PATH, **BEGUN, agent=str(theirs))
    assert (refused.status_code, refused.json()["detail"]) == (400, "Choose one of the agents that you lead.")
    begun = await _begin(supervisor, agent=str(mine))
    await _send(supervisor, begun, 0, len(AUDIO), more=False)
    refused = await _post(supervisor, f"{PATH}/{begun['id']}/call", mode="live", agent=str(theirs))
    assert refused.status_code == 400
    taken = await _post(supervisor, f"{PATH}/{begun['id']}/call", mode="live", agent=str(mine))
    assert taken.status_code == 201


async def test_a_month_that_is_used_up_is_told_before_a_byte_is_sent(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    async with platform.database.operator() as session:
        await session.execute(
            text("UPDATE organisations SET analyses_quota = 1 WHERE id = :org"), {"org": org}
        )
    begun = [await _begin(admin) for _ in range(2)]  # to begin uses nothing up
    await _send(admin, begun[0], 0, len(AUDIO), more=False)
    assert (await _post(admin, f"{PATH}/{begun[0]['id']}/call", mode="live")).status_code == 201
    refused = await _post(admin, PATH, **BEGUN)
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert "Resets on" in refused.json()["detail"]
    assert (await _post(admin, PATH, **(BEGUN | {"mode": "test"}))).status_code == 201
