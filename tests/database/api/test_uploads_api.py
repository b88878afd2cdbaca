"""Sending a recording through the API: by anybody who has the URL, in one go or in several."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.requests import Request

from calltrace.accounts import keys
from calltrace.api.app import create_app
from calltrace.api.uploads import arriving
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.recordings.errors import UploadInterruptedError
from calltrace.storage import ObjectStore
from database.api.conftest import refused
from database.conftest import Caller, count, new_token

DATA = bytes(range(256)) * 40
MOST = 1 << 20


def _auth(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _open(api: httpx2.AsyncClient, caller: Caller, body: Any = None) -> dict[str, Any]:
    answer = await api.post("/api/v1/uploads", json=body, headers=_auth(caller.token))
    assert answer.status_code == 201, answer.text
    return answer.json()


def _path(opened: dict[str, Any]) -> str:
    return opened["uploadUrl"].removeprefix("https://calls.test")


@pytest.fixture
async def link(api: httpx2.AsyncClient, caller: Caller) -> str:
    return _path(await _open(api, caller))


@pytest.mark.accepts("CT-027")
async def test_a_file_is_put_without_a_key_and_analysed(api: httpx2.AsyncClient, caller: Caller) -> None:
    wanted = {"fileName": "call.wav", "sizeBytes": len(DATA), "contentType": "audio/wav"}
    opened = await _open(api, caller, wanted)
    assert opened["uploadUrl"].startswith(f"https://calls.test/api/v1/uploads/{opened['uploadId']}?")
    assert opened["expiresAt"].endswith("Z")
    assert (opened["direct"], opened["maxBytes"]) == (False, MOST)
    sent = await api.put(_path(opened), content=DATA)
    assert sent.status_code == 204
    assert sent.headers["upload-offset"] == sent.headers["upload-length"] == str(len(DATA))
    assert sent.headers["upload-complete"] == "?1"
    body = {"uploadId": opened["uploadId"], "externalId": "crm-1"}
    accepted = await api.post("/api/v1/analyses", json=body, headers=_auth(caller.token))
    assert accepted.status_code == 202, accepted.text
    assert accepted.json()["externalId"] == "crm-1"


@pytest.mark.parametrize(
    ("content", "headers"),
    [(b"", {}), (b"", {"Content-Type": "text/plain"}), (b"{}", {"Content-Type": "application/json"})],
)
async def test_the_body_of_the_request_for_an_upload_is_optional(
    api: httpx2.AsyncClient, caller: Caller, content: bytes, headers: dict[str, str]
) -> None:
    answer = await api.post("/api/v1/uploads", content=content, headers=headers | _auth(caller.token))
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == answer.json()["uploadUrl"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"sizeBytes": 0}, 400, "invalid_request"),
        ({"sizeBytes": "10"}, 400, "invalid_request"),
        ({"sizeBytes": MOST + 1}, 422, "file_too_large"),
        ({"fileName": ""}, 400, "invalid_request"),
        ({"contentType": "application/pdf"}, 422, "unsupported_media"),
        ({"direct": True}, 400, "invalid_request"),
        ([], 400, "invalid_request"),
    ],
)
async def test_a_request_for_an_upload_that_cannot_be_is_refused(
    api: httpx2.AsyncClient, caller: Caller, database: Database, body: Any, status: int, code: str
) -> None:
    refused(await api.post("/api/v1/uploads", json=body, headers=_auth(caller.token)), status, code)
    assert await count(database, "uploads", caller.org_id) == 0


@pytest.mark.accepts("CT-022", "CT-023", "CT-027")
async def test_opening_needs_storage_write_and_analysing_only_analysis_write(
    api: httpx2.AsyncClient, database: Database, org: uuid.UUID
) -> None:
    sender = await new_token(database, org, ("storage:write",))
    writer = await new_token(database, org, ("analysis:write",))
    answer = await api.post("/api/v1/uploads", headers=_auth(writer))
    refused(answer, 403, "insufficient_scope")
    opened = (await api.post("/api/v1/uploads", headers=_auth(sender))).json()
    await api.put(_path(opened), content=DATA)
    body = {"uploadId": opened["uploadId"]}
    refused(await api.post("/api/v1/analyses", json=body, headers=_auth(sender)), 403, "insufficient_scope")
    assert (await api.post("/api/v1/analyses", json=body, headers=_auth(writer))).status_code == 202


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/fileUrl"),
        ({"fileUrl": None, "uploadId": None}, "/fileUrl"),
        ({"fileUrl": "https://127.0.0.1/a.mp3", "uploadId": str(uuid.uuid4())}, "/fileUrl"),
        ({"uploadId": "nope"}, "/uploadId"),
        ({"uploadId": 5}, "/uploadId"),
        ({"uploadId": str(uuid.uuid4())}, "/uploadId"),
    ],
)
async def test_an_analysis_has_exactly_one_source(
    api: httpx2.AsyncClient, caller: Caller, body: Any, pointer: str
) -> None:
    answer = await api.post("/api/v1/analyses", json=body, headers=_auth(caller.token))
    refused(answer, 400, "invalid_request", pointer)
    assert len(answer.json()["errors"]) == 1


async def test_incomplete_and_used_uploads_are_409(api: httpx2.AsyncClient, caller: Caller) -> None:
    opened = await _open(api, caller)
    body = {"uploadId": opened["uploadId"]}

    async def ask() -> httpx2.Response:
        return await api.post("/api/v1/analyses", json=body, headers=_auth(caller.token))

    refused(await ask(), 409, "upload_incomplete")
    await api.put(_path(opened), content=DATA)
    assert (await ask()).status_code == 202
    refused(await ask(), 409, "upload_used")
    refused(await api.put(_path(opened), content=DATA), 409, "upload_used")
    refused(await api.delete(_path(opened)), 409, "upload_used")


async def test_head_tells_where_to_go_on_and_patch_goes_on(api: httpx2.AsyncClient, link: str) -> None:
    first = await api.patch(
        link, content=DATA[:4000], headers={"Upload-Offset": "0", "Upload-Length": str(len(DATA))}
    )
    assert (first.status_code, first.headers["upload-complete"]) == (204, "?0")
    found = await api.head(link)
    assert (found.status_code, found.content) == (204, b"")
    told = {name: found.headers[name] for name in ("upload-offset", "upload-length", "upload-complete")}
    assert told == {"upload-offset": "4000", "upload-length": "10240", "upload-complete": "?0"}
    assert found.headers["upload-limit"].startswith(f"max-size={MOST}, max-age=86")
    assert found.headers["cache-control"] == "no-store"
    wrong = await api.patch(link, content=DATA[:4000], headers={"Upload-Offset": "0"})
    refused(wrong, 409, "upload_offset_mismatch")
    assert wrong.headers["upload-offset"] == "4000"
    assert wrong.headers["connection"] == "close"
    last = await api.patch(link, content=DATA[4000:], headers={"Upload-Offset": "4000"})
    assert last.headers["upload-complete"] == "?1"


async def test_put_goes_on_by_content_range(api: httpx2.AsyncClient, link: str) -> None:
    for first, end in ((0, 5000), (5000, 10_240)):
        answer = await api.put(
            link, content=DATA[first:end], headers={"Content-Range": f"bytes {first}-{end - 1}/10240"}
        )
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(end))
    assert answer.headers["upload-complete"] == "?1"
    again = await api.put(link, content=DATA[:5000], headers={"Content-Range": "bytes 0-4999/10240"})
    assert again.headers["upload-complete"] == "?0", "from byte 0 it starts over"


@pytest.mark.parametrize("told", [True, False], ids=["told by its length", "found while it is read"])
async def test_a_file_over_the_limit_is_413(api: httpx2.AsyncClient, link: str, told: bool) -> None:  # noqa: FBT001 - a case
    async def chunks() -> AsyncGenerator[bytes]:
        for _ in range(20):
            yield bytes(100_000)

    answer = await api.put(link, content=bytes(MOST + 1) if told else chunks())
    refused(answer, 413, "file_too_large")
    assert answer.headers["connection"] == "close"
    assert (await api.head(link)).headers["upload-complete"] == "?0"


async def test_an_empty_file_is_400(api: httpx2.AsyncClient, link: str) -> None:
    refused(await api.put(link, content=b""), 400, "invalid_request")


async def test_a_changed_expired_or_anothers_link_sends_nothing(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, link: str
) -> None:
    other = _path(await _open(api, caller))
    bare, _, query = link.partition("?")
    recording = platform.links.url(caller.org_id, uuid.UUID(bare.rsplit("/", 1)[1])).partition("?")[2]
    changed = [link[:-1] + ("0" if link[-1] != "0" else "1"), link.replace("expires=", "expires=9")]
    for path in (*changed, f"{bare}?{other.partition('?')[2]}", f"{bare}?{recording}"):
        for method in ("PUT", "PATCH", "HEAD", "DELETE"):
            answer = await api.request(method, path, headers={"Upload-Offset": "0"})
            assert answer.status_code == 403, (method, path)
    refused(await api.put(bare, content=b"x"), 400, "invalid_request")
    refused(await api.put(f"/api/v1/uploads/nope?{query}", content=b"x"), 404, "not_found")


async def test_one_that_was_given_up_is_gone(
    api: httpx2.AsyncClient, caller: Caller, link: str, database: Database
) -> None:
    await api.put(link, content=DATA)
    assert (await api.delete(link)).status_code == 204
    refused(await api.put(link, content=DATA), 404, "not_found")
    assert (await api.head(link)).status_code == 404
    assert await count(database, "uploads", caller.org_id) == 0
    assert await count(database, "doomed_objects", caller.org_id) == 1


async def test_a_page_of_another_origin_may_send(api: httpx2.AsyncClient, link: str) -> None:
    asked = await api.options(
        link,
        headers={
            "Origin": "https://crm.example", "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "upload-offset,content-type",
        },
    )  # fmt: skip
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "*"
    assert "PATCH" in asked.headers["access-control-allow-methods"]
    wrong = await api.patch(
        link, content=b"x", headers={"Upload-Offset": "5", "Origin": "https://crm.example"}
    )
    refused(wrong, 409, "upload_offset_mismatch")
    assert wrong.headers["access-control-allow-origin"] == "*"
    assert "Upload-Offset" in wrong.headers["access-control-expose-headers"]
    elsewhere = await api.get("/api/v1/analyses", headers={"Origin": "https://crm.example"})
    assert "access-control-allow-origin" not in elsewhere.headers


async def test_while_the_store_is_away_it_is_503_and_what_was_received_stays(
    api: httpx2.AsyncClient, tmp_path: Path, link: str
) -> None:
    await api.patch(link, content=DATA[:4000], headers={"Upload-Offset": "0", "Upload-Length": "10240"})
    root = tmp_path / "store"
    root.rename(root.with_name("elsewhere"))
    answer = await api.patch(link, content=DATA[4000:], headers={"Upload-Offset": "4000"})
    refused(answer, 503, "storage_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert str(root) not in answer.text
    root.with_name("elsewhere").rename(root)
    assert (await api.head(link)).headers["upload-offset"] == "4000"
    last = await api.patch(link, content=DATA[4000:], headers={"Upload-Offset": "4000"})
    assert last.headers["upload-complete"] == "?1"


async def test_another_api_process_goes_on(
    api: httpx2.AsyncClient, platform: Platform, migrated: str, link: str, tmp_path: Path
) -> None:
    await api.patch(link, content=DATA[:4000], headers={"Upload-Offset": "0", "Upload-Length": "10240"})
    store = ObjectStore.from_url((tmp_path / "store").as_uri())
    second = replace(platform, database=Database(migrated, pool_size=1), store=store)
    app = create_app(lambda: second)
    app.state.platform = second
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://other.test"
    ) as other:
        assert (await other.head(link)).headers["upload-offset"] == "4000"
        last = await other.patch(link, content=DATA[4000:], headers={"Upload-Offset": "4000"})
    await second.close()
    assert last.headers["upload-complete"] == "?1"


def _arriving(messages: list[dict[str, Any]], idle_seconds: float = 5) -> AsyncGenerator[bytes]:
    """What an endpoint reads when its server hears these messages, and then nothing more."""

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    return arriving(Request({"type": "http", "headers": []}, receive), idle_seconds)


@pytest.mark.parametrize("end", [[{"type": "http.disconnect"}], []], ids=["hung up", "silent"])
async def test_a_client_that_hangs_up_or_says_nothing_is_told_apart_from_the_end(
    end: list[dict[str, Any]],
) -> None:
    part = {"type": "http.request", "body": b"half", "more_body": True}
    body = _arriving([part, *end], idle_seconds=0.05)
    assert await anext(body) == b"half"
    with pytest.raises(UploadInterruptedError):
        await anext(body)


async def test_a_body_that_ends_ends() -> None:
    whole = {"type": "http.request", "body": b"all", "more_body": False}
    assert b"".join([chunk async for chunk in _arriving([whole])]) == b"all"


async def test_an_upload_of_a_test_key_is_nothing_to_a_live_one(
    api: httpx2.AsyncClient, caller: Caller, database: Database
) -> None:
    async with database.tenant(caller.org_id) as session:
        _key, trying = await keys.create(session, caller.org_id, name="test", mode="test")
    opened = await _open(api, Caller(caller.org_id, trying))
    await api.put(_path(opened), content=DATA)
    body = {"uploadId": opened["uploadId"]}
    answer = await api.post("/api/v1/analyses", json=body, headers=_auth(caller.token))
    refused(answer, 400, "invalid_request", "/uploadId")
    assert (await api.post("/api/v1/analyses", json=body, headers=_auth(trying))).status_code == 202
