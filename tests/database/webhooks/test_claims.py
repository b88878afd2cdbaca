"""Claims are taken within one organisation; across organisations nothing is seen but who waits."""

import uuid
from typing import Any

from sqlalchemy import text

from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.webhooks import claims, service
from calltrace.webhooks.claims import Holder
from calltrace.webhooks.models import Endpoint


async def endpoint_with(platform: Platform, org: uuid.UUID, deliveries: int) -> Endpoint:
    async with platform.database.tenant(org) as session:
        endpoint, _secret = await service.create_endpoint(
            session, org, url="https://127.0.0.1/hook", events=["analysis.completed"], box=platform.box,
            policy=platform.policy,
        )  # fmt: skip
        for _ in range(deliveries):
            await service.send_ping(session, endpoint)
    return endpoint


async def claimed(database: Database, org: uuid.UUID, shares: dict[uuid.UUID, int]) -> list[str]:
    async with database.tenant(org) as session:
        return await claims.claim(session, Holder(uuid.uuid4(), 30), shares)


async def run(database: Database, org: uuid.UUID, statement: str) -> None:
    async with database.tenant(org) as session:
        await session.execute(text(statement))


async def test_an_organisation_sees_and_claims_its_own_only(
    platform: Platform, org: uuid.UUID, new_org: Any
) -> None:
    endpoint, intruder = await endpoint_with(platform, org, 1), await new_org()
    async with platform.database.tenant(intruder) as session:
        assert await claims.queues(session) == []
    assert await claimed(platform.database, intruder, {endpoint.id: 1}) == []
    async with platform.database.tenant(org) as session:
        [(org_id, endpoint_id, due_in, troubled)] = await claims.queues(session)
    assert (org_id, endpoint_id, troubled) == (org, endpoint.id, False)
    assert due_in < 0
    assert len(await claimed(platform.database, org, {endpoint.id: 1})) == 1


async def test_each_endpoint_gets_its_share_the_longest_due_first(platform: Platform, org: uuid.UUID) -> None:
    one, other = await endpoint_with(platform, org, 5), await endpoint_with(platform, org, 5)
    moved = "UPDATE webhook_deliveries SET next_attempt_at = now() - interval '1 h' WHERE id = '{}'"
    async with platform.database.tenant(org) as session:
        of_one = text("SELECT id FROM webhook_deliveries WHERE endpoint_id = :id ORDER BY id")
        ids = (await session.scalars(of_one, {"id": one.id})).all()
    await run(platform.database, org, moved.format(ids[3]))
    assert await claimed(platform.database, org, {one.id: 1}) == [ids[3]]
    taken = await claimed(platform.database, org, {one.id: 2, other.id: 9})
    assert len(taken) == 7
    assert {ids[0], ids[1]} <= set(taken)


async def test_what_is_leased_or_due_later_is_left_alone(platform: Platform, org: uuid.UUID) -> None:
    endpoint = await endpoint_with(platform, org, 2)
    database = platform.database
    await claimed(database, org, {endpoint.id: 1})
    await run(database, org, "UPDATE webhook_deliveries SET next_attempt_at = now() + interval '1 min'"
                             " WHERE leased_by IS NULL")  # fmt: skip
    assert await claimed(database, org, {endpoint.id: 9}) == []
    async with database.tenant(org) as session:
        [(_org, _endpoint, due_in, _troubled)] = await claims.queues(session)
    assert 25 < due_in <= 30, "when the lease ends, which is before the other is due"


async def test_a_lease_that_ended_is_anybodys_and_renewing_it_then_does_nothing(
    platform: Platform, org: uuid.UUID
) -> None:
    endpoint, first = await endpoint_with(platform, org, 1), Holder(uuid.uuid4(), 30)
    database = platform.database
    async with database.tenant(org) as session:
        ids = await claims.claim(session, first, {endpoint.id: 1})
    await run(database, org, "UPDATE webhook_deliveries SET leased_until = now() - interval '1 s'")
    assert await claimed(database, org, {endpoint.id: 1}) == ids
    async with database.operator() as session:
        await claims.renew(session, Holder(first.id, 9999), ids)
        await claims.give_back(session, first)
    async with database.tenant(org) as session:
        left = await session.scalar(
            text("SELECT leased_until - now() < interval '31 s' FROM webhook_deliveries")
        )
    assert left


async def test_what_is_given_back_is_due_at_once(platform: Platform, org: uuid.UUID) -> None:
    endpoint, holder = await endpoint_with(platform, org, 3), Holder(uuid.uuid4(), 30)
    async with platform.database.tenant(org) as session:
        ids = await claims.claim(session, holder, {endpoint.id: 2})
    async with platform.database.operator() as session:
        await claims.give_back(session, holder)
    again = await claimed(platform.database, org, {endpoint.id: 9})
    assert set(ids) < set(again)
    assert len(again) == 3


async def test_the_queues_of_all_organisations_are_found_by_the_operator(
    platform: Platform, org: uuid.UUID, new_org: Any
) -> None:
    other = await new_org()
    first, second = await endpoint_with(platform, org, 3), await endpoint_with(platform, other, 2)
    await run(platform.database, other, "UPDATE webhook_endpoints SET failing_since = now()")
    async with platform.database.operator() as session:
        found = {row[1]: (row[0], row[3]) for row in await claims.queues(session)}
    assert found[first.id] == (org, False)
    assert found[second.id] == (other, True)
