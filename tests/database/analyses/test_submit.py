"""Taking analyses in: idempotent under races, nothing burnt by refusals, nothing half written."""

import asyncio
import uuid
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import submit
from calltrace.analyses.errors import IdempotencyKeyReusedError
from calltrace.catalog import service as catalog
from calltrace.db.session import Database
from calltrace.kit.errors import InvalidRequestError
from calltrace.kit.outbound import UrlBlockedError, UrlNotHttpsError
from calltrace.webhooks import service as webhooks
from database.conftest import count, submission, waiting_for_locks, waiting_jobs


@pytest.mark.accepts("CT-040")
async def test_ct_040_the_row_and_its_job_are_written_together(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    accepted = await submit.submit(intake, org, None, submission())
    assert await count(database, "analyses", org) == 1
    assert await waiting_jobs(database, str(accepted.analysis_id)) == 1


@pytest.mark.accepts("CT-056")
async def test_ct_056_fifty_equal_requests_at_once_make_one_analysis(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    wanted = submission(idempotency_key="same", metadata={"n": 1})
    answers = await asyncio.gather(*(submit.submit(intake, org, None, wanted) for _ in range(50)))
    assert len({answer.analysis_id for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert await count(database, "analyses", org) == 1
    assert await waiting_jobs(database, str(org)) == 1


@pytest.mark.accepts("CT-057")
async def test_ct_057_the_same_key_with_another_payload_is_refused(
    org: uuid.UUID, intake: submit.Intake
) -> None:
    await submit.submit(intake, org, None, submission(idempotency_key="k", metadata={"n": 1}))
    with pytest.raises(IdempotencyKeyReusedError):
        await submit.submit(intake, org, None, submission(idempotency_key="k", metadata={"n": 2}))


async def test_fifty_different_payloads_with_one_key_make_one_analysis(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    requests = [submission(idempotency_key="k", metadata={"n": n}) for n in range(20)]
    answers = await asyncio.gather(
        *(submit.submit(intake, org, None, one) for one in requests), return_exceptions=True
    )
    assert sum(isinstance(answer, submit.Accepted) for answer in answers) == 1
    assert sum(isinstance(answer, IdempotencyKeyReusedError) for answer in answers) == 19
    assert await count(database, "analyses", org) == 1


async def test_a_refused_request_burns_no_key(org: uuid.UUID, intake: submit.Intake) -> None:
    with pytest.raises(UrlBlockedError):
        await submit.submit(intake, org, None, submission(idempotency_key="k", file_url="https://10.0.0.1/a"))
    accepted = await submit.submit(intake, org, None, submission(idempotency_key="k"))
    assert not accepted.replayed


@pytest.mark.accepts("CT-049")
async def test_keys_are_independent_per_organisation(intake: submit.Intake, new_org: Any) -> None:
    wanted = submission(idempotency_key="shared")
    first, second = [await submit.submit(intake, await new_org(), None, wanted) for _ in range(2)]
    assert first.analysis_id != second.analysis_id
    assert not second.replayed


@pytest.mark.parametrize("field", ["agent_id", "queue_id"])
async def test_an_unknown_agent_or_queue_is_refused(
    database: Database, org: uuid.UUID, intake: submit.Intake, field: str
) -> None:
    with pytest.raises(InvalidRequestError, match="names nothing"):
        await submit.submit(intake, org, None, submission(**{field: uuid.uuid4()}))
    assert await count(database, "analyses", org) == 0


@pytest.mark.accepts("CT-060")
async def test_ct_060_http_is_refused(org: uuid.UUID, intake: submit.Intake) -> None:
    with pytest.raises(UrlNotHttpsError):
        await submit.submit(intake, org, None, submission(file_url="http://127.0.0.1/a.mp3"))


@pytest.mark.accepts("CT-111")
async def test_ct_111_subscribers_hear_of_it_in_the_same_transaction(
    database: Database, org: uuid.UUID, intake: submit.Intake, platform: Any
) -> None:
    async with database.tenant(org) as session:
        await webhooks.create_endpoint(
            session, org, url="https://127.0.0.1/hook", events=["analysis.created"],
            box=platform.box, policy=platform.policy,
        )  # fmt: skip
    await submit.submit(intake, org, None, submission(external_id="crm-1", metadata={"a": 1}))
    async with database.tenant(org) as session:
        body = (await session.scalars(text("SELECT body FROM webhook_deliveries"))).one()
    assert '"event":"analysis.created"' in body
    assert '"externalId":"crm-1"' in body
    assert '"transcript":null' in body
    assert '"evaluation":null' in body


@pytest.mark.accepts("CT-045")
@pytest.mark.parametrize(
    ("kind", "field"), [(catalog.AGENTS, "agent_id"), (catalog.QUEUES, "queue_id")], ids=["agent", "queue"]
)
async def test_what_is_deleted_while_a_request_is_judged_is_refused_like_the_unknown(
    database: Database, org: uuid.UUID, intake: submit.Intake, kind: Any, field: str
) -> None:
    async with database.tenant(org) as session:
        row = await catalog.create(session, org, OPERATOR, kind, {"name": "x"})
    async with database.tenant(org) as session:
        await catalog.delete(session, OPERATOR, kind, row.id)
        late = asyncio.create_task(submit.submit(intake, org, None, submission(**{field: row.id})))
        while not await waiting_for_locks(database):
            assert not late.done()
            await asyncio.sleep(0.01)
    with pytest.raises(InvalidRequestError, match="names nothing"):
        await late
    assert await count(database, "analyses", org) == 0
