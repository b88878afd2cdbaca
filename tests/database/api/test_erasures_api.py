"""Erasing by API: the receipt, and what is left to see of the call: nothing."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import httpx2
import pytest

from calltrace.accounts import audit
from calltrace.analyses.submit import Intake
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.analyses.factory import completed, submitted
from database.api.asking import auth, problem_of
from database.conftest import Caller, new_token


async def _delete(api: httpx2.AsyncClient, token: str, analysis_id: object) -> httpx2.Response:
    return await api.delete(f"/api/v1/analyses/{analysis_id}", headers=auth(token))


async def test_the_answer_is_a_receipt(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, intake: Intake, tmp_path: Path
) -> None:
    analysis_id = await completed(platform, intake, caller.org_id, tmp_path)
    answer = await _delete(api, caller.token, analysis_id)
    receipt = answer.json()
    assert answer.status_code == 200
    assert uuid.UUID(receipt.pop("receiptId"))
    assert receipt.pop("erasedAt").endswith("Z")
    assert receipt == {
        "analysisId": str(analysis_id),
        "erased": {
            "recordings": 1, "transcripts": 1, "evaluations": 1, "deliveries": 0, "attempts": 0, "uploads": 0,
            "conversations": 0, "surveys": 0,
        },
    }  # fmt: skip


async def test_afterwards_there_is_nothing_to_see(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, intake: Intake, tmp_path: Path
) -> None:
    analysis_id = await completed(platform, intake, caller.org_id, tmp_path, external_id="crm-1")
    shown = (await api.get(f"/api/v1/analyses/{analysis_id}", headers=auth(caller.token))).json()
    link = shown["call"]["recordingUrl"].removeprefix("https://calls.test")
    assert (await api.get(link)).status_code == 200
    assert (await _delete(api, caller.token, analysis_id)).status_code == 200
    for path in (f"/api/v1/analyses/{analysis_id}", link):
        problem_of(await api.get(path, headers=auth(caller.token)), 404, "not_found")
    found = await api.get("/api/v1/analyses?externalId=crm-1", headers=auth(caller.token))
    assert found.json()["data"] == []


async def test_the_second_time_it_is_not_found(
    api: httpx2.AsyncClient, caller: Caller, intake: Intake
) -> None:
    analysis_id = await submitted(intake, caller.org_id)
    answers = await asyncio.gather(*(_delete(api, caller.token, analysis_id) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404]
    problem_of(await _delete(api, caller.token, analysis_id), 404, "not_found")


@pytest.mark.parametrize(
    "name", ["nope", "6f6af4bb-4f23-4f3f-a87e-85f2f8322dc1", "00000000000000000000000000000000"]
)
async def test_what_does_not_exist_cannot_be_erased(
    api: httpx2.AsyncClient, caller: Caller, name: str
) -> None:
    problem_of(await _delete(api, caller.token, name), 404, "not_found")


async def test_only_who_may_write_may_erase_and_only_what_is_theirs(
    api: httpx2.AsyncClient, caller: Caller, intake: Intake, database: Database, new_org: Any
) -> None:
    analysis_id = await submitted(intake, caller.org_id)
    reader = await new_token(database, caller.org_id, ("analysis:read", "calls:read"))
    problem_of(await _delete(api, reader, analysis_id), 403, "insufficient_scope")
    for stranger in (
        await new_token(database, await new_org()),
        await new_token(database, caller.org_id, mode="test"),
    ):
        problem_of(await _delete(api, stranger, analysis_id), 404, "not_found")
    problem_of(await api.delete(f"/api/v1/analyses/{analysis_id}"), 401, "unauthorized")
    shown = await api.get(f"/api/v1/analyses/{analysis_id}", headers=auth(caller.token))
    assert shown.status_code == 200


async def test_a_late_retry_is_a_replay(api: httpx2.AsyncClient, caller: Caller) -> None:
    body = {"fileUrl": "https://127.0.0.1/call.mp3", "idempotencyKey": "k", "externalId": "e"}
    first = await api.post("/api/v1/analyses", json=body, headers=auth(caller.token))
    await _delete(api, caller.token, first.json()["analysisId"])
    again = await api.post("/api/v1/analyses", json=body, headers=auth(caller.token))
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert (await api.get("/api/v1/analyses", headers=auth(caller.token))).json()["data"] == []


async def test_receipts_can_be_read_again(
    api: httpx2.AsyncClient, caller: Caller, intake: Intake, database: Database, new_org: Any
) -> None:
    ids = [await submitted(intake, caller.org_id) for _ in range(3)]
    made = [(await _delete(api, caller.token, one)).json() for one in ids]

    async def get(path: str, token: str = caller.token) -> httpx2.Response:
        return await api.get(f"/api/v1/erasures{path}", headers=auth(token))

    assert (await get(f"/{made[0]['receiptId']}")).json() == made[0]
    assert (await get(f"?analysisId={ids[1]}")).json() == {"data": [made[1]], "nextCursor": None}
    first = (await get("?limit=2")).json()
    assert first["data"] == [made[2], made[1]]
    assert (await get(f"?limit=2&cursor={first['nextCursor']}")).json() == {
        "data": [made[0]], "nextCursor": None,
    }  # fmt: skip
    for stranger in (
        await new_token(database, await new_org()),
        await new_token(database, caller.org_id, mode="test"),
    ):
        assert (await get("", stranger)).json() == {"data": [], "nextCursor": None}
        problem_of(await get(f"/{made[0]['receiptId']}", stranger), 404, "not_found")
    writer = await new_token(database, caller.org_id, ("analysis:write",))
    for path in ("", f"/{made[0]['receiptId']}"):
        problem_of(await get(path, writer), 403, "insufficient_scope")
    for query in ("?analysisId=nope", "?colour=red", "?limit=0", "?cursor=zzz"):
        problem_of(await get(query), 400, "invalid_request")
    for name in ("nope", uuid.uuid4(), ids[0]):
        problem_of(await get(f"/{name}"), 404, "not_found")


async def test_an_entry_of_another_kind_is_no_receipt(
    api: httpx2.AsyncClient, caller: Caller, database: Database
) -> None:
    async with database.tenant(caller.org_id) as session:
        entry = await audit.record(session, caller.org_id, audit.OPERATOR, audit.Deed("thing.done", "x"))
    answer = await api.get(f"/api/v1/erasures/{entry.id}", headers=auth(caller.token))
    problem_of(answer, 404, "not_found")
