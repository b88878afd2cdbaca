"""The published contract as an integrator meets it: what is sent comes back, what fails is told."""

import uuid
from typing import Any, get_args

import httpx2
import pytest
from sqlalchemy import text

from calltrace.analyses import lifecycle
from calltrace.analyses.document import ErrorDocument, Status
from calltrace.analyses.submit import Intake
from calltrace.db import jobs
from calltrace.db.connections import connect
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.analyses.factory import claimed
from database.api.asking import auth, problem_of
from database.conftest import Caller, count, waiting_jobs

URL = "https://127.0.0.1/calls/call-123.mp3"
PATH = "/api/v1/analyses"
WHOLE = {
    "fileUrl": URL, "fileName": "call-123.mp3", "language": "de", "externalId": "crm-call-123",
    "idempotencyKey": "crm-call-123",
    "metadata": {"customerId": "cust_42", "nested": [1, 2.5, None, {"é": True}]},
}  # fmt: skip


async def post(api: httpx2.AsyncClient, caller: Caller, body: Any) -> httpx2.Response:
    return await api.post(PATH, json=body, headers=auth(caller.token))


async def shown(api: httpx2.AsyncClient, caller: Caller, analysis_id: str) -> dict[str, Any]:
    answer = await api.get(f"{PATH}/{analysis_id}", headers=auth(caller.token))
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.accepts("CT-040", "CT-042", "CT-043", "CT-044", "CT-047", "CT-048", "CT-050", "CT-084")
async def test_every_documented_field_is_kept(
    api: httpx2.AsyncClient, caller: Caller, database: Database
) -> None:
    answer = await post(api, caller, WHOLE)
    assert (answer.status_code, answer.headers["content-type"]) == (202, "application/json")
    analysis_id = answer.json()["analysisId"]
    seen = await shown(api, caller, analysis_id)
    assert (seen["externalId"], seen["metadata"]) == ("crm-call-123", WHOLE["metadata"])
    async with database.tenant(caller.org_id) as session:
        row = (await session.execute(text("SELECT file_url, file_name, language FROM analyses"))).one()
    assert tuple(row) == (URL, "call-123.mp3", "de")
    assert await waiting_jobs(database, f"{jobs.PROCESS}:{caller.org_id}/{analysis_id}") == 1


@pytest.mark.accepts("CT-086", "CT-087", "CT-088", "CT-090", "CT-091")
async def test_the_status_is_always_the_latest(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform, intake: Intake
) -> None:
    assert get_args(Status) == ("queued", "processing", "completed", "failed")
    analysis_id = (await post(api, caller, WHOLE)).json()["analysisId"]
    assert (await shown(api, caller, analysis_id))["status"] == "queued"
    claim = await claimed(intake, caller.org_id, uuid.UUID(analysis_id))
    assert (await shown(api, caller, analysis_id))["status"] == "processing"
    error = ErrorDocument(
        code="url_unreachable", message="It was not there.", stage="fetching", retryable=True
    )
    async with platform.database.tenant(caller.org_id) as session:
        await lifecycle.fail(session, claim, error, platform.links)
    seen = await shown(api, caller, analysis_id)
    assert (seen["status"], seen["error"]["code"]) == ("failed", "url_unreachable")


@pytest.mark.accepts("CT-146")
async def test_what_is_wrong_with_a_request_is_told_at_once_and_leaves_nothing(
    api: httpx2.AsyncClient, caller: Caller, database: Database
) -> None:
    problem_of(await post(api, caller, {"fileUrl": "ftp://example.com/a.mp3"}), 422, "url_not_https")
    assert await count(database, "analyses", caller.org_id) == 0
    assert await waiting_jobs(database, str(caller.org_id)) == 0


@pytest.mark.accepts("CT-145")
async def test_after_a_500_a_retry_with_the_same_key_is_safe(
    api: httpx2.AsyncClient, caller: Caller, database: Database
) -> None:
    """The fault is a real one: a trigger breaks the second insert, after the analysis was written."""
    owner: Any = await connect(database.dsn, None)
    await owner.execute(
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'out of order'; END $$"
    )
    await owner.execute(
        "CREATE TRIGGER broken BEFORE INSERT ON idempotency_keys FOR EACH ROW"
        f" WHEN (NEW.org_id = '{caller.org_id}') EXECUTE FUNCTION broken()"
    )
    problem_of(await post(api, caller, WHOLE), 500, "internal_error")
    assert await count(database, "analyses", caller.org_id) == 0
    await owner.execute("DROP FUNCTION broken CASCADE")
    await owner.close()
    first, second = await post(api, caller, WHOLE), await post(api, caller, WHOLE)
    assert (first.status_code, first.headers.get("idempotent-replayed")) == (202, None)
    assert (second.json(), second.headers["idempotent-replayed"]) == (first.json(), "true")
    assert await count(database, "analyses", caller.org_id) == 1
