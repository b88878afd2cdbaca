"""Admin > Integrations > Deliveries, through the pages (acceptance CT-124, CT-125)."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.web.pages.deliveries import LONGEST_SHOWN, PAGE
from calltrace.webhooks import service
from calltrace.webhooks.models import Attempt, Endpoint
from database.conftest import NewOrg
from database.web.conftest import Browser, NewPerson, hidden

LIST = "/admin/integrations/deliveries"
NOON = datetime(2026, 6, 19, 12, 0, tzinfo=UTC)


async def _endpoint(platform: Platform, org: uuid.UUID, url: str = "https://127.0.0.1/hook") -> Endpoint:
    async with platform.database.tenant(org) as session:
        made, _secret = await service.create_endpoint(
            session, org, url, ["analysis.completed"], platform.box, platform.policy
        )
    return made


async def _delivery(platform: Platform, endpoint: Endpoint, **fields: Any) -> str:
    async with platform.database.tenant(endpoint.org_id) as session:
        sent = await service.send_ping(session, endpoint)
        for name, value in fields.items():
            setattr(sent, name, value)
    return sent.id


async def _tried(platform: Platform, org: uuid.UUID, delivery_id: str, **fields: Any) -> None:
    facts: dict[str, Any] = {
        "number": 1, "status": "failed", "response_code": None, "error": None, "answer": None,
        "started_at": NOON, "finished_at": NOON + timedelta(milliseconds=250),
    }  # fmt: skip
    async with platform.database.tenant(org) as session:
        session.add(Attempt(org_id=org, delivery_id=delivery_id, **(facts | fields)))


def _listed(page: str) -> list[str]:
    return re.findall(rf'href="{LIST}/(whd_\w+)"', page)


@pytest.mark.accepts("CT-124", "CT-125")
async def test_a_delivery_is_shown_with_every_attempt_and_the_payload(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    endpoint = await _endpoint(platform, org)
    found = await _delivery(platform, endpoint, status="failed", attempts=2, error="HTTP 500")
    await _tried(platform, org, found, response_code=500, error="HTTP 500", answer=b"<b>no</b> \xff")
    finished = NOON + timedelta(seconds=12)
    await _tried(platform, org, found, number=2, error="url_unreachable: slow", finished_at=finished)
    page = (await admin.get(f"{LIST}/{found}")).text
    for shown in (
        found, endpoint.url, "HTTP 500", "&lt;b&gt;no&lt;/b&gt; \ufffd", "no answer", "url_unreachable: slow",
        "19 Jun 2026, 12:00:00.000 UTC", "250 ms", "12.0 s", "&#34;event&#34;: &#34;webhook.ping&#34;",
    ):  # fmt: skip
        assert shown in page, shown
    assert page.index("Attempt 2") < page.index("Attempt 1"), "the latest first"
    assert 'data-live="failed"' in page


async def test_deliveries_of_other_contracts_have_pages(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    async with platform.database.tenant(org) as session:
        endpoint, _secret = await service.create_endpoint(
            session, org, "https://127.0.0.1/hook", ["analysis.completed"], platform.box, platform.policy,
            contract="callcov", mode="test",
        )  # fmt: skip
    found = await _delivery(platform, endpoint)
    assert str(uuid.UUID(found)) == found
    page = (await admin.get(f"{LIST}/{found}")).text
    assert ("In test mode nothing is sent" in page, f"{found}/redeliver" in page) == (True, False)
    assert (await admin.get(f"{LIST}/{found}/payload")).status_code == 200


async def test_the_payload_is_handed_out_byte_by_byte(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    body = json.dumps({"text": "ü" * LONGEST_SHOWN}, ensure_ascii=False)
    found = await _delivery(platform, await _endpoint(platform, org), body=body)
    answer = await admin.get(f"{LIST}/{found}/payload")
    assert answer.content == body.encode()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == f'attachment; filename="{found}.json"'
    page = (await admin.get(f"{LIST}/{found}")).text
    assert f"the first of {len(body)} characters" in page
    assert len(page) < LONGEST_SHOWN + 20_000


@pytest.mark.accepts("CT-125")
async def test_the_list_is_narrowed_down_by_endpoint_event_and_status(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    one, other = await _endpoint(platform, org), await _endpoint(platform, org, "https://127.0.0.1/other")
    failed = await _delivery(platform, one, status="failed", event="analysis.failed")
    done = await _delivery(platform, one, status="delivered", event="analysis.completed")
    waiting = await _delivery(platform, other)
    expected = {
        "": {failed, done, waiting}, f"endpoint={one.id}": {failed, done}, "status=failed": {failed},
        "event=analysis.completed": {done}, "event=webhook.ping": {waiting}, "status=pending": {waiting},
        f"endpoint={one.id}&status=delivered&event=analysis.completed": {done},
        f"endpoint={other.id}&status=failed": set[str](), "endpoint=&event=&status=": {failed, done, waiting},
    }  # fmt: skip
    for query, wanted in expected.items():
        page = (await admin.get(f"{LIST}?{query}")).text
        assert set(_listed(page)) == wanted, query
    empty = (await admin.get(f"{LIST}?endpoint={other.id}&status=failed")).text
    assert "No delivery is like that." in empty
    assert f'<option value="{other.id}" selected>' in empty


@pytest.mark.parametrize("query", ["endpoint=x", "event=call.ended", "status=lost", "cursor=" + "x" * 200])
async def test_a_filter_that_no_form_offers_is_no_page(admin: Browser, query: str) -> None:
    assert (await admin.get(f"{LIST}?{query}")).status_code == 404


async def test_a_cursor_that_we_never_gave_out_is_refused(admin: Browser) -> None:
    assert (await admin.get(f"{LIST}?cursor=nonsense")).status_code == 400


async def test_older_deliveries_are_on_the_next_pages_each_once(
    admin: Browser, platform: Platform, org: uuid.UUID
) -> None:
    endpoint = await _endpoint(platform, org)
    made = [await _delivery(platform, endpoint, created_at=NOON) for _ in range(PAGE + 3)]
    first = (await admin.get(f"{LIST}?status=pending")).text
    await _delivery(platform, endpoint)  # a row that arrives meanwhile moves nothing
    older = re.search(rf'href="({LIST}\?status=pending&amp;cursor=[^"]+)"', first)
    assert older
    second = (await admin.get(older[1].replace("&amp;", "&"))).text
    assert sorted(_listed(first) + _listed(second)) == sorted(made)
    assert f'href="{LIST}?status=pending">Newest' in second
    assert "Older" not in second


async def test_a_delivery_is_sent_again_by_the_person(
    admin: Browser, platform: Platform, database: Database, org: uuid.UUID
) -> None:
    found = await _delivery(platform, await _endpoint(platform, org), status="failed", attempts=4)
    answer = await admin.submit(f"{LIST}/{found}", to=f"{LIST}/{found}/redeliver")
    assert answer.headers["location"] == f"{LIST}/{found}?done=redelivered"
    async with database.tenant(org) as session:
        row = (await session.execute(text("SELECT * FROM webhook_deliveries"))).one()
        entry = (
            await session.execute(text("SELECT * FROM audit_entries WHERE action = 'delivery.redelivered'"))
        ).one()
    assert (row.status, row.first_of_round) == ("pending", 5)
    assert (entry.actor_kind, entry.actor, entry.target_id) == ("user", admin.email, found)


async def test_nothing_is_sent_again_to_a_disabled_endpoint(
    admin: Browser, platform: Platform, database: Database, org: uuid.UUID
) -> None:
    endpoint = await _endpoint(platform, org)
    found = await _delivery(platform, endpoint, status="failed")
    async with database.tenant(org) as session:
        await service.disable(session, await service.find_endpoint(session, str(endpoint.id)), "Enough.")
    page = await admin.get(f"{LIST}/{found}")
    assert "/redeliver" not in page.text
    assert "The endpoint is disabled" in page.text
    answer = await admin.send(f"{LIST}/{found}/redeliver", hidden(page))
    assert answer.headers["location"] == f"{LIST}/{found}"
    async with database.tenant(org) as session:
        assert await session.scalar(text("SELECT status FROM webhook_deliveries")) == "failed"


async def test_another_organisations_delivery_does_not_exist(
    admin: Browser, person: NewPerson, platform: Platform, new_org: NewOrg
) -> None:
    other = await new_org()
    found = await _delivery(platform, await _endpoint(platform, other))
    csrf = hidden(await admin.get(LIST))
    assert (await admin.get(f"{LIST}/{found}")).status_code == 404
    assert (await admin.get(f"{LIST}/{found}/payload")).status_code == 404
    assert (await admin.send(f"{LIST}/{found}/redeliver", csrf)).status_code == 404
    assert not _listed((await admin.get(LIST)).text)
    assert _listed((await (await person("owner", other)).get(LIST)).text) == [found]


async def test_an_empty_list_says_why(admin: Browser, platform: Platform, org: uuid.UUID) -> None:
    assert "There is no" in (await admin.get(LIST)).text
    await _endpoint(platform, org)
    assert "A test event" in (await admin.get(LIST)).text
